import Libav
import Loudness
import Probing

/// Decodes one audio track of a written master and measures its length and loudness.
struct AudioProof: Sendable {
  let sampleCount: Int
  let reading: LoudnessReading
  let checks: [StitchReport.Check]

  /// - Parameters:
  ///   - number: of the track among the audio tracks, from 0.
  ///   - expected: samples of the whole master.
  ///   - checkCancellation: called often; throws to end the work.
  /// - Throws: ``StitchError`` `failedProof` naming the first check that failed.
  init(
    path: String, track number: Int, format: MasterAudioFormat, expected: Int, checkCancellation: () throws -> Void
  ) throws {
    let demuxer = try Demuxer(path: path, purpose: .copying)
    let tracks = demuxer.streams.filter { $0.kind == .audio }
    guard tracks.indices.contains(number) else {
      throw StitchError(
        .failedProof, "the written master has \(tracks.count) audio tracks, expected \(number + 1), so it was not kept",
        file: path)
    }
    var reader = try StreamReader(demuxer, streams: [tracks[number].index], threading: .count(1))
    var resampler = Resampler(to: format.audioFormat)
    var meter = try MasterLoudnessMeter(format.audioFormat)
    let frame = try Frame()
    while try reader.next(into: frame) != nil {
      try checkCancellation()
      try meter.add(try resampler.convert(frame))
    }
    sampleCount = meter.sampleCount
    reading = meter.reading
    let fault = reader.faults.first?.message
    let name = number == 0 ? "audio" : "audio track \(number + 1)"
    checks = [
      .init(check: "\(name) decoding", passed: fault == nil, expected: "no errors", actual: fault ?? "no errors"),
      .init(
        check: "\(name) samples", passed: abs(sampleCount - expected) <= MasterProof.samplesPerPacket,
        expected: "\(expected), within one AAC frame", actual: "\(sampleCount)"),
    ]
    try MasterProof.requirePassed(checks, path: path)
  }
}
