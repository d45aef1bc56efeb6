import Libav

/// Peak and energy of decoded sound, all channels together.
struct SoundMeter: ~Copyable {
  /// Of each channel.
  private(set) var samples: Int64 = 0
  /// 1 at full scale.
  private(set) var peak: Float = 0
  private(set) var energy = 0.0
  private(set) var energySamples: Int64 = 0
  /// Made when sound comes that is not planar float already.
  private var resampler: Resampler?
  private var source: AudioFormat?

  init() {}

  mutating func listen(to frame: borrowing Frame) throws(LibavError) {
    samples += Int64(frame.sampleCount)
    let format = frame.audioFormat
    guard format.sampleFormat != .floatPlanar else {
      measure(frame)
      return
    }
    if format != source {
      resampler = Resampler(to: AudioFormat(sampleRate: format.sampleRate, layout: format.layout))
      source = format
    }
    guard let converted = try resampler?.convert(frame) else { return }
    measure(converted)
  }

  private mutating func measure(_ frame: borrowing Frame) {
    for channel in 0..<frame.channelCount {
      let (loudest, squares, count) = frame.withSamples(channel) { samples in
        var loudest: Float = 0
        var squares = 0.0
        for index in samples.indices {
          let sample = samples[index]
          loudest = max(loudest, abs(sample))
          squares += Double(sample * sample)
        }
        return (loudest, squares, samples.count)
      }
      peak = max(peak, loudest)
      energy += squares
      energySamples += Int64(count)
    }
  }
}
