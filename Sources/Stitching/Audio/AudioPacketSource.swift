import Libav
import Timing

/// Produces the packets of one audio track of the master, encoded once over its whole length.
struct AudioPacketSource: ~Copyable {
  private var mix: AudioMix
  let format: MasterAudioFormat
  private let encoder: Encoder
  /// Into the encoder's sample format; nil when that is planar float.
  private var resampler: Resampler?
  /// Samples to encode.
  private var queue: SampleQueue
  private var samplesSent: Int64 = 0
  /// Samples of the whole master.
  let totalSamples: Int
  private var hasMore = true
  private var isDraining = false

  private static let samplesPerPacket = 1024

  init(
    _ plan: StitchPlan, track: AudioTrack = .main, format: MasterAudioFormat, options: StitchOptions,
    levels: AudioLevels
  ) throws {
    let codec = options.audio.codec
    let storage = AudioFormat(sampleRate: format.sampleRate, layout: format.layout, sampleFormat: codec.sampleFormat)
    let usual = StitchOptions.bitRatePerChannel * Int64(max(format.channels, ChannelLayout.stereo.channelCount))
    let encoder = try Encoder(
      AudioEncoding(encoder: codec.encoder, format: storage, bitRate: options.audioBitRate ?? usual))
    let mix = try AudioMix(plan, track: track, options: options, format: format, levels: levels)
    self.format = format
    totalSamples = format.sample(atFrame: plan.frameCount, rate: plan.rate)
    resampler = codec.sampleFormat == .floatPlanar ? nil : Resampler(to: storage)
    queue = SampleQueue(channels: format.channels)
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
      if queue.count < Self.samplesPerPacket, hasMore {
        if let block = try mix.next() { queue.append(block) } else { hasMore = false }
      } else if queue.count == 0 {
        isDraining = true
        try encoder.sendEnd()
      } else {
        try sendSamples()
      }
    }
  }

  private mutating func sendSamples() throws {
    let frame = try Frame(queue.take(Self.samplesPerPacket), format: format.audioFormat)
    let count = frame.sampleCount
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
