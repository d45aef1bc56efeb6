import Presets
import Timing

extension CheckCatalogue {
  /// What is seen in the frames themselves.
  static let videoContent: [Check] = [
    Check(
      "video.black", "the longest black stretch", unit: "s",
      detail:
        "Longest run of frames with 98 % of their luma at or below 10 % of the range, of 0.1 s or more; 0 for none.",
      advice: "Trim or generate that part again.", ideal: 0, needs: .sketches
    ) { evidence in
      evidence.watched { frames, _ in stretches(frames.black, "The frame is black") }
    },
    Check(
      "video.frozen", "the longest frozen stretch", unit: "s",
      detail:
        "Longest run of frames that differ from its first one by -60 dB or less in the mean, of 1 s or more; 0 for none.",
      advice: "Generate that part again.", ideal: 0, needs: .sketches
    ) { evidence in
      evidence.watched { frames, _ in stretches(frames.frozen, "The frame stands still") }
    },
    Check(
      "video.duplicates", "repeated frames", unit: "frames",
      detail: "Frames that repeat the one before while the frames around them move.",
      advice: "Cut them out, or generate that part again.", ideal: 0, needs: .sketches
    ) { evidence in
      evidence.watched { frames, series in
        let count = frames.repeated.count
        return .measured(
          .integer(Int64(count)),
          count == 0 ? nil : "\(count) frame\(count == 1 ? " repeats" : "s repeat") the one before in a moving film.",
          at: frames.repeated.map { series.range($0..<($0 + 1)) })
      }
    },
    Check(
      "video.flashes", "single-frame flashes", unit: "frames",
      detail: "Frames that are brighter or darker all over than both neighbours, by 2.4 code values of 255 or more.",
      advice: "Correct or generate these frames again.", ideal: 0, needs: .sketches
    ) { evidence in
      evidence.watched { frames, series in flashes(frames.flashes, series) }
    },
    Check(
      "video.level_steps", "steps in brightness or colour", unit: "places",
      detail:
        "Places where the whole frame turns brighter, darker or of another tint at once, by 2 code values of 255 in "
        + "luma or 1.5 in chroma, and no cut.",
      advice: "Match the colours on both sides.", ideal: 0, needs: .sketches
    ) { evidence in
      evidence.watched { frames, series in
        let steps = frames.steps
        let worst = steps.max { max(abs($0.luma), $0.chroma) < max(abs($1.luma), $1.chroma) }
        return .measured(
          .integer(Int64(steps.count)),
          worst.map {
            "The level steps in \(places(steps.count)), at worst by \(rounded($0.luma)) code values of luma and "
              + "\(rounded($0.chroma)) of chroma."
          }, at: steps.map { series.range($0.index..<($0.index + 1)) })
      }
    },
    Check(
      "video.cuts", "cuts", unit: "places",
      detail: "Places where one frame has little in common with the one before, and the video goes on from there.",
      advice: "Compare them with the shots that were asked for.", needs: .sketches
    ) { evidence in
      evidence.watched { frames, series in
        .measured(
          .integer(Int64(frames.cuts.count)), nil, at: frames.cuts.map { series.range($0..<($0 + 1)) })
      }
    },
    Check(
      "video.flash_risk", "a risk from flashing", unit: "yes/no",
      detail:
        "Whether more than three flashes fall into one second on a quarter of the frame: opposing changes of 20 cd/m² "
        + "or more, the darker below 160 cd/m², or to and from a saturated red (ITU-R BT.1702-3, WCAG 2.2). A risk, no "
        + "certificate; patterns are not looked for.",
      advice: "Have it tested for photosensitive epilepsy before it is shown.", ideal: false, needs: .sketches
    ) { evidence in
      evidence.watched { frames, _ in
        let flicker = frames.flicker
        let all = flicker.all
        guard !all.isEmpty else { return .measured(false) }
        let what = flicker.red.isEmpty ? "It" : flicker.general.isEmpty ? "Saturated red" : "It, saturated red too,"
        return .measured(true, "\(what) flashes more than three times a second in \(places(all.count)).", at: all)
      }
    },
    Check(
      "video.bars", "black bars", unit: "pixels",
      detail: "The widest black bar that all frames looked at share: letterbox or pillarbox.",
      advice: "Crop it, or generate it at the shape that is asked for.", ideal: 0, needs: .textures
    ) { evidence in
      evidence.looked { textures in
        guard let found = textures.bars else { return .unknown("No frame could be looked at.") }
        let bars = found.plausible(width: textures.size.width, height: textures.size.height)
        let text = "top \(bars.top), bottom \(bars.bottom), left \(bars.left), right \(bars.right)"
        return .measured(
          .integer(Int64(bars.widest)), bars.widest == 0 ? nil : "The frame has black bars, in pixels: \(text).")
      }
    },
    Check(
      "video.blockiness", "blockiness", unit: "ratio",
      detail: "Median over the frames looked at: edges on the 8-pixel grid against edges between; 1 for none.",
      advice: "Encode it with more bits.", needs: .textures
    ) { evidence in evidence.looked { .measured(.number(rounded($0.blockiness.median))) } },
    Check(
      "video.banding", "banding", unit: "part of the frame",
      detail: "Median over the frames looked at, 0-1: the part in long flat runs a code value or two apart.",
      advice: "Encode it with 10 bits, or with more of them.", needs: .textures
    ) { evidence in evidence.looked { .measured(.number(rounded($0.banding.median))) } },
    Check(
      "video.native_resolution", "the frame's native resolution", unit: "name",
      detail:
        "From at most \(NativeThresholds.keyFrames) keyframes: native, likely_native, or upscaled from a smaller "
        + "source, whose size is estimated; inconclusive where they do not tell. \(NativeResolutionReport.limits)",
      advice: "Generate it at the full size; do not scale it up.", needs: .native
    ) { evidence in evidence.video { _, _ in nativeResolution(evidence.pass) } },
  ]

