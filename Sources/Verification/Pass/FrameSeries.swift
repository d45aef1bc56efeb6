import Timing

/// A few measurements of every frame of a video, in presentation order.
struct FrameSeries: Sendable {
  struct Entry: Sendable {
    /// Ticks of the stream's time base.
    let time: Int64
    /// Mean absolute difference from the frame before, in code values; infinite for the first one.
    var difference: Float = .infinity
    /// Mean absolute difference of the grid's cells from the frame before, in code values, luma and chroma.
    var cellDifference: Float = 0
    /// The same against the second frame before: small where a change lasted for one frame only.
    var cellDifferenceOverTwo: Float = .infinity
    /// Median over the grid of the step in luma from the frame before, and the cells' median deviation from it.
    var lumaStep: Float = 0
    var lumaSpread: Float = 0
    /// The same step from the second frame before.
    var lumaStepOverTwo: Float = 0
    var chromaStep: Float = 0
    /// Median over the grid of the difference in luma from the mean of both neighbours.
    var flash: Float = 0
    /// 0–1: the part of the grid that changes in the direction of ``flash``.
    var flashAgreement: Float = 0
    var isBlack = false
    /// The parts of the grid that completed a step of a flash.
    var flicker = FlickerAnalyser.Steps()
  }

  let timeBase: TimeBase
  var entries: [Entry] = []
  /// Positions of runs of frames that do not differ from the first of the run.
  var stillRuns: [Range<Int>] = []
  /// End of the last frame, in ticks.
  var end: Int64 = 0

  func time(_ index: Int) -> Rational { timeBase.seconds(index < entries.count ? entries[index].time : end) }

  /// The time range of some frames.
  func interval(_ part: Range<Int>) -> Interval {
    Interval(start: time(part.lowerBound), end: time(part.upperBound), frame: part.lowerBound)
  }

  /// The time range of one frame.
  func interval(_ index: Int) -> Interval { interval(index..<index + 1) }
}
