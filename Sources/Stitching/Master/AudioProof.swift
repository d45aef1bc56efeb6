import Libav
import Loudness
import Probing

/// Decodes a written master's audio again: how much of it there is, and how loud.
struct AudioProof: Sendable {
  let sampleCount: Int
  let reading: LoudnessReading
  let checks: [StitchReport.Check]

  /// - Parameter expected: samples of the whole master.
  init(path: String, format: MasterAudioFormat, expected: Int) throws {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio else {
      throw StitchError(.failedProof, "the written master holds no audio, so it was not kept", file: path)
    }
    var reader = try StreamReader(demuxer, streams: [stream.index])
    var resampler = Resampler(to: format.audioFormat)
    var listener = try MasterLoudnessMeter(format)
    let frame = try Frame()
    while try reader.next(into: frame) != nil {
      try Task.checkCancellation()
      try listener.hear(try resampler.convert(frame))
    }
    sampleCount = listener.sampleCount
    reading = listener.reading
    let fault = reader.faults.first?.message
    checks = [
      .init(check: "decoding the audio", passed: fault == nil, expected: "clean", actual: fault ?? "clean"),
      .init(
        check: "samples of the audio", passed: abs(sampleCount - expected) <= MasterProof.audioFrame,
        expected: "\(expected), within one AAC frame", actual: "\(sampleCount)"),
    ]
    if let failed = checks.first(where: { !$0.passed }) {
      throw StitchError(
        .failedProof,
        "the written master is not what was planned, so it was not kept: \(failed.check): expected \(failed.expected), found \(failed.actual)",
        file: path)
    }
  }
}
