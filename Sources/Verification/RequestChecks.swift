import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let notAsked = Measurement.notRun("It is not known what was asked for.")

  /// What only somebody who knows the request can check.
  static let request: [Check] = [
    Check(
      "request.size", "the picture size", unit: "pixels",
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
      "request.duration", "the picture's length", unit: "s",
      detail: "Against the length that was asked for, \(Expectation.durationTolerance.doubleValue) s more or less.",
      advice: "Generate it again, or ask for another length."
    ) { evidence in
      guard let asked = evidence.expectation.duration else { return notAsked }
      return evidence.pictures { _, counted in
        guard let duration = counted.duration else { return .unknown("The pictures carry no times.") }
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
      return evidence.pictures { _, counted in
        guard let rate = counted.timing?.rate else { return .unknown("The pictures carry no times.") }
        return .judged(.string(rate.description), against: .string(asked.description), holds: rate == asked)
      }
    },
    Check(
      "request.audio", "sound", unit: "yes/no",
      detail: "Whether there is sound when it was asked for; sound that nobody asked for is let pass.",
      advice: "Generate it again with sound."
    ) { evidence in
      guard let asked = evidence.expectation.audio else { return notAsked }
      let isPresent = evidence.probe.audio != nil
      var result = Measurement.judged(.bool(isPresent), against: asked ? true : .null, holds: isPresent || !asked)
      if asked && !isPresent { result.detail = "Sound was asked for, and there is none." }
      return result
    },
  ]
}
