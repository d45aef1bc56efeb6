import Color

/// The correction that would bring a shot's colours near those of the shot before it.
struct ColorCandidate: Sendable {
  /// Nil when the frames cannot be compared.
  let match: ColorMatch?
  /// Whether it is worth applying.
  let isUseful: Bool
  let reason: String
  /// Colours of the last kept frame and of the next shot's first, cell by cell.
  private let last: [SIMD3<Double>]
  private let first: [SIMD3<Double>]

  /// Colour steps (mean ΔE2000) below this are invisible.
  static let minimumStep = 0.5
  /// A correction is useful when it leaves at most this part of the RMS distance between the frames.
  static let maximumLeft = 0.9
  /// Frames whose details correlate less show different things: their colours are not comparable.
  static let minimumLikeness: Float = 0.7

  /// - Parameters:
  ///   - shared: number of frames that the end of the tail and the start of the head have in common.
  ///   - likeness: correlation of the last and the first frame's details.
  init(
    tail: [ReducedFrame], head: [ReducedFrame], last: ReducedFrame, shared: Int, likeness: Float, followsCut: Bool
  ) {
    self.last = last.colors
    first = head.first?.colors ?? []
    guard !followsCut else {
      (match, isUseful, reason) = (nil, false, "the shot begins with a declared cut, so its colours stay")
      return
    }
    guard let end = tail.last, let begin = head.first, likeness >= Self.minimumLikeness else {
      (match, isUseful, reason) = (nil, false, "the shots meet in a cut, so there is nothing to match")
      return
    }
    // Frames that both shots contain are the best measure: nothing moves between them.
    let own = shared > 0 ? head.prefix(shared).flatMap(\.colors) : begin.colors
    let wanted = shared > 0 ? tail.suffix(shared).flatMap(\.colors) : end.colors
    let all = ColorMatch.Domain.allCases.map { ColorMatch($0, from: own, to: wanted) }
    let best = all.min { $0.residual(from: own, to: wanted) < $1.residual(from: own, to: wanted) }
    match = best
    let step = LabColor.meanDifference(own, wanted)
    let before = Self.distance(own, wanted)
    let after = best?.residual(from: own, to: wanted) ?? before
    if step < Self.minimumStep {
      (isUseful, reason) = (false, "the colour step is too small to be seen")
    } else if after > Self.maximumLeft * before {
      (isUseful, reason) = (false, "no gain and offset brings the frames nearer")
    } else {
      (isUseful, reason) = (true, shared > 0 ? "measured on the repeated frames" : "measured over the join")
    }
  }

  /// Mean ΔE2000 at the join after correcting either side.
  func difference(before: ShotCorrection?, after: ShotCorrection?) -> Double {
    LabColor.meanDifference(first.map { after?.apply($0) ?? $0 }, last.map { before?.apply($0) ?? $0 })
  }

  private static func distance(_ one: [SIMD3<Double>], _ other: [SIMD3<Double>]) -> Double {
    let sum = zip(one, other).reduce(0.0) { total, pair in
      let step = pair.0 - pair.1
      return total + (step * step).sum()
    }
    return (sum / Double(max(1, 3 * one.count))).squareRoot()
  }
}

/// The correction of each shot that keeps colours continuous from shot to shot.
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

  /// Why a shot's frames are changed.
  func reason(_ number: Int) -> String {
    guard let correction = shots[number] else { return "" }
    return correction.frames.map { "colours eased towards the shot before over \($0) frames" }
      ?? "colours brought near the first shot's"
  }
}
