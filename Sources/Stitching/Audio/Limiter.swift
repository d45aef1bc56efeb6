import Foundation

/// A look-ahead true peak limiter.
///
/// Peaks between samples are found by four-fold oversampling (ITU-R BS.1770-4). All channels get the same gain, so that
/// the stereo image stays. Audio under the ceiling passes bit for bit, and the number of samples is kept.
package struct Limiter {
  /// Seconds before a peak at which the gain starts to fall.
  private static let lookAhead = 0.005
  /// Time constant of the recovery in seconds.
  private static let release = 0.120
  /// Gains above this count as 1.
  private static let unity: Float = 0.999_99

  private let ceiling: Float
  private let window: Int
  private let releaseCoefficient: Float
  /// Audio not yet delivered, preceded by the oversampling filter's history; one plane per channel.
  private var waiting: Planes
  private var minimum: SlidingMinimum
  private var held: Float = 1
  /// The last `window` held gains, as a ring buffer.
  private var ring: [Float]
  private var ringIndex = 0
  private var sum: Double
  /// Number of consecutive held gains of 1.
  private var unityRun: Int
  /// Gains still to be skipped, because they belong before the first sample.
  private var lead: Int
  /// The lowest gain so far.
  package private(set) var lowestGain: Float = 1

  /// - Parameter ceiling: the highest true peak, as a factor of full scale.
  package init(ceiling: Float, channels: Int, sampleRate: Int) {
    self.ceiling = ceiling
    window = max(2, Int(Self.lookAhead * Double(sampleRate)))
    releaseCoefficient = Float(1 - exp(-1 / (Self.release * Double(sampleRate))))
    waiting = Planes(repeating: [Float](repeating: 0, count: Oversampling.reach), count: channels)
    minimum = SlidingMinimum(window: window + 1)
    ring = [Float](repeating: 1, count: window)
    sum = Double(window)
    unityRun = window
    lead = window - 1 + Oversampling.reach
  }

  /// Adds samples and returns those whose gain is final.
  package mutating func process(_ planes: Planes) -> Planes {
    for channel in waiting.indices { waiting[channel] += planes[channel] }
    return advance(planes[0].count)
  }

  /// Returns the samples still held back.
  package mutating func finish() -> Planes {
    let missing = window - 1 + Oversampling.reach
    for channel in waiting.indices { waiting[channel] += [Float](repeating: 0, count: missing) }
    return advance(missing)
  }

  /// Computes a gain for each of the last `count` samples.
  private mutating func advance(_ count: Int) -> Planes {
    let first = waiting[0].count - count
    let peaks = Oversampling.peaks(waiting, first: first, count: count, under: ceiling)
    var gains: [Float] = []
    gains.reserveCapacity(count)
    for index in 0..<count {
      let peak = peaks?[index] ?? 0
      let needed = minimum.push(peak > ceiling ? ceiling / peak : 1)
      var next = held + (1 - held) * releaseCoefficient
      if next > Self.unity { next = 1 }
      held = min(needed, next)
      sum += Double(held) - Double(ring[ringIndex])
      ring[ringIndex] = held
      ringIndex = ringIndex + 1 == window ? 0 : ringIndex + 1
      unityRun = held == 1 ? unityRun + 1 : 0
      if unityRun >= window { sum = Double(window) }
      if lead > 0 { lead -= 1 } else { gains.append(unityRun >= window ? 1 : Float(sum / Double(window))) }
    }
    lowestGain = min(lowestGain, gains.min() ?? 1)
    // The samples before those delivered now are history for the oversampling filter.
    let start = Oversampling.reach
    var output = Planes()
    for channel in waiting.indices {
      let plane = waiting[channel]
      output.append(gains.indices.map { plane[start + $0] * gains[$0] })
    }
    for channel in waiting.indices { waiting[channel].removeFirst(gains.count) }
    return output
  }
}

/// The minimum over a sliding window.
private struct SlidingMinimum {
  private let window: Int
  /// Candidates for the minimum, ascending, and the times they were added.
  private var values: [Float] = []
  private var times: [Int] = []
  private var head = 0
  private var now = 0

  init(window: Int) { self.window = window }

  mutating func push(_ value: Float) -> Float {
    while values.count > head, values[values.count - 1] >= value {
      values.removeLast()
      times.removeLast()
    }
    values.append(value)
    times.append(now)
    while times[head] <= now - window { head += 1 }
    if head > window {
      values.removeFirst(head)
      times.removeFirst(head)
      head = 0
    }
    now += 1
    return values[head]
  }
}

/// Four-fold oversampling.
private enum Oversampling {
  /// Samples that the filter covers on either side.
  static let reach = 8
  private static let phases = 4

  /// A windowed sinc of `2 × reach` taps for each phase but the first, which is the sample itself.
  private static let taps: [[Float]] = (1..<phases).map { phase in
    let raw = (0..<2 * reach).map { tap -> Double in
      let x = Double(tap - reach + 1) - Double(phase) / Double(phases)
      let window = 0.5 + 0.5 * cos(.pi * x / Double(reach))
      return (x == 0 ? 1 : sin(.pi * x) / (.pi * x)) * window
    }
    let sum = raw.reduce(0, +)
    return raw.map { Float($0 / sum) }
  }
  /// Upper bound of the ratio between an interpolated value and the greatest sample.
  private static let gain: Float = taps.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 1

  /// The peak between each sample and the next, for the `count` samples that end `reach` before the last; nil when all
  /// are certainly under the ceiling.
  /// - Parameter planes: with at least `reach` samples before `first`.
  static func peaks(_ planes: Planes, first: Int, count: Int, under ceiling: Float) -> [Float]? {
    let from = max(0, first - 2 * reach + 1)
    let loudest = planes.reduce(Float(0)) { $1[from...].reduce($0) { max($0, abs($1)) } }
    guard loudest * gain > ceiling else { return nil }
    var peaks = [Float](repeating: 0, count: count)
    for plane in planes {
      plane.withUnsafeBufferPointer { samples in
        for index in 0..<count {
          // The sample `reach` earlier, whose right-hand taps are complete now.
          let centre = first + index - reach
          var peak = centre >= 0 ? abs(samples[centre]) : 0
          let start = centre - reach + 1
          if start >= 0 {
            for filter in taps {
              filter.withUnsafeBufferPointer { filter in
                var value: Float = 0
                for tap in 0..<2 * reach { value += samples[start + tap] * filter[tap] }
                peak = max(peak, abs(value))
              }
            }
          }
          peaks[index] = max(peaks[index], peak)
        }
      }
    }
    return peaks
  }
}
