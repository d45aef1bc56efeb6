import Color

/// Finds how many frames the end of one shot and the start of the next have in common.
struct OverlapDetector: Sendable {
  /// What was measured at a join.
  struct Measurement: Sendable {
    /// Frames in common: 0 when the next shot continues the last one or cuts away from it.
    let overlap: Int
    /// RMS difference in code values, levels removed, between the frames taken as the same; between the last and the
    /// first frame when none are.
    let distance: Double
    /// RMS difference from one frame to the next around the join.
    let ordinary: Double
    let reason: String
    /// RMS difference between the frames that come nearest to being the same, whether taken so or not.
    var nearest: Double
    /// False when the measurement leaves doubt about the overlap.
    var isCertain: Bool
    /// Correlation of the last and the first frame's details.
    var likeness: Float

    /// The same figures with a given overlap, which is certain.
    func decided(_ overlap: Int, _ reason: String) -> Measurement {
      Measurement(
        overlap: overlap, distance: distance, ordinary: ordinary, reason: reason, nearest: nearest, isCertain: true,
        likeness: likeness)
    }
  }

  /// Largest overlap that is looked for, in frames.
  static let maximumOverlap = 12
  /// Two frames are the same when their squared difference is below this part of that between neighbours.
  static let sameBelow: Float = 0.5
  /// The result is doubtful when no overlap was found, yet two frames differ by less than this part of the squared
  /// difference between neighbours: grain may hide a repeated frame. Measured on zooms and pans at 30 and 60 frames a
  /// second under noise: 0.53 to 0.82 where a frame was repeated unseen, 0.92 and more where none was.
  static let doubtBelow: Float = 0.87
  /// Squared differences below this (code values²) are not motion but noise: a still scene.
  static let stillFloor: Float = 0.02
  /// Frames whose details correlate less than this show different things: the join is a cut.
  static let cutBelow: Float = 0.7
  /// A frame generated twice correlates at least this well with itself.
  static let repeatedAbove: Float = 0.95
  /// Code values by which the mean luma of the same frame, generated twice, may differ.
  static let levelTolerance: Float = 12
  /// The step to a regenerated frame does not follow the motion: its cosine with the steps beside it is below this part
  /// of theirs with each other.
  static let followsBelow: Float = 0.4
  /// Motion whose steps agree less than this with each other is no evidence.
  static let minimumAgreement: Float = 0.2

  /// - Parameters:
  ///   - tail: the last frames of the first shot, in order.
  ///   - head: the first frames of the next.
  static func measure(tail: [ReducedFrame], head: [ReducedFrame]) -> Measurement {
    guard let last = tail.last, let first = head.first, last.detail.count == first.detail.count else {
      return Measurement(
        overlap: 0, distance: 0, ordinary: 0, reason: "a shot is too short to repeat another", nearest: 0,
        isCertain: true, likeness: 0)
    }
    let likeness = cosine(last.detail, first.detail)
    let ordinary = max(motion(tail.suffix(4)), motion(head.prefix(4)))
    let direct = last.distance(to: first)
    func result(_ overlap: Int, _ squared: Float, _ reason: String) -> Measurement {
      Measurement(
        overlap: overlap, distance: Double(squared.squareRoot()), ordinary: Double(ordinary.squareRoot()),
        reason: reason, nearest: Double(nearest.squareRoot()),
        isCertain: overlap > 0 || nearest >= doubtBelow * ordinary, likeness: likeness)
    }
    let costs = (1...maximumOverlap).compactMap { k -> Float? in
      guard k <= tail.count, k <= head.count else { return nil }
      return zip(tail.suffix(k), head.prefix(k)).reduce(0) { $0 + $1.0.distance(to: $1.1) } / Float(k)
    }
    let nearest = costs.min() ?? direct
    let limit = max(sameBelow * ordinary, stillFloor)
    let runs = (1...maximumOverlap).compactMap { k -> (k: Int, cost: Float)? in
      guard k <= tail.count, k <= head.count else { return nil }
      let pairs = zip(tail.suffix(k), head.prefix(k))
      guard pairs.allSatisfy({ $0.isLevel(with: $1) && $0.distance(to: $1) <= limit }) else { return nil }
      return (k, pairs.reduce(0) { $0 + $1.0.distance(to: $1.1) } / Float(k))
    }
    if let best = runs.min(by: { $0.cost < $1.cost }) {
      // A longer run must be clearly better than a single frame: in a still scene every run fits.
      let single = runs.first { $0.k == 1 }
      let chosen = single.map { best.cost < 0.5 * $0.cost ? best : $0 } ?? best
      return result(
        chosen.k, chosen.cost,
        chosen.k == 1 ? "the first frame repeats the last" : "the first \(chosen.k) frames repeat the last")
    }
    guard likeness >= cutBelow, last.isLevel(with: first) else {
      return result(0, direct, "the shots meet in a cut")
    }
    if let agreement = agreement(tail: tail, head: head), agreement.among >= minimumAgreement {
      return likeness >= repeatedAbove && agreement.join < followsBelow * agreement.among
        ? result(1, direct, "the first frame is the last regenerated: it does not follow the motion")
        : result(0, direct, "the motion continues without a repeated frame")
    }
    return likeness >= repeatedAbove && direct > 2 * ordinary
      ? result(1, direct, "the first frame is the last regenerated, in a scene that hardly moves")
      : result(0, direct, "no frame is repeated")
  }

  /// Mean squared difference between neighbours.
  private static func motion(_ frames: ArraySlice<ReducedFrame>) -> Float {
    let steps = zip(frames, frames.dropFirst()).map { $0.distance(to: $1) }
    return steps.isEmpty ? 0 : steps.reduce(0, +) / Float(steps.count)
  }

  /// Cosines: of the step over the join with its neighbours, and of the steps on either side with each other.
  private static func agreement(tail: [ReducedFrame], head: [ReducedFrame]) -> (join: Float, among: Float)? {
    guard tail.count >= 3, head.count >= 3, let last = tail.last, let first = head.first else { return nil }
    let end = tail.suffix(3).map { $0 }
    let before = end[0].step(to: end[1])
    let stepIn = end[1].step(to: end[2])
    let stepOut = head[0].step(to: head[1])
    let after = head[1].step(to: head[2])
    let join = last.step(to: first)
    return (max(cosine(join, stepIn), cosine(join, stepOut)), max(cosine(before, stepIn), cosine(stepOut, after)))
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Float {
    var (dot, aa, bb): (Float, Float, Float) = (0, 0, 0)
    for (x, y) in zip(a, b) {
      dot += x * y
      aa += x * x
      bb += y * y
    }
    let norm = (aa * bb).squareRoot()
    return norm > 0 ? dot / norm : 0
  }
}

extension ReducedFrame {
  /// Whether the mean luma is about the same.
  fileprivate func isLevel(with other: ReducedFrame) -> Bool {
    abs(means[0] - other.means[0]) <= OverlapDetector.levelTolerance
  }
}
