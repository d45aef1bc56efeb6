import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let notRequested = Measurement.notRun("request not known")

  /// Properties of the request, for callers that have one.
  static let request: [Check] = [
    Check(
      "request.size", "frame size", unit: "pixels",
      detail: "Width x height after rotation against the requested size.",
      advice: "Regenerate, and report it to the service."
    ) { input in
      guard let requested = input.expectation.size else { return notRequested }
      return input.video { stream, _ in
        guard let size = stream.info.displaySize else { return .unknown("size unknown") }
        return .compared(
          .string("\(size.width)x\(size.height)"), with: .string(requested.text),
          holds: size == (requested.width, requested.height))
      }
    },
    Check(
      "request.duration", "video duration", unit: "s",
      detail: "Against the requested duration, ± \(Expectation.durationTolerance.doubleValue) s.",
      advice: "Regenerate, or request another duration."
    ) { input in
      guard let requested = input.expectation.duration else { return notRequested }
      return input.videoPackets { _, counted in
        guard let duration = counted.duration else { return noTimestamps }
        let tolerance = Expectation.durationTolerance
        return .compared(
          .number(duration.decimalSeconds),
          with: [
            "min": .number((requested - tolerance).decimalSeconds),
            "max": .number((requested + tolerance).decimalSeconds),
          ], holds: (duration - requested).magnitude <= tolerance)
      }
    },
    Check(
      "request.frame_rate", "frame rate", unit: "1/s, as a fraction",
      detail: "The measured frame rate against the requested one.",
      advice: "Regenerate at that frame rate."
    ) { input in
      guard let requested = input.expectation.frameRate else { return notRequested }
      return input.videoPackets { _, counted in
        guard let rate = counted.timing?.rate else { return noTimestamps }
        return .compared(
          .string(rate.description), with: .string(requested.description), holds: rate == requested)
      }
    },
    Check(
      "request.audio", "audio", unit: "yes/no",
      detail: "Whether there is audio when it was requested; audio that was not requested passes.",
      advice: "Regenerate with audio.", states: presence
    ) { input in
      guard let requested = input.expectation.audio else { return notRequested }
      let isPresent = input.probe.audio != nil
      return .compared(.bool(isPresent), with: requested ? true : .null, holds: isPresent || !requested)
    },
    Check(
      "request.frame_count", "frame count", unit: "frames",
      detail: "Against the requested number.", advice: "Compare it with the shots it was made from."
    ) { input in
      guard let requested = input.expectation.frameCount else { return notRequested }
      return input.videoPackets { _, counted in
        let count = input.decodedFrames ?? counted.shownPackets
        return .compared(.integer(Int64(count)), with: .integer(Int64(requested)), holds: count == requested)
      }
    },
    Check(
      "request.cuts", "cuts", unit: "s",
      detail:
        "Whether each requested shot inside the clip starts with a cut, ± \(Expectation.cutTolerance.doubleValue) s, "
        + "and there are no others.",
      advice: "Watch the clip; regenerate it if shots are missing.", needs: .sketches
    ) { input in
      guard let requested = input.expectation.cuts else { return notRequested }
      return input.decodedVideo { frames, series in
        compareCuts(frames.cuts.map { series.time($0) }, requested, series)
      }
    },
    anchor("start", "first") { ($0.startImage, $1.start) },
    anchor("end", "last") { ($0.endImage, $1.end) },
  ]

  /// Lowest structural similarity of luma, and greatest mean colour difference, of a frame like its image.
  private static let anchorSSIM = 0.6
  private static let anchorDeltaE = 10.0

  private static func anchor(
    _ name: String, _ which: String,
    _ choose: @escaping @Sendable (Expectation, AnchorReading) -> (image: String?, likeness: AnchorReading.Likeness?)
  ) -> Check {
    Check(
      "request.\(name)_image", "similarity of the \(which) frame to its image",
      unit: "SSIM and CIE 1976 colour difference",
      detail:
        "The \(which) frame against the requested image, both at 320 pixels: SSIM \(anchorSSIM) or more, mean colour "
        + "difference \(Int(anchorDeltaE)) or less.",
      advice: "Compare the frame with the image; regenerate if it was not followed.", needs: .anchors
    ) { input in
      guard let reading = input.pass.anchors else { return notRequested }
      let (image, likeness) = choose(input.expectation, reading)
      guard image != nil else { return notRequested }
      guard let likeness else { return .unknown("image not compared: \(reading.fault ?? "no frame")") }
      return .compared(
        ["ssim": .number(rounded(Float(likeness.ssim))), "delta_e": .number(rounded(Float(likeness.deltaE)))],
        with: ["ssim_min": .number(anchorSSIM), "delta_e_max": .number(anchorDeltaE)],
        holds: likeness.ssim >= anchorSSIM && likeness.deltaE <= anchorDeltaE)
    }
  }

  private static func compareCuts(_ found: [Rational], _ requested: [Rational], _ series: FrameSeries) -> Measurement {
    let start = series.time(0)
    let wanted = requested.map { $0 + start }
    let missing = wanted.filter { time in !found.contains { ($0 - time).magnitude <= Expectation.cutTolerance } }
    let extra = found.filter { time in !wanted.contains { ($0 - time).magnitude <= Expectation.cutTolerance } }
    var result = Measurement.compared(
      .array(found.map { .number($0.decimalSeconds) }), with: .array(wanted.map { .number($0.decimalSeconds) }),
      holds: missing.isEmpty && extra.isEmpty)
    func list(_ name: String, _ times: [Rational]) -> String? {
      times.isEmpty
        ? nil : "\(name) at " + times.map { "\(Check.decimal($0.decimalSeconds)) s" }.joined(separator: ", ")
    }
    let differences = [list("missing", missing), list("unexpected", extra)].compactMap(\.self)
    result.detail = differences.isEmpty ? nil : differences.joined(separator: "; ")
    result.intervals = (missing + extra).sorted().map { Interval(start: $0, end: $0) }
    return result
  }
}
