import Color
import Libav
import Stills
import Probing

/// The correction that would bring a shot near the one before it.
struct ColorCandidate: Sendable {
  /// Nil when the frames cannot be compared.
  let match: ColorMatch?
  /// Whether it is worth applying.
  let isUseful: Bool
  let reason: String
  /// Colours of the last kept frame and of the next shot's first, cell by cell.
  private let last: [[Double]]
  private let first: [[Double]]

  /// Colour steps (mean ΔE2000) below this are not seen.
  static let leastStep = 0.5
  /// A correction has to bring the frames at least this much nearer (part of their RMS distance that is left).
  static let mostLeft = 0.9
  /// Details that correlate less show different things, whose colours have nothing to do with each other.
  static let leastLikeness: Float = 0.7

  /// - Parameters:
  ///   - shared: frames that the end of the tail and the head have in common.
  ///   - likeness: correlation of the last and the first frame's details.
  init(
    tail: [ReducedPlane], head: [ReducedPlane], last: ReducedPlane, shared: Int, likeness: Float, followsCut: Bool,
    color: ColorTags
  ) {
    let matrix = ColorMatrix(color, bitDepth: 8)
    func colors(_ frames: some Sequence<ReducedPlane>) -> [[Double]] {
      frames.flatMap { $0.grid.map { matrix.rgb(Double($0.luma), Double($0.cb), Double($0.cr)) } }
    }
    self.last = colors([last])
    first = colors(head.prefix(1))
    guard !followsCut else {
      (match, isUseful, reason) = (nil, false, "the shot begins with a declared cut, so its colours stay")
      return
    }
    guard let end = tail.last, let begin = head.first, likeness >= Self.leastLikeness else {
      (match, isUseful, reason) = (nil, false, "the frame cuts to another one, so there is nothing to match")
      return
    }
    // The frames that both shots have tell the most: nothing moves between them.
    let own = shared > 0 ? colors(head.prefix(shared)) : colors([begin])
    let wanted = shared > 0 ? colors(tail.suffix(shared)) : colors([end])
    let all = ColorMatch.Domain.allCases.map { ColorMatch($0, from: own, to: wanted) }
    let best = all.min { $0.residual(from: own, to: wanted) < $1.residual(from: own, to: wanted) }
    match = best
    let step = Self.difference(own, wanted)
    let before = Self.distance(own, wanted)
    let after = best?.residual(from: own, to: wanted) ?? before
    if step < Self.leastStep {
      (isUseful, reason) = (false, "the colour step is too small to be seen")
    } else if after > Self.mostLeft * before {
      (isUseful, reason) = (false, "no gain and offset brings the frames nearer")
    } else {
      (isUseful, reason) = (true, shared > 0 ? "measured on the repeated frames" : "measured over the join")
    }
  }

  /// Mean ΔE2000 at the join when either side is corrected.
  func difference(before: ShotCorrection?, after: ShotCorrection?) -> Double {
    Self.difference(first.map { after?.apply($0) ?? $0 }, last.map { before?.apply($0) ?? $0 })
  }

  private static func difference(_ one: [[Double]], _ other: [[Double]]) -> Double {
    let sum = zip(one, other).reduce(0.0) { $0 + LabColor(rgb: $1.0).difference(from: LabColor(rgb: $1.1)) }
    return sum / Double(max(1, one.count))
  }

  private static func distance(_ one: [[Double]], _ other: [[Double]]) -> Double {
    let sum = zip(one, other).reduce(0.0) { total, pair in
      total + zip(pair.0, pair.1).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    return (sum / Double(max(1, 3 * one.count))).squareRoot()
  }
}

/// Which shots are corrected, and how, so that colours go on from shot to shot.
struct ColorContinuity {
  /// One for each shot; nil where nothing is corrected.
  let shots: [ShotCorrection?]
  /// One for each join; nil when no correction was asked for.
  let joins: [JoinColorMatch?]

  init(_ measured: [JoinMeasurement], clips: [SourceClip], kept: [Range<Int>], options: VideoOptions) {
    var shots = [ShotCorrection?](repeating: nil, count: clips.count)
    var joins = [JoinColorMatch?](repeating: nil, count: measured.count)
    for (number, measurement) in measured.enumerated()
    where options.matchColor == .ease || options.matchColor == .first {
      let candidate = measurement.candidate
      let next = number + 1
      let own = candidate.isUseful ? candidate.match.map { [$0] } ?? [] : []
      switch options.matchColor {
      case .ease where !own.isEmpty:
        shots[next] = ShotCorrection(
          matches: own, frames: ShotPlan.easing(clips[next], keeping: kept[next], wanted: options.easeFrames))
      case .first:
        // A shot that goes on from a corrected one is corrected as that one is, and by its own step.
        let all = own + (candidate.match == nil ? [] : shots[number]?.matches ?? [])
        if !all.isEmpty { shots[next] = ShotCorrection(matches: all, frames: nil) }
      default: break
      }
      let correction = shots[next]
      let before = options.matchColor == .first ? shots[number] : nil
      joins[number] = JoinColorMatch(
        applied: correction != nil, domain: candidate.match?.domain.rawValue, gain: candidate.match?.gain ?? [],
        offset: candidate.match?.offset ?? [], frames: correction?.frames,
        deltaEAfter: correction.map { candidate.difference(before: before, after: $0) }, reason: candidate.reason)
    }
    self.shots = shots
    self.joins = joins
  }

  /// Why a shot's frames are changed, in words.
  func reason(_ number: Int) -> String {
    guard let correction = shots[number] else { return "" }
    return correction.frames.map { "colours eased towards the shot before over \($0) frames" }
      ?? "colours brought near the first shot's"
  }
}
