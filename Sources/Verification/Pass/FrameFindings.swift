import Timing

/// Defects and cuts found in a ``FrameSeries``.
struct FrameFindings: Sendable {
  /// Seconds.
  static let shortestBlack = Rational(1, 10)
  static let shortestFreeze = Rational(1)

  let black: [Interval]
  let frozen: [Interval]
  /// Positions of frames that repeat the one before while the video moves.
  let repeated: [Int]
  /// Positions of frames that are brighter or darker than both neighbours, with the step in code values.
  let flashes: [Flash]
  /// Positions of first frames after a cut.
  let cuts: [Int]
  /// Lasting steps of the whole frame's brightness or colour that are not cuts.
  let steps: [Step]
  /// Time ranges with more than three flashes in a second.
  let flicker: Flicker

  struct Flash: Sendable, Hashable {
    let index: Int
    /// Code values on the 8-bit scale; negative for darker.
    let luma: Float
  }

  struct Step: Sendable, Hashable {
    let index: Int
    let luma: Float
    let chroma: Float
  }

  /// - Parameter joins: positions of the first frames after joins, where thresholds are lower.
  init(_ series: FrameSeries, joins: [Int]) {
    let near = Set(joins.flatMap { ($0 - Self.joinReach)...($0 + Self.joinReach) })
    black = Self.runs(series) { $0.isBlack }.map { series.interval($0) }.filter { $0.length >= Self.shortestBlack }
    frozen = series.stillRuns.map { series.interval($0) }.filter { $0.length >= Self.shortestFreeze }
    let cuts = Self.findCuts(series)
    self.cuts = cuts
    repeated = Self.findRepeated(series, joins: joins)
    let flashes = Self.findFlashes(series, near: near, cuts: Set(cuts))
    self.flashes = flashes
    steps = Self.findSteps(series, cuts: Set(cuts), flashes: Set(flashes.map(\.index)))
    flicker = Flicker(series)
  }

  /// Frames before and after a join that count as near it.
  static let joinReach = 3

  private static func runs(_ series: FrameSeries, _ holds: (FrameSeries.Entry) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for (index, entry) in series.entries.enumerated() {
      if holds(entry) {
        start = start ?? index
      } else if let begin = start {
        runs.append(begin..<index)
        start = nil
      }
    }
    if let begin = start { runs.append(begin..<series.entries.count) }
    return runs
  }

  // MARK: - Repeated frames

  /// Greatest difference of a repeated frame, as a part of its neighbours'.
  private static let repeatRatio: Float = 0.1
  /// Code values: least motion around a repeated frame.
  private static let repeatMotion: Float = 0.5
  /// Near a join: code values of coding noise allowed in a repeated frame, the ratio with it, and the least motion.
  private static let repeatNoise: Float = 0.15
  private static let repeatRatioWithNoise: Float = 0.5
  private static let repeatMotionNearJoin: Float = 0.22

  /// Noise is allowed up to the join only: a shot generated from a still may start to move slowly.
  private static func findRepeated(_ series: FrameSeries, joins: [Int]) -> [Int] {
    let entries = series.entries
    let near = Set(joins.flatMap { ($0 - joinReach)...$0 })
    guard entries.count >= 5 else { return [] }
    return (1..<entries.count).filter { index in
      let around = [-2, -1, 1, 2].compactMap { offset -> Float? in
        let other = index + offset
        guard entries.indices.contains(other), entries[other].difference.isFinite else { return nil }
        return entries[other].difference
      }.sorted()
      guard around.count >= 3 else { return false }
      let usual = around[around.count == 4 ? 1 : 0]
      let difference = entries[index].difference
      if near.contains(index), usual >= repeatMotionNearJoin {
        return difference <= usual * repeatRatio + repeatNoise && difference <= usual * repeatRatioWithNoise
      }
      return usual >= repeatMotion && difference <= usual * repeatRatio
    }
  }

  // MARK: - Flashes

