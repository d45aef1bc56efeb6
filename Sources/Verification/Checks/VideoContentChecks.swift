import Files
import Presets
import Timing

extension CheckCatalogue {
  /// Content of the decoded frames.
  static let videoContent: [Check] = [
    Check(
      "video.black", "longest black section", unit: "s",
      detail:
        "Longest run of frames with 98 % of their luma at or below 10 % of the range, of 0.1 s or more; 0 for none.",
      advice: "Trim or regenerate that part.", ideal: 0, needs: .sketches
    ) { input in input.decodedVideo { frames, _ in longest(of: frames.black) } },
    Check(
      "video.frozen", "longest freeze", unit: "s",
      detail:
        "Longest run of frames that differ from its first one by -60 dB or less in the mean, of 1 s or more; 0 for none.",
      advice: "Regenerate that part.", ideal: 0, needs: .sketches
    ) { input in input.decodedVideo { frames, _ in longest(of: frames.frozen) } },
    Check(
      "video.duplicates", "repeated frames", unit: "frames",
      detail: "Frames that repeat the one before while the frames around them move.",
      advice: "Cut them out, or regenerate that part.", ideal: 0, needs: .sketches
    ) { input in
      input.decodedVideo { frames, series in
        .count(frames.repeated.count, at: frames.repeated.map { series.interval($0) })
      }
    },
    Check(
      "video.flashes", "single-frame flashes", unit: "frames",
      detail: "Frames brighter or darker all over than both neighbours, by 2.4 code values of 255 or more.",
      advice: "Correct or regenerate these frames.", ideal: 0, needs: .sketches
    ) { input in input.decodedVideo { frames, series in flashes(frames.flashes, series) } },
    Check(
      "video.level_steps", "steps in brightness or colour", unit: "places",
      detail:
        "Places where the whole frame turns brighter, darker or of another tint at once, by 2 code values of 255 in "
        + "luma or 1.5 in chroma, and no cut.",
      advice: "Match the colours on both sides.", ideal: 0, needs: .sketches
    ) { input in
      input.decodedVideo { frames, series in
        let steps = frames.steps
        let worst = steps.max { max(abs($0.luma), $0.chroma) < max(abs($1.luma), $1.chroma) }
        return .count(
          steps.count,
          worst.map {
            "largest \(Check.decimal(rounded($0.luma))) code values luma, "
              + "\(Check.decimal(rounded($0.chroma))) chroma"
          }, at: steps.map { series.interval($0.index) })
      }
    },
    Check(
      "video.cuts", "cuts", unit: "places",
      detail: "Places where a frame has little in common with the one before, and the video goes on from there.",
      advice: "Compare them with the requested shots.", needs: .sketches
    ) { input in
      input.decodedVideo { frames, series in .count(frames.cuts.count, at: frames.cuts.map { series.interval($0) }) }
    },
    Check(
      "video.flash_risk", "photosensitive flash risk", unit: "yes/no",
      detail:
        "Whether more than three flashes fall into one second on a quarter of the frame: opposing changes of 20 cd/m² "
        + "or more, the darker below 160 cd/m², or to and from a saturated red (ITU-R BT.1702-3, WCAG 2.2). Not a "
        + "certificate; patterns are not analysed.",
      advice: "Have it tested for photosensitive epilepsy before publication.", ideal: false,
      states: ("present", "none"), needs: .sketches
    ) { input in
      input.decodedVideo { frames, _ in
        let flicker = frames.flicker
        let all = flicker.all
        guard !all.isEmpty else { return .measured(false) }
        let kind =
          flicker.red.isEmpty ? "general flashes" : flicker.general.isEmpty ? "red flashes" : "general and red flashes"
        return .measured(true, "\(kind), more than 3 per second in \(counted(all.count, "place"))", at: all)
      }
    },
    Check(
      "video.bars", "black bars", unit: "pixels",
      detail: "Widest black bar that all sampled frames share: letterbox or pillarbox.",
      advice: "Crop, or regenerate at an allowed aspect ratio.", ideal: 0, needs: .textures
    ) { input in
      input.sampledFrames { textures in
        guard let found = textures.bars else { return .unknown("no frame could be sampled") }
        let bars = found.plausible(width: textures.size.width, height: textures.size.height)
        return .count(
          bars.widest,
          bars.widest == 0
            ? nil : "top \(bars.top), bottom \(bars.bottom), left \(bars.left), right \(bars.right) pixels")
      }
    },
    Check(
      "video.blockiness", "blockiness", unit: "ratio",
      detail: "Median over the sampled frames: edges on the 8-pixel grid against edges between; 1 for none.",
      advice: "Re-encode at a higher bit rate.", needs: .textures
    ) { input in input.sampledFrames { .measured(.number(rounded($0.blockiness.median))) } },
    Check(
      "video.banding", "banding", unit: "fraction of the frame",
      detail: "Median over the sampled frames, 0-1: the part in long flat runs a code value or two apart.",
      advice: "Re-encode with 10 bits, or at a higher bit rate.", needs: .textures
    ) { input in input.sampledFrames { .measured(.number(rounded($0.banding.median))) } },
    Check(
      "video.native_resolution", "native resolution", unit: "name",
      detail:
        "From at most \(NativeThresholds.keyFrames) keyframes: native, likely_native, or upscaled from a smaller "
        + "source, whose size is estimated; else inconclusive. \(NativeResolutionReport.limits)",
      advice: "Regenerate at full resolution; do not scale up.", needs: .native
    ) { input in input.video { _, _ in nativeResolution(input.pass) } },
  ]

  /// The verdicts of a frame that is not scaled up.
  private static let nativeNames: JSONValue = .array(
    [NativeResolutionReport.Verdict.native, .likelyNative].map { .string($0.rawValue) })

  private static func nativeResolution(_ pass: MediaPass) -> Measurement {
    guard pass.hasAnalysedNative else { return CheckInput.notDecoded }
    guard let reading = pass.native else { return .unknown("no keyframe could be decoded") }
    let report = reading.report
    let error = reading.error.map { "; a keyframe was skipped: \($0)" } ?? ""
    guard report.verdict != .inconclusive else { return .unknown(report.reason + error) }
    let source = report.estimatedSize.map { "source about \($0), " } ?? ""
    var result = Measurement.compared(
      .string(report.verdict.rawValue), with: nativeNames, holds: report.verdict != .upscaled)
    result.detail =
      "\(source)confidence \(Int((report.confidence * 100).rounded())) %, \(counted(report.keyFrames, "keyframe"))"
      + "; \(report.reason)\(error)"
    return result
  }

  static func flashes(_ found: [FrameFindings.Flash], _ series: FrameSeries) -> Measurement {
    let worst = found.max { abs($0.luma) < abs($1.luma) }
    return .count(
      found.count, worst.map { "largest \(Check.decimal(rounded($0.luma))) code values luma" },
      at: found.map { series.interval($0.index) })
  }

  /// The longest of some intervals in seconds, with their number and total.
  static func longest(of found: [Interval]) -> Measurement {
    let longest = found.map(\.length).max() ?? .zero
    let total = found.map(\.length).reduce(.zero, +)
    return .measured(
      .number(longest.decimalSeconds),
      found.count > 1 ? "\(Check.decimal(total.decimalSeconds)) s in \(found.count) places" : nil, at: found)
  }

  /// Rounded to a thousandth.
  static func rounded(_ value: Float) -> Double { (Double(value) * 1000).rounded() / 1000 }
}
