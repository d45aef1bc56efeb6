import Libav
import Loudness
import Probing

/// Decodes the audio of a written master and measures its length and loudness.
struct AudioProof: Sendable {
  let sampleCount: Int
  let reading: LoudnessReading
  let checks: [StitchReport.Check]

  /// - Parameter expected: samples of the whole master.
  /// - Throws: ``StitchError`` `failedProof` naming the first check that failed.
  init(path: String, format: MasterAudioFormat, expected: Int) throws {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio else {
      throw StitchError(.failedProof, "the written master has no audio stream, so it was not kept", file: path)
    }
    var reader = try StreamReader(demuxer, streams: [stream.index])
    var resampler = Resampler(to: format.audioFormat)
    var meter = try MasterLoudnessMeter(format)
    let frame = try Frame()
    while try reader.next(into: frame) != nil {
      try Task.checkCancellation()
      try meter.add(try resampler.convert(frame))
    }
    sampleCount = meter.sampleCount
    reading = meter.reading
    let fault = reader.faults.first?.message
    checks = [
      .init(check: "audio decoding", passed: fault == nil, expected: "no errors", actual: fault ?? "no errors"),
      .init(
        check: "audio samples", passed: abs(sampleCount - expected) <= MasterProof.samplesPerPacket,
        expected: "\(expected), within one AAC frame", actual: "\(sampleCount)"),
    ]
    try MasterProof.requirePassed(checks, path: path)
  }
}
