import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let notAsked = Measurement.notRun("It is not known what was asked for.")

  /// What only somebody who knows the request can check.
  static let request: [Check] = [
    Check(
      "request.size", "the frame size", unit: "pixels",
      detail: "Width x height after rotation against the size that was promised.",
      advice: "Generate it again, and complain to the service."
    ) { evidence in
      guard let asked = evidence.expectation.size else { return notAsked }
      return evidence.video { stream, _ in
        guard let size = stream.info.displaySize else { return .unknown("The size is not known.") }
        let actual = "\(size.width)x\(size.height)"
        return .judged(.string(actual), against: .string(asked.text), holds: actual == asked.text)
      }
    },
    Check(
      "request.duration", "the frame's length", unit: "s",
      detail: "Against the length that was asked for, \(Expectation.durationTolerance.doubleValue) s more or less.",
      advice: "Generate it again, or ask for another length."
    ) { evidence in
      guard let asked = evidence.expectation.duration else { return notAsked }
      return evidence.frames { _, counted in
        guard let duration = counted.duration else { return .unknown("The frames carry no times.") }
        let tolerance = Expectation.durationTolerance
        return .judged(
          .number(duration.decimalSeconds),
          against: [
            "min": .number((asked - tolerance).decimalSeconds), "max": .number((asked + tolerance).decimalSeconds),
          ], holds: (duration - asked).magnitude <= tolerance)
      }
    },
    Check(
      "request.frame_rate", "the frame rate", unit: "1/s, as a fraction",
      detail: "The measured rate against the one that was asked for.",
      advice: "Generate it again at that rate."
    ) { evidence in
      guard let asked = evidence.expectation.frameRate else { return notAsked }
      return evidence.frames { _, counted in
        guard let rate = counted.timing?.rate else { return .unknown("The frames carry no times.") }
        return .judged(.string(rate.description), against: .string(asked.description), holds: rate == asked)
      }
    },
    Check(
      "request.audio", "audio", unit: "yes/no",
      detail: "Whether there is audio when it was asked for; audio that nobody asked for is let pass.",
      advice: "Generate it again with audio."
    ) { evidence in
      guard let asked = evidence.expectation.audio else { return notAsked }
      let isPresent = evidence.probe.audio != nil
      var result = Measurement.judged(.bool(isPresent), against: asked ? true : .null, holds: isPresent || !asked)
      if asked && !isPresent { result.detail = "Audio was asked for, and there is none." }
      return result
    },
    Check(
      "request.frame_count", "the number of frames", unit: "frames",
      detail: "Against the number that was asked for.", advice: "Compare it with the shots it was made from."
    ) { evidence in
      guard let asked = evidence.expectation.frameCount else { return notAsked }
      return evidence.frames { _, counted in
        let count = evidence.decodedFrames ?? counted.shownPackets
        return .judged(.integer(Int64(count)), against: .integer(Int64(asked)), holds: count == asked)
      }
    },
    Check(
      "request.cuts", "the cuts", unit: "places",
      detail:
        "Whether each shot that was asked for inside the clip begins with a cut, "
        + "\(Expectation.cutTolerance.doubleValue) s sooner or later, and nothing else does.",
      advice: "Look at the clip; generate it again if shots are missing.", needs: .sketches
    ) { evidence in
      guard let asked = evidence.expectation.cuts else { return notAsked }
      return evidence.watched { frames, series in judgeCuts(frames.cuts.map { series.time($0) }, asked, series) }
    },
    anchor("start", "first") { ($0.startImage, $1.start) },
    anchor("end", "last") { ($0.endImage, $1.end) },
  ]

  /// Luma's structural similarity that a followed image has at least, and the mean colour difference at most.
  private static let anchorSSIM = 0.6
  private static let anchorDeltaE = 10.0

  private static func anchor(
    _ name: String, _ which: String,
    _ choose: @escaping @Sendable (Expectation, AnchorReading) -> (image: String?, likeness: AnchorReading.Likeness?)
  ) -> Check {
    Check(
      "request.\(name)_image", "likeness of the \(which) frame to its image",
      unit: "SSIM and CIE 1976 colour difference",
      detail:
        "The \(which) frame against the image it was asked to be, both at 320 pixels: structural similarity of "
        + "\(anchorSSIM) or more, and a mean colour difference of \(Int(anchorDeltaE)) or less.",
      advice: "Look whether the image was followed; generate it again if not.", needs: .anchors
    ) { evidence in
      guard let reading = evidence.pass.anchors else { return notAsked }
      let (image, likeness) = choose(evidence.expectation, reading)
      guard image != nil else { return notAsked }
      guard let likeness else { return .unknown("The image cannot be compared: \(reading.fault ?? "no frame").") }
      let (ssim, deltaE) = (rounded(Float(likeness.ssim)), rounded(Float(likeness.deltaE)))
      var result = Measurement.judged(
        ["ssim": .number(ssim), "delta_e": .number(deltaE)],
        against: ["ssim_min": .number(anchorSSIM), "delta_e_max": .number(anchorDeltaE)],
        holds: likeness.ssim >= anchorSSIM && likeness.deltaE <= anchorDeltaE)
      result.detail =
        "The \(which) frame has a structural similarity of \(ssim) to its image and lies "
        + "\(deltaE) away in colour."
      return result
    }
  }

  private static func judgeCuts(_ found: [Rational], _ asked: [Rational], _ series: FrameSeries) -> Measurement {
    let start = series.time(0)
    let wanted = asked.map { $0 + start }
    let missing = wanted.filter { time in !found.contains { ($0 - time).magnitude <= Expectation.cutTolerance } }
    let extra = found.filter { time in !wanted.contains { ($0 - time).magnitude <= Expectation.cutTolerance } }
    var result = Measurement.judged(
      .array(found.map { .number($0.decimalSeconds) }), against: .array(wanted.map { .number($0.decimalSeconds) }),
      holds: missing.isEmpty && extra.isEmpty)
    func list(_ times: [Rational]) -> String { times.map { "\($0.decimalSeconds) s" }.joined(separator: ", ") }
    var words: [String] = []
    if !missing.isEmpty { words.append("No cut is seen where a shot should begin: \(list(missing)).") }
    if !extra.isEmpty { words.append("A cut is seen where no shot should begin: \(list(extra)).") }
    if !words.isEmpty { result.detail = words.joined(separator: " ") }
    result.intervals = (missing + extra).sorted().map { Interval(start: $0, end: $0) }
    return result
  }
}
