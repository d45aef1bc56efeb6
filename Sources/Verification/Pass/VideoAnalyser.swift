import Libav
import Timing

/// Builds a ``FrameSeries`` from the decoded frames of a video.
struct VideoAnalyser {
  /// Least part of black samples in a black frame, as in ffmpeg's blackdetect.
  private static let blackPart = 0.98
  /// Code values: greatest mean difference of a still frame from the first of its run; −60 dB of 256, as in ffmpeg's
  /// freezedetect.
  private static let stillDifference: Float = 0.256

  private(set) var series: FrameSeries
  private var flicker: FlickerAnalyser
  /// The two frames before, the newest last.
  private var recent: [FrameSketch] = []
  private var spare: [FrameSketch] = []
  /// The first frame of the current still run, and its position.
  private var reference: FrameSketch?
  private var referenceIndex = 0

  init(timeBase: TimeBase, color: ColorTags) {
    series = FrameSeries(timeBase: timeBase)
    flicker = FlickerAnalyser(color: color)
    isFullRange = color.range == "pc"
  }

  private let isFullRange: Bool

  /// - Parameters:
  ///   - time: ticks of the stream's time base.
  ///   - duration: the same; 0 when not known.
  mutating func add(_ frame: borrowing Frame, time: Int64, duration: Int64) {
    let sketch = spare.popLast() ?? FrameSketch()
    sketch.take(frame, isFullRange: isFullRange)
    var entry = FrameSeries.Entry(time: time)
    entry.isBlack = sketch.blackPart >= Self.blackPart
    if let before = recent.last {
      entry.difference = sketch.difference(from: before)
      let steps = Self.differences(sketch, before)
      entry.cellDifference = steps.mean
      (entry.lumaStep, entry.lumaSpread) = (steps.lumaStep, steps.lumaSpread)
      entry.chromaStep = steps.chromaStep
    }
    if recent.count >= 2 {
      let first = recent[recent.count - 2]
      let wide = Self.differences(sketch, first)
      (entry.cellDifferenceOverTwo, entry.lumaStepOverTwo) = (wide.mean, wide.lumaStep)
      let (flash, agreement) = Self.flash(first, recent[recent.count - 1], sketch)
      series.entries[series.entries.count - 1].flash = flash
      series.entries[series.entries.count - 1].flashAgreement = agreement
    }
    entry.flicker = flicker.steps(to: sketch.cells)
    series.entries.append(entry)
    series.end = time + max(duration, 0)
    extendStillRun(sketch)
    recent.append(sketch)
    if recent.count > 2 {
      let oldest = recent.removeFirst()
      if oldest !== reference { spare.append(oldest) }
    }
  }

  /// The complete series: call it once, after the last frame.
  mutating func finish() -> FrameSeries {
    closeStillRun(at: series.entries.count)
    return series
  }

  private mutating func extendStillRun(_ sketch: FrameSketch) {
    let index = series.entries.count - 1
    if let reference, sketch.difference(from: reference) <= Self.stillDifference { return }
    closeStillRun(at: index)
    if let reference, !recent.contains(where: { $0 === reference }) { spare.append(reference) }
    reference = sketch
    referenceIndex = index
  }

  private mutating func closeStillRun(at end: Int) {
    guard reference != nil, end - referenceIndex >= 2 else { return }
    series.stillRuns.append(referenceIndex..<end)
  }

  private struct Steps {
    var mean: Float
    var lumaStep: Float
    var lumaSpread: Float
    var chromaStep: Float
  }

  private static func differences(_ a: FrameSketch, _ b: FrameSketch) -> Steps {
    var sum: Float = 0
    var medians: [Float] = []
    var spread: Float = 0
    for plane in 0..<3 {
      let steps = zip(a.cells[plane], b.cells[plane]).map { $0 - $1 }
      for step in steps { sum += abs(step) }
      let middle = steps.median
      medians.append(middle)
      if plane == 0 { spread = steps.map { abs($0 - middle) }.median }
    }
    return Steps(
      mean: sum / Float(3 * FrameSketch.gridColumns * FrameSketch.gridRows), lumaStep: medians[0],
      lumaSpread: spread, chromaStep: max(abs(medians[1]), abs(medians[2])))
  }

  private static func flash(
    _ before: FrameSketch, _ middle: FrameSketch, _ after: FrameSketch
  ) -> (flash: Float, agreement: Float) {
    let (a, b, c) = (before.cells[0], middle.cells[0], after.cells[0])
    var bumps = [Float](repeating: 0, count: b.count)
    for index in bumps.indices { bumps[index] = b[index] - (a[index] + c[index]) / 2 }
    let flash = bumps.median
    let same = bumps.count { flash > 0 ? $0 > 0.4 * flash : $0 < 0.4 * flash }
    return (flash, Float(same) / Float(max(1, bumps.count)))
  }
}

extension [Float] {
  /// The middle value; 0 for none.
  var median: Float {
    guard !isEmpty else { return 0 }
    let ordered = sorted()
    return ordered[count / 2]
  }
}
