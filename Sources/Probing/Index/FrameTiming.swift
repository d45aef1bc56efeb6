public import Timing

/// The frame rate of a video and its regularity, measured from presentation times.
public struct FrameTiming: Sendable, Hashable {
  /// Frames measured.
  public let frameCount: Int
  /// The rate that fits the times: one that fits to the tick, else the standard rate that fits best, else the header's if it
  /// fits, else the mean.
  public let rate: FrameRate?
  /// Whether every frame is within a tick of the stream's time base of its place at ``rate``.
  public let isConstant: Bool
  /// The greatest distance in seconds between a frame's time and its place at ``rate``.
  public let worstDeviation: Rational
  /// Seconds between frames, least and greatest.
  public let shortestDelta: Rational?
  public let longestDelta: Rational?
  /// Frames with the same time as the one before.
  public let duplicateTimes: Int

  /// Rates of deliverables.
  static let standardRates: [Rational] = [
    Rational(24_000, 1001), Rational(24), Rational(25), Rational(30_000, 1001), Rational(30), Rational(48),
    Rational(50),
    Rational(60_000, 1001), Rational(60), Rational(120_000, 1001), Rational(120),
  ]

  /// - Parameters:
  ///   - times: ascending, in ticks.
  ///   - headerRates: the header's rates, tried first.
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
    let header = Self.fitting(headerRates, times: times, timeBase: timeBase)
    let standard = Self.fitting(Self.standardRates, times: times, timeBase: timeBase)
    let exact = (header + standard).first { $0.deviation == .zero }
    if let best = exact ?? standard.min(by: { $0.deviation < $1.deviation }) ?? header.first {
      rate = best.rate
      isConstant = true
      worstDeviation = best.deviation
      return
    }
    rate = FrameRate(mean)
    worstDeviation = rate.map { Self.deviation(times: times, timeBase: timeBase, rate: $0) } ?? .zero
    isConstant = rate != nil && worstDeviation <= tick
  }

  /// The rates at which every frame is within a tick of its place.
  private static func fitting(
    _ rates: [Rational], times: [Int64], timeBase: TimeBase
  ) -> [(rate: FrameRate, deviation: Rational)] {
    rates.compactMap { FrameRate($0) }.compactMap { rate in
      let worst = deviation(times: times, timeBase: timeBase, rate: rate)
      return worst <= timeBase.rational ? (rate, worst) : nil
    }
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
