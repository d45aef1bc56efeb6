import Foundation
import Libav
import Loudness
import Presets
import Probing
import Stitching
import Timing

/// One audio track of a version: levelled, encoded once over its whole length, and measured as it decodes.
struct VersionAudio: Sendable {
  /// What was written.
  struct Result: Sendable, Hashable, Codable {
    /// LUFS of the track as it decodes; nil for silence.
    var loudness: Double?
    /// dBTP.
    var truePeak: Double?
    /// LUFS before.
    var loudnessBefore: Double?
    /// dB.
    var gain = 0.0
    /// The limiter's greatest reduction in dB.
    var reduction = 0.0
    var samples = 0
  }

  private static let blockSize = 4096
  private static let samplesPerPacket = 1024
  /// Seconds over which the audio fades into and out of the silence at its ends.
  private static let edgeFade = Rational(1, 100)

  let master: DeliveryMaster
  /// Nil for silence under a voice.
  let stream: StreamInfo?
  let audio: DeliveryRecipe.Audio
  let container: DeliveryRecipe.Container
  /// Of the version.
  let rate: FrameRate
  let retiming: Retiming
  let headFrames: Int
  let programFrames: Int
  let language: String?
  let voice: VoiceOptions?

  var format: AudioFormat {
    let own = stream?.audio?.layout ?? .stereo
    return AudioFormat(sampleRate: audio.sampleRate, layout: audio.isStereo ? .stereo : own)
  }

  private func sample(atFrame frame: Int) -> Int {
    (rate.duration(frames: frame) * Int64(audio.sampleRate)).rounded.map { Int($0) } ?? 0
  }

  var headSamples: Int { sample(atFrame: headFrames) }
  var totalSamples: Int { sample(atFrame: headFrames + programFrames) }

  /// Encodes the track into a file.
  /// - Parameters:
  ///   - check: called often; throws to end the work.
  ///   - pass: called with the number of each pass over the audio.
  func write(to path: String, check: () throws -> Void, pass: (Int) -> Void) throws -> Result {
    var result = Result()
    guard let limit = audio.truePeak ?? audio.loudness.map({ _ in AudioOptions.usualTruePeak }) else {
      pass(1)
      result.reduction = try encode(AudioLevels(), to: path, check: check)
      let reading = try measure(path, check: check)
      (result.loudness, result.truePeak) = (reading.reading.integrated, reading.reading.truePeak)
      result.samples = reading.samples
      return result
    }
    pass(1)
    let before = try measureProgram(check: check)
    result.loudnessBefore = before.integrated
    var number = 1
    var last: (levels: AudioLevels, reading: LoudnessReading, samples: Int)?
    func trial(_ levels: AudioLevels) throws -> LoudnessReading {
      number += 1
      pass(number)
      result.reduction = try encode(levels, to: path, check: check)
      let measured = try measure(path, check: check)
      last = (levels, measured.reading, measured.samples)
      return measured.reading
    }
    let levels = try AudioLevels.found(target: audio.loudness, limit: limit, before: before, trial: trial)
    if last?.levels != levels { _ = try trial(levels) }
    result.gain = levels.gain
    result.loudness = last?.reading.integrated
    result.truePeak = last?.reading.truePeak
    result.samples = last?.samples ?? 0
    return result
  }

  private func program() throws -> ProgramAudio {
    try ProgramAudio(
      master, stream: stream, voice: voice, format: format, retiming: retiming, totalSamples: totalSamples - headSamples
    )
  }

  private func measureProgram(check: () throws -> Void) throws -> LoudnessReading {
    var source = try program()
    var meter = try MasterLoudnessMeter(format)
    while let block = try source.next(Self.blockSize) {
      try check()
      try meter.add(block)
    }
    return meter.reading
  }

  /// Measures a written file, with its priming left out as players do.
  private func measure(
    _ path: String, check: () throws -> Void
  ) throws -> (reading: LoudnessReading, samples: Int) {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio else {
      throw DeliveryError(.inconsistent, "the written audio cannot be read back", file: path)
    }
    var reader = try StreamReader(demuxer, streams: [stream.index], threading: .count(1))
    var resampler = Resampler(to: format)
    var meter = try MasterLoudnessMeter(format)
    let frame = try Frame()
    while try reader.next(into: frame) != nil {
      try check()
      try meter.add(try resampler.convert(frame))
    }
    return (meter.reading, meter.sampleCount)
  }

  /// - Returns: the limiter's greatest reduction in dB.
  private func encode(_ levels: AudioLevels, to path: String, check: () throws -> Void) throws -> Double {
    let storage = AudioFormat(
      sampleRate: audio.sampleRate, layout: format.layout, sampleFormat: audio.codec.sampleFormat)
    let encoder = try Encoder(
      AudioEncoding(
        encoder: audio.codec.rawValue, format: storage,
        bitRate: Int64(audio.bitRate ?? 128_000 * storage.layout.channelCount)))
    var muxer = try Muxer(path: path, format: container.rawValue)
    let track = try muxer.addStream(
      try encoder.parameters(), timeBase: encoder.timeBase, metadata: language.map { ["language": $0] } ?? [:])
    try muxer.writeHeader(options: container == .wav ? ["rf64": "auto"] : [:])
    var source = try program()
    var stage = LevelStage(levels, channels: format.layout.channelCount, sampleRate: audio.sampleRate)
    var queue = SampleQueue(channels: format.layout.channelCount)
    queue.appendSilence(headSamples)
    var resampler = Resampler(to: storage)
    let packet = try Packet()
    var sent = 0
    var programSamples = 0
    var hasMore = true
    while true {
      try check()
      if queue.count < Self.samplesPerPacket, hasMore {
        var block = try source.next(Self.blockSize).map { stage.process($0) }
        if block == nil {
          hasMore = false
          block = stage.finish()
        }
        guard var samples = block else { continue }
        silenceEdges(&samples, from: programSamples)
        programSamples += samples[0].count
        queue.append(samples)
        continue
      }
      guard queue.count > 0 else { break }
      let frame = try Frame(queue.take(Self.samplesPerPacket), format: format)
      let count = frame.sampleCount
      let converted = storage == format ? try frame.share() : try resampler.convert(frame)
      converted.pts = Int64(sent)
      sent += count
      try encoder.send(converted)
      while try encoder.receive(into: packet) { try muxer.write(packet, stream: track, timeBase: encoder.timeBase) }
    }
    try encoder.sendEnd()
    while try encoder.receive(into: packet) { try muxer.write(packet, stream: track, timeBase: encoder.timeBase) }
    try muxer.finish()
    return stage.reduction
  }

  /// Silences the first and the last frames of the program, with a short fade inside.
  private func silenceEdges(_ samples: inout Planes, from start: Int) {
    guard audio.silentFrames > 0 else { return }
    let total = totalSamples - headSamples
    let silent = sample(atFrame: audio.silentFrames)
    let fade = max(1, Int((Self.edgeFade * Int64(audio.sampleRate)).rounded ?? 1))
    for index in samples[0].indices {
      // From the nearer end.
      let distance = min(start + index, total - 1 - start - index) - silent
      guard distance < fade else { continue }
      let gain = distance < 0 ? 0 : Float(distance + 1) / Float(fade + 1)
      for channel in samples.indices { samples[channel][index] *= gain }
    }
  }
}

extension DeliveryRecipe.AudioCodec {
  /// The encoder's input format.
  var sampleFormat: SampleFormat {
    switch self {
    case .aac: .floatPlanar
    case .pcm16: .int16
    case .pcm24: .int32
    }
  }
}
