import Foundation

/// Measures true peaks: the greatest value that a signal reaches between its samples (ITU-R BS.1770-5, annex 2).
///
/// The interpolation filter is libebur128's, a sinc of 49 taps under a Hann window. It is run here because libebur128
/// computes one value at a time, which took more time than everything else about loudness.
struct TruePeakMeter {
  private static let taps = 49

  private let channels: Int
  /// The coefficients of each value between two samples, newest sample first; of the same length.
  private let phases: [[Float]]
  /// Samples of each channel that the next values depend on, oldest first.
  private var history: [[Float]]
  /// Magnitudes as bit patterns, which compare like the numbers.
  private var peakBits: [UInt32]

  init(channels: Int, sampleRate: Int) {
    self.channels = channels
    let factor = sampleRate < 96_000 ? 4 : sampleRate < 192_000 ? 2 : 1
    phases = (1..<factor).map { phase in
      stride(from: phase, to: Self.taps, by: factor).map { Self.coefficient($0, factor: factor) }
    }
    history = [[Float]](
      repeating: [Float](repeating: 0, count: max(0, (phases.first?.count ?? 1) - 1)), count: channels)
    peakBits = [UInt32](repeating: 0, count: channels)
  }

  private static func coefficient(_ tap: Int, factor: Int) -> Float {
    let x = (Double(tap) - Double(taps - 1) / 2) * .pi / Double(factor)
    let window = 0.5 * (1 - cos(2 * .pi * Double(tap) / Double(taps - 1)))
    return Float((x == 0 ? 1 : sin(x) / x) * window)
  }

  /// The highest peak of a channel so far, on a scale of 0 to 1 for full scale.
  func peak(channel: Int) -> Double { Double(Float(bitPattern: peakBits[channel])) }

  /// Adds interleaved samples of all channels.
  mutating func add(_ samples: Span<Float>) {
    let count = samples.count / channels
    guard count > 0 else { return }
    var values = [Float](repeating: 0, count: count)
    for channel in 0..<channels {
      var signal = history[channel]
      let reach = signal.count
      signal.reserveCapacity(reach + count)
      for index in 0..<count { signal.append(samples[index * channels + channel]) }
      signal.withUnsafeBufferPointer { signal in
        Self.raise(&peakBits[channel], to: signal[reach...])
        for phase in phases {
          Self.interpolate(signal, phase, into: &values)
          values.withUnsafeBufferPointer { Self.raise(&peakBits[channel], to: $0[...]) }
        }
      }
      history[channel] = Array(signal.suffix(reach))
    }
  }

  /// Written so that the compiler handles many samples at once.
  private static func interpolate(_ signal: UnsafeBufferPointer<Float>, _ phase: [Float], into values: inout [Float]) {
    let count = values.count
    guard let signal = signal.baseAddress else { return }
    values.withUnsafeMutableBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for (tap, coefficient) in phase.enumerated() {
        let source = signal + (phase.count - 1 - tap)
        if tap == 0 {
          for index in 0..<count { values[index] = coefficient * source[index] }
        } else {
          for index in 0..<count { values[index] += coefficient * source[index] }
        }
      }
    }
  }

  private static func raise(_ peak: inout UInt32, to values: Slice<UnsafeBufferPointer<Float>>) {
    var greatest = peak
    for value in UnsafeBufferPointer(rebasing: values) {
      let bits = value.bitPattern & 0x7FFF_FFFF
      // Not a number counts as nothing.
      greatest = max(greatest, bits <= Float.infinity.bitPattern ? bits : 0)
    }
    peak = greatest
  }
}
