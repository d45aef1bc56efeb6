import Foundation
import Libav
import Loudness
import Timing

/// How the master's level is brought to what was asked for: found by listening to the whole film before it is written.
///
/// The first pass measures. Each pass after it does what will be done, encoding and decoding included, and measures what a
/// listener gets; gain and ceiling are moved by what is missing. The audio is decoded again in each pass, so memory does not
/// grow with the video and nothing is written to disk.
struct LoudnessNormalization: Sendable {
  /// dB by which peaks may be pushed down at most to reach the loudness: more would be heard as distortion.
  static let greatestReduction = 20.0
  /// LU from the target that count as there while rehearsing; ±0.5 is what EBU R 128 grants.
  private static let closeEnough = 0.1
  /// dB that the ceiling goes lower than the excess of the decoded audio's peaks.
  private static let margin = 0.05
  private static let rehearsals = 5

  let levels: AudioLevels
  /// LUFS of the assembled audio before anything is done to its level; nil when it was not measured, or is silent.
  let loudnessBefore: Double?

  /// - Parameter progress: called with the number of each pass, from 1 on.
  init(_ plan: StitchPlan, options: StitchOptions, progress: (Int) -> Void) throws {
    let (target, limit) = (options.audio.loudness, options.audio.ceiling)
    guard let limit, let format = try MasterAudioFormat(plan.shots.map(\.clip), music: options.audio.music) else {
      levels = AudioLevels()
      loudnessBefore = nil
      return
    }
    var levels = AudioLevels()
    progress(1)
    let before = try Self.measure(plan, options: options, format: format)
    loudnessBefore = before.integrated
    levels.ceiling = limit
    var mostGain = Double.infinity
    if let target, let loudness = before.integrated {
      mostGain = limit - (before.truePeak ?? limit) + Self.greatestReduction
      levels.gain = min(target - loudness, mostGain)
    }
    for round in 1...Self.rehearsals {
      progress(round + 1)
      let heard = try Self.rehearse(plan, options: options, levels: levels)
      var next = levels
      let excess = (heard.truePeak ?? limit) - limit
      if excess > 0 { next.ceiling = (next.ceiling ?? limit) - excess - Self.margin }
      if let target, let loudness = heard.integrated, abs(target - loudness) > Self.closeEnough {
        next.gain = min(levels.gain + target - loudness, mostGain)
      }
      if next == levels { break }
      levels = next
    }
    self.levels = levels
  }

  /// What the assembled audio is before anything is done to its level.
  private static func measure(
    _ plan: StitchPlan, options: StitchOptions, format: MasterAudioFormat
  ) throws -> LoudnessReading {
    var audio = try AudioMix(plan, options: options, format: format, levels: AudioLevels())
    var listener = try MasterLoudnessMeter(format)
    while let block = try audio.next() { try listener.hear(block) }
    return listener.reading
  }

  /// What is heard when it is made with these levels.
  private static func rehearse(
    _ plan: StitchPlan, options: StitchOptions, levels: AudioLevels
  ) throws -> LoudnessReading {
    guard var assembler = try AudioPacketSource.make(plan, options: options, levels: levels) else {
      throw StitchError(.badRequest, "there is no audio whose loudness could be changed")
    }
    let decoder = try Decoder(try assembler.parameters(), timeBase: assembler.timeBase)
    var resampler = Resampler(to: assembler.format.audioFormat)
    // Loudness is gated in blocks, so they must lie where they lie for a reader of the file.
    var listener = try MasterLoudnessMeter(assembler.format, skipping: assembler.priming, upTo: assembler.totalSamples)
    let packet = try Packet()
    let frame = try Frame()
    while try assembler.next(into: packet) {
      guard try decoder.send(packet) else { continue }
      while try decoder.receive(into: frame) == .frame { try listener.hear(try resampler.convert(frame)) }
    }
    try decoder.sendEnd()
    while try decoder.receive(into: frame) == .frame { try listener.hear(try resampler.convert(frame)) }
    return listener.reading
  }
}

/// Measures audio that is there in planes.
struct MasterLoudnessMeter: ~Copyable {
  private var meter: LoudnessMeter
  private(set) var sampleCount = 0
  private var toSkip: Int
  private let limit: Int

  /// - Parameters:
  ///   - skipped: samples at the start that do not count.
  ///   - limit: samples that count at most.
  init(_ format: MasterAudioFormat, skipping skipped: Int = 0, upTo limit: Int = .max) throws {
    toSkip = skipped
    self.limit = limit
    meter = try LoudnessMeter(
      sampleRate: format.sampleRate, roles: LoudnessMeter.Role.roles(layout: "stereo", channels: format.channels))
  }

  var reading: LoudnessReading { meter.reading }

  mutating func hear(_ planes: Planes) throws {
    let first = min(toSkip, planes[0].count)
    toSkip -= first
    let count = min(planes[0].count - first, limit - sampleCount)
    guard count > 0 else { return }
    var interlaced = [Float](repeating: 0, count: count * planes.count)
    for channel in planes.indices {
      for index in 0..<count { interlaced[index * planes.count + channel] = planes[channel][first + index] }
    }
    sampleCount += count
    try meter.add(interlaced.span)
  }

  mutating func hear(_ frame: borrowing Frame) throws {
    let count = frame.sampleCount
    var planes = Planes()
    for channel in 0..<frame.channelCount {
      planes.append(frame.withSamples(channel) { samples in (0..<count).map { samples[$0] } })
    }
    if count > 0, !planes.isEmpty { try hear(planes) }
  }
}
