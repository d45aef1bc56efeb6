import Libav
import Presets
import Probing
import Timing

/// Everything a check may measure: the request, headers and packets, and the results of decoding.
struct CheckInput: Sendable {
  let pass: MediaPass
  let expectation: Expectation
  /// Nil where the frames were not analysed.
  let frames: FrameFindings?

  init(pass: MediaPass, expectation: Expectation) {
    self.pass = pass
    self.expectation = expectation
    frames = pass.frames.map { FrameFindings($0, joins: expectation.joins.map(\.frame)) }
  }

  var probe: ProbeReport { pass.probe }
  var textures: TextureReading? { pass.textures }
  /// Nil when not every frame was decoded.
  var allFramesDecoded: DecodeStatistics? { pass.hasDecodedFrames ? pass.decoding : nil }
  var decodedFrames: Int? { allFramesDecoded?.frames }

  /// Measures the main video stream.
  func video(_ measure: (ProbeReport.StreamReport, StreamInfo.Video) -> Measurement) -> Measurement {
    guard let stream = probe.video, let video = stream.info.video else { return .absent("no video") }
    return measure(stream, video)
  }

  /// Measures the packets of the main video stream.
  func videoPackets(_ measure: (ProbeReport.StreamReport, ProbeReport.Counted) -> Measurement) -> Measurement {
    video { stream, _ in
      guard let counted = stream.counted, counted.shownPackets > 0 else { return .absent("no frames") }
      return measure(stream, counted)
    }
  }

  /// Measures the main audio stream.
  func audio(_ measure: (ProbeReport.StreamReport, StreamInfo.Audio) -> Measurement) -> Measurement {
    guard let stream = probe.audio, let audio = stream.info.audio else { return .absent("no audio") }
    return measure(stream, audio)
  }

  /// Measures how decoding went.
  func decoding(_ measure: (DecodeStatistics) -> Measurement) -> Measurement {
    pass.decoding.map(measure) ?? Self.notDecoded
  }

  /// Measures all decoded frames.
  func decodedVideo(_ measure: (FrameFindings, FrameSeries) -> Measurement) -> Measurement {
    video { _, _ in
      guard let frames, let series = pass.frames else { return Self.notDecoded }
      return series.entries.isEmpty ? .unknown("no frame could be decoded") : measure(frames, series)
    }
  }

  /// Measures the sampled full frames.
  func sampledFrames(_ measure: (TextureReading) -> Measurement) -> Measurement {
    video { _, _ in
      guard let textures = pass.textures else { return Self.notDecoded }
      return textures.frames == 0 ? .unknown("all sampled frames are black") : measure(textures)
    }
  }

  /// Measures all decoded audio.
  func decodedAudio(_ measure: (AudioReading) -> Measurement) -> Measurement {
    audio { _, _ in
      guard let reading = pass.audio else { return Self.notDecoded }
      return reading.measuredSamples == 0 ? .unknown("no audio could be decoded") : measure(reading)
    }
  }

  static let notDecoded = Measurement.notRun("not decoded (--fast, or no rule needs it)")

  /// The request under the names that a rule's `when` may use.
  var requested: [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    values["audio_requested"] = expectation.audio.map { .bool($0) }
    values["size_requested"] = expectation.size.map { .string($0.text) }
    values["duration_requested"] = expectation.duration.map { .number($0.doubleValue) }
    values["frame_rate_requested"] = expectation.frameRate.map { .string($0.description) }
    return values
  }

  static let requestedNames = ["audio_requested", "size_requested", "duration_requested", "frame_rate_requested"]
}

extension StreamInfo.FrameSize {
  /// `3840x2160`.
  var text: String { "\(width)x\(height)" }
}
