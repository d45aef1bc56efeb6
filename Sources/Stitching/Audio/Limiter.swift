import Foundation

/// Keeps the true peak of audio under a ceiling: it looks ahead, goes down before a peak comes and comes up slowly behind it.
///
/// Peaks between the samples are found by four-fold oversampling, as ITU-R BS.1770-4 measures them. All channels get the same
/// gain, so that nothing wanders in the stereo frame. Audio that stays under the ceiling passes bit for bit, and as many
/// samples come out as went in.
struct Limiter {
  /// Seconds in which the gain goes down before a peak.
  private static let lookAhead = 0.005
  /// Seconds after which the gain has come back by 63 %.
  private static let release = 0.120
  /// A gain this near to 1 is 1.
  private static let settled: Float = 0.999_99

  private let ceiling: Float
  private let window: Int
  private let releaseShare: Float
  /// The audio that is not given out yet, and what the oversampling looks back at, a plane for each channel.
  private var waiting: Planes
  private var minimum: SlidingMinimum
  private var held: Float = 1
  /// The last `window` held gains, as a ring.
  private var ring: [Float]
  private var place = 0
  private var sum: Double
  /// How many of the last held gains are 1, in a row.
  private var still: Int
  /// Gains still to be left out, because they belong to before the first sample.
  private var lead: Int
  /// The lowest gain so far.
  private(set) var deepest: Float = 1

  /// - Parameter ceiling: the highest true peak, as a factor of full scale.
  init(ceiling: Float, channels: Int, sampleRate: Int) {
    self.ceiling = ceiling
    window = max(2, Int(Self.lookAhead * Double(sampleRate)))
    releaseShare = Float(1 - exp(-1 / (Self.release * Double(sampleRate))))
    waiting = Planes(repeating: [Float](repeating: 0, count: Oversampling.reach), count: channels)
    minimum = SlidingMinimum(window: window + 1)
    ring = [Float](repeating: 1, count: window)
    sum = Double(window)
    still = window
    lead = window - 1 + Oversampling.reach
  }

  /// Takes samples and gives those that are settled.
  mutating func process(_ planes: Planes) -> Planes {
    for channel in waiting.indices { waiting[channel] += planes[channel] }
    return advance(planes[0].count)
  }

  /// Gives what is still held back.
  mutating func finish() -> Planes {
    let missing = window - 1 + Oversampling.reach
    for channel in waiting.indices { waiting[channel] += [Float](repeating: 0, count: missing) }
    return advance(missing)
  }

  /// The samples that came last, `count` of them, bring as many gains.
  private mutating func advance(_ count: Int) -> Planes {
    let first = waiting[0].count - count
    let peaks = Oversampling.peaks(waiting, first: first, count: count, under: ceiling)
    var gains: [Float] = []
    gains.reserveCapacity(count)
    for index in 0..<count {
      let peak = peaks?[index] ?? 0
      let needed = minimum.push(peak > ceiling ? ceiling / peak : 1)
      var next = held + (1 - held) * releaseShare
      if next > Self.settled { next = 1 }
      held = min(needed, next)
      sum += Double(held) - Double(ring[place])
      ring[place] = held
      place = place + 1 == window ? 0 : place + 1
      still = held == 1 ? still + 1 : 0
      if still >= window { sum = Double(window) }
      if lead > 0 { lead -= 1 } else { gains.append(still >= window ? 1 : Float(sum / Double(window))) }
    }
    deepest = min(deepest, gains.min() ?? 1)
    // What stands before the audio that goes out now is history for the oversampling.
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

/// The least of the last values.
private struct SlidingMinimum {
  private let window: Int
  /// Values that may yet be the least, ascending, and when they came.
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

/// Samples between the samples.
private enum Oversampling {
  /// Samples that the filter looks at on either side.
  static let reach = 8
  private static let phases = 4

  /// For each phase but the first, which is the sample itself: a windowed sinc of `2 × reach` taps.
  private static let taps: [[Float]] = (1..<phases).map { phase in
    let raw = (0..<2 * reach).map { tap -> Double in
      let x = Double(tap - reach + 1) - Double(phase) / Double(phases)
      let window = 0.5 + 0.5 * cos(.pi * x / Double(reach))
      return (x == 0 ? 1 : sin(.pi * x) / (.pi * x)) * window
    }
    let sum = raw.reduce(0, +)
    return raw.map { Float($0 / sum) }
  }
  /// No value between samples is further beyond them than this factor.
  private static let gain: Float = taps.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 1

  /// The highest magnitude of each of the samples `reach` places before the last `count` ones, and of what lies between it and
  /// the next; nil when all are surely under a ceiling.
  /// - Parameter planes: with at least `reach` samples before `first`.
  static func peaks(_ planes: Planes, first: Int, count: Int, under ceiling: Float) -> [Float]? {
    let from = max(0, first - 2 * reach + 1)
    let loudest = planes.reduce(Float(0)) { $1[from...].reduce($0) { max($0, abs($1)) } }
    guard loudest * gain > ceiling else { return nil }
    var peaks = [Float](repeating: 0, count: count)
    for plane in planes {
      plane.withUnsafeBufferPointer { samples in
        for index in 0..<count {
          // The sample `reach` before: its right-hand taps have just come.
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
