import Libav
import Timing

/// Produces the master's audio packets, encoded once over the whole master.
struct AudioPacketSource: ~Copyable {
  private var mix: AudioMix
  let format: MasterAudioFormat
  private let encoder: Encoder
  /// Into the encoder's sample format; nil when that is planar float.
  private var resampler: Resampler?
  /// Samples to encode.
  private var queue: Planes
  /// Samples of the queue that are already encoded.
  private var queueStart = 0
  private var samplesSent: Int64 = 0
  /// Samples of the whole master.
  let totalSamples: Int
  private var hasMore = true
  private var isDraining = false

  private static let samplesPerPacket = 1024

  /// Nil when there is neither a shot with audio nor music.
  static func make(_ plan: StitchPlan, options: StitchOptions, levels: AudioLevels) throws -> AudioPacketSource? {
    guard let format = try MasterAudioFormat(plan.shots.map(\.clip), music: options.audio.music) else { return nil }
    return try AudioPacketSource(plan, format: format, options: options, levels: levels)
  }

  private init(_ plan: StitchPlan, format: MasterAudioFormat, options: StitchOptions, levels: AudioLevels) throws {
    let codec = options.audio.codec
    let storage = AudioFormat(sampleRate: format.sampleRate, layout: .stereo, sampleFormat: codec.sampleFormat)
    let encoder = try Encoder(
      AudioEncoding(encoder: codec.encoder, format: storage, bitRate: options.audioBitRate))
    let mix = try AudioMix(plan, options: options, format: format, levels: levels)
    self.format = format
    totalSamples = format.sample(atFrame: plan.frameCount, rate: plan.rate)
    resampler = codec.sampleFormat == .floatPlanar ? nil : Resampler(to: storage)
    queue = Planes(repeating: [], count: format.channels)
    self.mix = mix
    self.encoder = encoder
  }

  var timeBase: TimeBase { encoder.timeBase }
  func parameters() throws -> CodecParameters { try encoder.parameters() }
  /// Samples that the encoder puts before the first.
  var priming: Int { encoder.initialPadding }
  /// Audio steps at the joins passed so far.
  var steps: [AudioStep] { mix.steps }
  /// The limiter's greatest gain reduction so far in dB.
  var reduction: Double { mix.reduction }

  /// - Returns: false after the last packet.
  mutating func next(into packet: borrowing Packet) throws -> Bool {
    while true {
      packet.clear()
      if try encoder.receive(into: packet) { return true }
      if isDraining { return false }
      let waiting = queue[0].count - queueStart
      if waiting < Self.samplesPerPacket, hasMore {
        try fill()
      } else if waiting == 0 {
        isDraining = true
        try encoder.sendEnd()
      } else {
        try sendSamples()
      }
    }
  }

  private mutating func fill() throws {
    guard let block = try mix.next() else {
      hasMore = false
      return
    }
    for channel in queue.indices { queue[channel] = queue[channel][queueStart...] + block[channel] }
    queueStart = 0
  }

  private mutating func sendSamples() throws {
    let count = min(Self.samplesPerPacket, queue[0].count - queueStart)
    let frame = try Frame(audio: format.audioFormat, sampleCount: count)
    for channel in queue.indices {
      frame.withMutableSamples(channel) { samples in
        for index in 0..<count { samples[index] = queue[channel][queueStart + index] }
      }
    }
    queueStart += count
    if let converted = try resampler?.convert(frame) {
      converted.pts = samplesSent
      try encoder.send(converted)
    } else {
      frame.pts = samplesSent
      try encoder.send(frame)
    }
    samplesSent += Int64(count)
  }
}
