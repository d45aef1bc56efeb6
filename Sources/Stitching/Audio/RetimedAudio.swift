package import Libav
package import Timing

/// A change of speed: the same frames and the same audio in another time.
package struct Retiming: Sendable, Hashable {
  /// Greatest change of speed that passes for the same program: 24 to 25 frames/s is less.
  package static let greatestChange = Rational(1, 20)

  /// Length against what it was: 1001/1000 from 24 to 24000/1001 frames/s.
  package let stretch: Rational
  /// Whether the audio keeps its pitch; otherwise that changes as speed does, as on a tape.
  package let keepsPitch: Bool

  package init(stretch: Rational, keepsPitch: Bool) {
    self.stretch = stretch
    self.keepsPitch = keepsPitch
  }

  package static func isAllowed(from old: FrameRate, to new: FrameRate) -> Bool {
    (new.rational / old.rational - .one).magnitude <= greatestChange
  }
}

/// Plays audio slower or faster, and exactly as long as the program.
package struct RetimedAudio: ~Copyable {
  private let format: AudioFormat
  /// The format as it is declared to the resampler: its rate tells the change of speed.
  private let inputRate: Int
  /// Of the program.
  private let totalSamples: Int
  private var resampler: Resampler?
  private var tempo: FilterGraph?
  private let frame: Frame
  private var queue: SampleQueue
  private var sent: Int64 = 0
  private var taken = 0
  private var hasEnded = false

  /// - Parameters:
  ///   - format: of the audio before and after.
  ///   - totalSamples: after it.
  package init(_ retiming: Retiming, format: AudioFormat, totalSamples: Int) throws {
    let (input, output) = Self.rates(format.sampleRate, retiming.stretch)
    let frame = try Frame()
    if retiming.keepsPitch, retiming.stretch != .one {
      // The filter takes 1/stretch as a decimal; what it is off adds up to less than a sample in an hour.
      let speed = retiming.stretch.reciprocal.doubleValue
      tempo = try FilterGraph(
        "atempo=\(speed),aformat=sample_fmts=\(format.sampleFormat)",
        inputs: [.audio(format, timeBase: TimeBase(1, Int64(format.sampleRate)) ?? .microseconds)],
        isAudio: true)
    } else if retiming.stretch != .one {
      resampler = Resampler(to: AudioFormat(sampleRate: output, layout: format.layout))
    }
    inputRate = input
    queue = SampleQueue(channels: format.layout.channelCount)
    self.format = format
    self.totalSamples = totalSamples
    self.frame = frame
  }

  /// Sample rates whose ratio is exactly that of the samples after to the samples before.
  static func rates(_ rate: Int, _ stretch: Rational) -> (input: Int, output: Int) {
    let scale = max(1, Int64(rate) / max(1, stretch.numerator))
    return (Int(stretch.denominator * scale), Int(stretch.numerator * scale))
  }

  /// Whether ``take(_:)`` would give fewer samples than there are to come.
  package func needsMore(for count: Int) -> Bool {
    !hasEnded && queue.count < min(count, totalSamples - taken)
  }

  /// The next samples, at most `count`, after all were added that ``needsMore(for:)`` asks for; nil at the program's end.
  package mutating func take(_ count: Int) -> Planes? {
    let wanted = min(count, totalSamples - taken)
    guard wanted > 0 else { return nil }
    if queue.count < wanted { queue.appendSilence(wanted - queue.count) }
    taken += wanted
    return queue.take(wanted)
  }

  /// Adds the next samples of the audio before the change; nil at their end.
  package mutating func add(_ block: Planes?) throws {
    guard let block else { return try end() }
    guard resampler != nil || tempo != nil else { return queue.append(block) }
    let samples = try Frame(block, format: format)
    samples.pts = sent
    sent += Int64(samples.sampleCount)
    if tempo != nil {
      try tempo?.send(samples)
      try drain()
    } else {
      samples.sampleRate = inputRate
      if let converted = try resampler?.convert(samples) { queue.append(converted) }
    }
  }

  private mutating func end() throws {
    hasEnded = true
    if tempo != nil {
      try tempo?.sendEnd()
      try drain()
    } else if let rest = try resampler?.flush() {
      queue.append(rest)
    }
  }

  private mutating func drain() throws {
    while try tempo?.receive(into: frame) == true { queue.append(frame) }
  }
}