  /// Code values on the 8-bit scale, far from and near a join.
  private static let flashStep: Float = 2.4
  private static let flashStepNearJoin: Float = 1.5
  /// Least ratio to the median of the frames around.
  private static let flashContrast: Float = 5
  private static let flashContrastNearJoin: Float = 3
  /// Greatest difference of the frames around it from each other, as a part of the flash: a cut or fade does not return.
  private static let flashReturn: Float = 0.6
  /// Least part of the frame that changes with it.
  private static let flashAgreement: Float = 0.7
  /// Frames on each side that the median is taken over.
  private static let flashContext = 6

  private static func findFlashes(_ series: FrameSeries, near: Set<Int>, cuts: Set<Int>) -> [Flash] {
    let entries = series.entries
    guard entries.count >= 3 else { return [] }
    return (1..<(entries.count - 1)).compactMap { index -> Flash? in
      let entry = entries[index]
      let isNear = near.contains(index)
      guard abs(entry.flash) >= (isNear ? flashStepNearJoin : flashStep), entry.flashAgreement >= flashAgreement,
        abs(entries[index + 1].lumaStepOverTwo) <= flashReturn * abs(entry.flash)
      else { return nil }
      // Both neighbours of a flash change the other way by half of it, so they are left out.
      let around = (max(1, index - flashContext)...min(entries.count - 2, index + flashContext)).filter {
        abs($0 - index) > 1 && !cuts.contains($0) && !cuts.contains($0 + 1)
      }.map { abs(entries[$0].flash) }
      let usual = around.median
      guard abs(entry.flash) >= usual * (isNear ? flashContrastNearJoin : flashContrast) else { return nil }
      return Flash(index: index, luma: entry.flash)
    }
  }

  // MARK: - Cuts and steps

  /// Code values: least mean difference of the grid at a cut.
  private static let cutDifference: Float = 7
  /// Least ratio to the frames around.
  private static let cutContrast: Float = 3
  private static let cutContext = 3

  private static func findCuts(_ series: FrameSeries) -> [Int] {
    let entries = series.entries
    guard entries.count >= 2 else { return [] }
    return (1..<entries.count).filter { index in
      let entry = entries[index]
      guard entry.cellDifference >= cutDifference, entry.lumaSpread >= 1 || entry.chromaStep >= 4 else { return false }
      let around = (max(1, index - cutContext)...min(entries.count - 1, index + cutContext)).filter { $0 != index }
        .map { entries[$0].cellDifference }
      guard
        entry.cellDifference >= cutContrast * (around.max() ?? 0)
          || entry.cellDifference >= 2 * cutContrast * around.median
      else { return false }
      // The next frame returns to the one before: a single odd frame, not a new shot.
      guard index + 1 < entries.count else { return true }
      return entries[index + 1].cellDifferenceOverTwo >= 0.5 * entry.cellDifference
        && (index < 2 || entry.cellDifferenceOverTwo >= 0.5 * entry.cellDifference)
    }
  }

  /// Code values.
  private static let lumaStep: Float = 2
  private static let chromaStep: Float = 1.5
  /// Least ratio of the step to the cells' deviation from it.
  private static let stepClarity: Float = 3

  private static func findSteps(_ series: FrameSeries, cuts: Set<Int>, flashes: Set<Int>) -> [Step] {
    let entries = series.entries
    return entries.indices.dropFirst().compactMap { index -> Step? in
      let entry = entries[index]
      guard !cuts.contains(index), !flashes.contains(index), !flashes.contains(index - 1) else { return nil }
      guard abs(entry.lumaStep) >= lumaStep || entry.chromaStep >= chromaStep,
        max(abs(entry.lumaStep), entry.chromaStep) >= stepClarity * max(entry.lumaSpread, 0.2)
      else { return nil }
      // A fade steps in every frame, a defect once.
      let neighbours = [index - 1, index + 1].filter { entries.indices.contains($0) && $0 > 0 }
      let usual = neighbours.map { max(abs(entries[$0].lumaStep), entries[$0].chromaStep) }.max() ?? 0
      guard max(abs(entry.lumaStep), entry.chromaStep) >= stepClarity * usual else { return nil }
      return Step(index: index, luma: entry.lumaStep, chroma: entry.chromaStep)
    }
  }
}