  /// What a frame that is not scaled up may be called.
  private static let nativeNames: JSONValue = .array(
    [NativeResolutionReport.Verdict.native, .likelyNative].map { .string($0.rawValue) })

  private static func nativeResolution(_ pass: MediaPass) -> Measurement {
    guard pass.hasLookedForNative else { return Evidence.notDecoded }
    guard let reading = pass.native else { return .unknown("No keyframe could be decoded.") }
    let report = reading.report
    let fault = reading.fault.map { " A keyframe could not be looked at: \($0)." } ?? ""
    guard report.verdict != .inconclusive else { return .unknown(report.note + fault) }
    let source = report.estimatedSize.map { " from about \($0)" } ?? ""
    let count = "\(report.keyFrames) keyframe\(report.keyFrames == 1 ? "" : "s")"
    var result = Measurement.judged(
      .string(report.verdict.rawValue), against: nativeNames, holds: report.verdict != .upscaled)
    result.detail =
      "\(report.width)×\(report.height) is \(report.verdict.rawValue)\(source), with a confidence of "
      + "\(rounded(Float(report.confidence))) from \(count). \(report.note)\(fault)"
    return result
  }

  static func flashes(_ found: [FrameFindings.Flash], _ series: FrameSeries) -> Measurement {
    let worst = found.max { abs($0.luma) < abs($1.luma) }
    let count = found.count
    return .measured(
      .integer(Int64(count)),
      worst.map {
        "\(count) frame\(count == 1 ? " flashes" : "s flash"), at worst by \(rounded($0.luma)) code values of luma."
      }, at: found.map { series.range($0.index..<($0.index + 1)) })
  }

  /// The longest of some stretches in seconds, with a sentence when there is any.
  static func stretches(_ found: [Interval], _ what: String) -> Measurement {
    let longest = found.map(\.length).max() ?? .zero
    let total = found.map(\.length).reduce(.zero, +)
    return .measured(
      .number(longest.decimalSeconds),
      found.isEmpty
        ? nil
        : "\(what) for \(total.decimalSeconds) s in \(places(found.count)), at most \(longest.decimalSeconds) s at a time.",
      at: found)
  }

  static func places(_ count: Int) -> String { count == 1 ? "one place" : "\(count) places" }

  /// To a thousandth, as a decimal that stays readable.
  static func rounded(_ value: Float) -> Double { (Double(value) * 1000).rounded() / 1000 }
}
