import Libav
import Presets
import Probing
import Timing

/// Everything the checks look at: what was asked for, what header and packets say, what decoding gave.
struct Evidence: Sendable {
  let probe: ProbeReport
  /// Nil when nothing was decoded.
  let decoded: DecodeTally?
  let expectation: Expectation

  /// Measures something of the main picture; without one, no rule about it can hold.
  func video(_ measure: (ProbeReport.StreamReport, StreamInfo.Video) -> Measurement) -> Measurement {
    guard let stream = probe.video, let video = stream.info.video else { return .absent("There is no picture.") }
    return measure(stream, video)
  }

  /// The same from the pictures' packets.
  func pictures(_ measure: (ProbeReport.StreamReport, ProbeReport.Counted) -> Measurement) -> Measurement {
    video { stream, _ in
      guard let counted = stream.counted, counted.shownPackets > 0 else { return .absent("There are no pictures.") }
      return measure(stream, counted)
    }
  }

  func audio(_ measure: (ProbeReport.StreamReport, StreamInfo.Audio) -> Measurement) -> Measurement {
    guard let stream = probe.audio, let audio = stream.info.audio else { return .absent("There is no sound.") }
    return measure(stream, audio)
  }

  func decoding(_ measure: (DecodeTally) -> Measurement) -> Measurement {
    guard let decoded else { return .notRun("Nothing was decoded in fast mode.") }
    return measure(decoded)
  }

  /// What was asked for, under the names that a rule's `when` knows.
  var requested: [String: JSONValue] {
    var known: [String: JSONValue] = [:]
    known["audio_requested"] = expectation.audio.map { .bool($0) }
    known["size_requested"] = expectation.size.map { .string($0.text) }
    known["duration_requested"] = expectation.duration.map { .number($0.doubleValue) }
    known["frame_rate_requested"] = expectation.frameRate.map { .string($0.description) }
    return known
  }

  static let requestedNames = ["audio_requested", "size_requested", "duration_requested", "frame_rate_requested"]
}

extension StreamInfo.PictureSize {
  /// `3840x2160`.
  var text: String { "\(width)x\(height)" }
}
