public import Timing

/// How evenly pictures follow each other, measured from their presentation times.
public struct FrameTiming: Sendable, Hashable {
  /// Pictures that the measurement rests on.
  public let frameCount: Int
  /// The rate that explains the times: the header's where it fits, else a standard rate that fits, else the mean.
  public let rate: FrameRate?
  /// Whether every picture lies within a tick of the stream's time base of where ``rate`` puts it.
  public let isConstant: Bool
  /// Seconds between a picture's time and where ``rate`` puts it, at worst.
  public let worstDeviation: Rational
  /// Seconds between pictures, least and greatest.
  public let shortestDelta: Rational?
  public let longestDelta: Rational?
  /// Pictures with the same time as the one before.
  public let duplicateTimes: Int

  /// Rates that deliverables are made at.
  static let standardRates: [Rational] = [
    Rational(24_000, 1001), Rational(24), Rational(25), Rational(30_000, 1001), Rational(30), Rational(48),
    Rational(50),
    Rational(60_000, 1001), Rational(60), Rational(120_000, 1001), Rational(120),
  ]

  /// - Parameters:
  ///   - times: ascending, in ticks.
  ///   - headerRates: what the header says, tried first.
  public init(times: [Int64], timeBase: TimeBase, headerRates: [Rational]) {
    frameCount = times.count
    let deltas = zip(times, times.dropFirst()).map { $1 - $0 }
    duplicateTimes = deltas.count { $0 == 0 }
    shortestDelta = deltas.min().map { timeBase.seconds($0) }
    longestDelta = deltas.max().map { timeBase.seconds($0) }
    guard let first = times.first, let last = times.last, last > first else {
      rate = headerRates.first { $0.isPositive }.flatMap { FrameRate($0) }
      isConstant = times.count == 1 && rate != nil
      worstDeviation = .zero
      return
    }
    let mean = timeBase.seconds(last - first).reciprocal * Int64(times.count - 1)
    let tick = timeBase.rational
    for candidate in (headerRates + Self.standardRates).compactMap({ FrameRate($0) }) {
      let worst = Self.deviation(times: times, timeBase: timeBase, rate: candidate)
      if worst <= tick {
        rate = candidate
        isConstant = true
        worstDeviation = worst
        return
      }
    }
    rate = FrameRate(mean)
    worstDeviation = rate.map { Self.deviation(times: times, timeBase: timeBase, rate: $0) } ?? .zero
    isConstant = rate != nil && worstDeviation <= tick
  }

  private static func deviation(times: [Int64], timeBase: TimeBase, rate: FrameRate) -> Rational {
    var worst = Rational.zero
    guard let first = times.first else { return worst }
    for (index, time) in times.enumerated() {
      let expected = rate.frameDuration * Int64(index)
      let distance = (timeBase.seconds(time - first) - expected).magnitude
      guard distance.isDefined else { return Rational(Int64.max) }
      if distance > worst { worst = distance }
    }
    return worst
  }
}
