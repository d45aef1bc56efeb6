import Libav
import Presets
import Probing
import Timing

/// Everything the checks look at: what was asked for, what header and packets say, what decoding gave.
struct Evidence: Sendable {
  let pass: MediaPass
  let expectation: Expectation
  /// Nil where the frames were not watched.
  let frames: FrameFindings?

  init(pass: MediaPass, expectation: Expectation) {
    self.pass = pass
    self.expectation = expectation
    frames = pass.frames.map { FrameFindings($0, joins: expectation.joins.map(\.frame)) }
  }

  var probe: ProbeReport { pass.probe }
  var textures: TextureReading? { pass.textures }
  /// Nil when not every frame was decoded.
  var decodedTally: DecodeTally? { pass.hasDecodedFrames ? pass.tally : nil }
  var decodedFrames: Int? { decodedTally?.frames }

  /// Measures something of the main frame; without one, no rule about it can hold.
  func video(_ measure: (ProbeReport.StreamReport, StreamInfo.Video) -> Measurement) -> Measurement {
    guard let stream = probe.video, let video = stream.info.video else { return .absent("There is no frame.") }
    return measure(stream, video)
  }

  /// The same from the frames' packets.
  func frames(_ measure: (ProbeReport.StreamReport, ProbeReport.Counted) -> Measurement) -> Measurement {
    video { stream, _ in
      guard let counted = stream.counted, counted.shownPackets > 0 else { return .absent("There are no frames.") }
      return measure(stream, counted)
    }
  }

  func audio(_ measure: (ProbeReport.StreamReport, StreamInfo.Audio) -> Measurement) -> Measurement {
    guard let stream = probe.audio, let audio = stream.info.audio else { return .absent("There is no audio.") }
    return measure(stream, audio)
  }

  func decoding(_ measure: (DecodeTally) -> Measurement) -> Measurement {
    pass.tally.map(measure) ?? Self.notDecoded
  }

  /// Measures something of the frames as they went by.
  func watched(_ measure: (FrameFindings, FrameSeries) -> Measurement) -> Measurement {
    video { _, _ in
      guard let frames, let series = pass.frames else { return Self.notDecoded }
      return series.entries.isEmpty ? .unknown("No frame could be decoded.") : measure(frames, series)
    }
  }

  /// Measures something of a few whole frames.
  func looked(_ measure: (TextureReading) -> Measurement) -> Measurement {
    video { _, _ in
      guard let textures = pass.textures else { return Self.notDecoded }
      return textures.looked == 0 ? .unknown("No frame could be looked at that is not black.") : measure(textures)
    }
  }

  /// Measures something of the audio as it went by.
  func listened(_ measure: (AudioReading) -> Measurement) -> Measurement {
    audio { _, _ in
      guard let heard = pass.audio else { return Self.notDecoded }
      return heard.heard == 0 ? .unknown("No audio could be decoded.") : measure(heard)
    }
  }

  static let notDecoded = Measurement.notRun(
    "What it needs was not decoded: fast mode, or no rule asked for it.")

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

extension StreamInfo.FrameSize {
  /// `3840x2160`.
  var text: String { "\(width)x\(height)" }
}
