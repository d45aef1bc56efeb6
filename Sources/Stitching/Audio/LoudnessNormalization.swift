package import Libav
package import Loudness
import Timing

/// The gain and limiter ceiling that bring the master to its loudness target, found before it is written.
///
/// The first pass measures the mix. Each further pass applies the levels, encodes, decodes and measures again, and
/// corrects gain and ceiling by what is still missing. Every pass decodes the sources again, so memory does not grow
/// with the length and nothing is written to disk.
struct LoudnessNormalization: Sendable {
  let levels: AudioLevels
  /// LUFS of the mix before gain and limiter; nil when not measured, or silent.
  let loudnessBefore: Double?

  /// - Parameter progress: called with the number of each pass, from 1 on.
  init(_ plan: StitchPlan, options: StitchOptions, progress: (Int) -> Void) throws {
    let (target, limit) = (options.audio.loudness, options.audio.ceiling)
    guard let limit, let format = try MasterAudioFormat(plan.shots.map(\.clip), options: options.audio) else {
      levels = AudioLevels()
      loudnessBefore = nil
      return
    }
    progress(1)
    let before = try Self.measureMix(plan, options: options, format: format)
    loudnessBefore = before.integrated
    var pass = 1
    levels = try AudioLevels.found(target: target, limit: limit, before: before) { levels in
      pass += 1
      progress(pass)
      return try Self.measureEncoded(plan, options: options, format: format, levels: levels)
    }
  }

  /// Measures the mix without gain and limiter.
  private static func measureMix(
    _ plan: StitchPlan, options: StitchOptions, format: MasterAudioFormat
  ) throws -> LoudnessReading {
    var mix = try AudioMix(plan, options: options, format: format, levels: AudioLevels())
    var meter = try MasterLoudnessMeter(format.audioFormat)
    while let block = try mix.next() {
      try Task.checkCancellation()
      try meter.add(block)
    }
    return meter.reading
  }

  /// Measures the audio as it decodes after encoding with these levels.
  private static func measureEncoded(
    _ plan: StitchPlan, options: StitchOptions, format: MasterAudioFormat, levels: AudioLevels
  ) throws -> LoudnessReading {
    var source = try AudioPacketSource(plan, format: format, options: options, levels: levels)
    let decoder = try Decoder(try source.parameters(), timeBase: source.timeBase)
    var resampler = Resampler(to: source.format.audioFormat)
    // Loudness is gated in blocks, so they must start where they start for a reader of the file.
    var meter = try MasterLoudnessMeter(source.format.audioFormat, skipping: source.priming, upTo: source.totalSamples)
    let packet = try Packet()
    let frame = try Frame()
    while try source.next(into: packet) {
      try Task.checkCancellation()
      guard try decoder.send(packet) else { continue }
      while try decoder.receive(into: frame) == .frame { try meter.add(try resampler.convert(frame)) }
    }
    try decoder.sendEnd()
    while try decoder.receive(into: frame) == .frame { try meter.add(try resampler.convert(frame)) }
    return meter.reading
  }
}

/// Measures the loudness of planar audio.
package struct MasterLoudnessMeter: ~Copyable {
  private var meter: LoudnessMeter
  package private(set) var sampleCount = 0
  private var toSkip: Int
  private let limit: Int

  /// - Parameters:
  ///   - skipped: samples to ignore at the start.
  ///   - limit: samples to measure at most.
  package init(_ format: AudioFormat, skipping skipped: Int = 0, upTo limit: Int = .max) throws {
    toSkip = skipped
    self.limit = limit
    meter = try LoudnessMeter(
      sampleRate: format.sampleRate,
      roles: LoudnessMeter.Role.roles(layout: format.layout.description, channels: format.layout.channelCount))
  }

  package var reading: LoudnessReading { meter.reading }

  package mutating func add(_ planes: Planes) throws {
    try add(sampleCount: planes[0].count) { channel, body in
      let plane = planes[channel]
      body(plane.span)
    }
  }

  package mutating func add(_ frame: borrowing Frame) throws {
    // The reference lives as long as the call.
    let frame = try frame.share()
    try add(sampleCount: frame.sampleCount) { channel, body in frame.withSamples(channel) { body($0) } }
  }

  /// - Parameter samples: calls its second parameter with the samples of a channel.
  private mutating func add(
    sampleCount available: Int, _ samples: (Int, (Span<Float>) -> Void) throws -> Void
  ) throws {
    let first = min(toSkip, available)
    toSkip -= first
    let count = min(available - first, limit - sampleCount)
    guard count > 0 else { return }
    let channels = meter.roles.count
    var interleaved = [Float](repeating: 0, count: count * channels)
    for channel in 0..<channels {
      try samples(channel) { own in
        for index in 0..<count { interleaved[index * channels + channel] = own[first + index] }
      }
    }
    sampleCount += count
    try meter.add(interleaved.span)
  }
}
