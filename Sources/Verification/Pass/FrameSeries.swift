public import Timing

/// What watching a film frame by frame gave: a few numbers for each frame, in the order they are shown.
struct FrameSeries: Sendable {
  struct Entry: Sendable {
    /// Ticks of the stream's time base.
    let time: Int64
    /// Mean absolute difference from the frame before, in code values; infinite for the first one.
    var difference: Float = .infinity
    /// Mean absolute difference of the grid's cells from the frame before, in code values, luma and chroma.
    var cellDifference: Float = 0
    /// The same against the frame before the one before: small where something was there for one frame only.
    var cellDifferenceOverTwo: Float = .infinity
    /// Median over the grid of the step in luma from the frame before, and how far cells lie from it in the median.
    var lumaStep: Float = 0
    var lumaSpread: Float = 0
    /// The same step from the frame before the one before.
    var lumaStepOverTwo: Float = 0
    var chromaStep: Float = 0
    /// Median over the grid of how much brighter it is than the mean of its two neighbours.
    var flash: Float = 0
    /// 0–1: the part of the grid that is brighter, or darker, together with ``flash``.
    var flashAgreement: Float = 0
    var isBlack = false
    /// The parts of the grid that turned by a flash's step.
    var flicker = FlickerAnalyser.Steps()
  }

  let timeBase: TimeBase
  var entries: [Entry] = []
  /// Positions of the first and the last frame of a run in which nothing moved against its first frame, with the
  /// frame after it, if there was one.
  var stillRuns: [Range<Int>] = []
  /// When the last frame ends, in ticks.
  var end: Int64 = 0

  func time(_ index: Int) -> Rational { timeBase.seconds(index < entries.count ? entries[index].time : end) }

  func range(_ part: Range<Int>) -> Interval { Interval(start: time(part.lowerBound), end: time(part.upperBound)) }
}

/// A stretch of time in seconds of the file.
public struct Interval: Sendable, Hashable {
  public let start: Rational
  /// Nil: not known where it ends.
  public let end: Rational?

  init(start: Rational, end: Rational?) {
    self.start = start
    self.end = end
  }

  /// To the microsecond.
  init(_ seconds: ClosedRange<Double>) {
    self.init(start: Self.rational(seconds.lowerBound), end: Self.rational(seconds.upperBound))
  }

  private static func rational(_ seconds: Double) -> Rational {
    Rational(Int64((seconds * 1_000_000).rounded()), 1_000_000)
  }

  /// Zero where the end is not known.
  var length: Rational { end.map { $0 - start } ?? .zero }
}
