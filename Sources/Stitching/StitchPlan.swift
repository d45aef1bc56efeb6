import Libav
import Probing
import Stills
public import Timing

/// Everything a stitch will do, decided before anything is written.
public struct StitchPlan: Sendable {
  let shots: [ShotPlan]
  public let joins: [Join]
  let packaging: Packaging
  /// The master's frame rate.
  public let rate: FrameRate
  /// Pictures by which decoding runs ahead of presentation, the same for the whole master.
  let reorderDepth: Int
  let tailEncoder: SpliceEncoder?
  let wholeEncoder: SpliceEncoder?

  /// What was measured where one shot meets the next.
  public struct Join: Sendable, Hashable {
    /// 1 for the join of the first and the second shot.
    public let index: Int
    /// The first picture of the second shot in the master.
    public let frame: Int
    /// Pictures dropped from the end of the first shot.
    public let overlap: Int
    /// RMS difference in code values between the pictures taken as the same, levels apart.
    public let overlapDistance: Double
    /// RMS difference in code values from picture to picture around the join.
    public let ordinaryDistance: Double
    public let reason: String
    /// Mean ΔE2000 over a coarse grid between the last kept picture and the first of the next shot.
    public let deltaE: Double
    /// Mean luma step in code values on the 8-bit scale.
    public let deltaLuma: Double
    /// Mean ΔE2000 between the first shot's first picture and the next shot's first.
    public let deltaEFromFirst: Double
  }

  public var frameCount: Int { shots.reduce(0) { $0 + $1.frameCount } }
  /// Seconds, exactly.
  public var duration: Rational { rate.duration(frames: frameCount) }
  /// The first picture of each shot in the master.
  public var shotStarts: [Int] {
    shots.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.frameCount) }.dropLast()
  }

  /// Reads every shot, refuses what cannot be joined, measures the joins and decides what is copied.
  /// - Throws: ``StitchError`` naming shot, field and both values; ``LibavError`` when a file cannot be read.
  public init(
    _ shots: [StitchShot], options: StitchOptions, progress: (StitchEvent) -> Void = { _ in }
  ) throws {
    guard !shots.isEmpty else { throw StitchError(.badRequest, "there is no shot to join") }
    var clips: [Clip] = []
    for (number, shot) in shots.enumerated() {
      let clip = try Clip(shot)
      if let first = clips.first { try clip.requireMatch(first) }
      clips.append(clip)
      progress(.indexed(shot: number + 1, of: shots.count))
    }
    var measured: [(OverlapDetector.Measurement, ColorStep)] = []
    for (number, (clip, next)) in zip(clips, clips.dropFirst()).enumerated() {
      let join = try JoinMeter(clip, next, first: clips[0], options: options).measure()
      measured.append(join)
      progress(.analysed(join: number + 1, of: clips.count - 1, overlap: join.0.overlap))
    }
    var plans: [ShotPlan] = []
    for (number, clip) in clips.enumerated() {
      let overlap = number < measured.count ? measured[number].0.overlap : 0
      guard overlap < clip.frameCount else {
        throw StitchError(
          .badRequest, "dropping \(overlap) pictures leaves nothing of its \(clip.frameCount)", file: clip.path)
      }
      plans.append(try ShotPlan(clip, keeping: 0..<clip.frameCount - overlap, mode: options.mode))
    }
    self.shots = plans
    rate = clips[0].rate
    var start = 0
    joins = zip(measured, plans).enumerated().map { number, pair in
      let ((overlap, color), plan) = pair
      start += plan.frameCount
      return Join(
        index: number + 1, frame: start, overlap: overlap.overlap, overlapDistance: overlap.distance,
        ordinaryDistance: overlap.ordinary, reason: overlap.reason, deltaE: color.deltaE, deltaLuma: color.luma,
        deltaEFromFirst: color.fromFirst)
    }
    (packaging, tailEncoder, wholeEncoder) = try Self.package(plans)
    let encodesWhole = plans.contains { $0.copiedFrames == 0 }
    reorderDepth = max(
      plans.map(\.reorderDepth).max() ?? 0, encodesWhole ? SpliceEncoder.bFramesOfWholeShots : 0)
  }

  private static func package(_ plans: [ShotPlan]) throws -> (Packaging, SpliceEncoder?, SpliceEncoder?) {
    let isHEVC = plans[0].clip.codec == "hevc"
    let encodes = plans.contains { $0.encodedFrames > 0 }
    let allSame = plans.allSatisfy { $0.clip.extradata == plans[0].clip.extradata }
    if !encodes && allSame { return (.shared, nil, nil) }
    guard ShotPlan.spliceable.contains(plans[0].clip.codec) || plans.allSatisfy({ $0.copiedFrames == 0 }) else {
      throw StitchError(
        .mismatch,
        "the shots' \(plans[0].clip.codec) headers differ, so they cannot be copied into one stream; use --mode encode",
        file: plans.first { $0.clip.extradata != plans[0].clip.extradata }?.clip.path)
    }
    let copied = plans.filter { $0.copiedFrames > 0 }
    let sets = copied.map { ParameterSets(extradata: $0.clip.extradata, isHEVC: isHEVC) }
    var tail: SpliceEncoder?
    var whole: SpliceEncoder?
    var all = sets
    let tailPlan = plans.first { $0.copiedFrames > 0 && $0.encodedFrames > 0 }
    let wholePlan = plans.first { $0.copiedFrames == 0 }
    if let plan = tailPlan {
      let encoder = try SpliceEncoder(like: plan.clip, setID: SpliceEncoder.freeSetID(all) ?? 0, isWhole: false)
      all.append(try encoder.parameterSets())
      tail = encoder
    }
    if let plan = wholePlan {
      let encoder = try SpliceEncoder(like: plan.clip, setID: SpliceEncoder.freeSetID(all) ?? 0, isWhole: true)
      all.append(try encoder.parameterSets())
      whole = encoder
    }
    return (Packaging(all), tail, whole)
  }
}

/// Levels and colours over a join.
struct ColorStep: Sendable {
  let deltaE: Double
  let luma: Double
  let fromFirst: Double
}

/// Decodes the pictures around one join and measures them.
struct JoinMeter {
  private let clip: Clip
  private let next: Clip
  private let first: Clip
  private let options: StitchOptions

  /// Pictures decoded on either side.
  static let reach = OverlapDetector.maximumOverlap + 2

  init(_ clip: Clip, _ next: Clip, first: Clip, options: StitchOptions) {
    self.clip = clip
    self.next = next
    self.first = first
    self.options = options
  }

  func measure() throws -> (OverlapDetector.Measurement, ColorStep) {
    // At most half a shot can repeat another.
    let room = min(clip.frameCount / 2, next.frameCount / 2)
    let reach = max(1, min(Self.reach, room))
    let tail = try miniatures(clip, clip.frameCount - reach..<clip.frameCount)
    let head = try miniatures(next, 0..<reach)
    let opening = try miniatures(first, 0..<1)
    let found = OverlapDetector.measure(tail: room > 0 ? tail : [], head: room > 0 ? head : [])
    let measurement: OverlapDetector.Measurement =
      switch options.overlap {
      case .automatic where next.shot.followsCut:
        .init(
          overlap: 0, distance: found.distance, ordinary: found.ordinary, reason: "the shot begins with a declared cut")
      case .automatic: found
      case .keep:
        .init(overlap: 0, distance: found.distance, ordinary: found.ordinary, reason: "every picture is kept, as asked")
      case .fixed(let count):
        .init(overlap: count, distance: found.distance, ordinary: found.ordinary, reason: "dropped as asked")
      }
    let tags = clip.video.stream.color?.tags ?? .bt709
    let keptIndex = tail.count - 1 - measurement.overlap
    let last = try keptIndex >= 0 ? tail[keptIndex] : miniature(clip, clip.frameCount - 1 - measurement.overlap)
    let step = ColorStep(
      deltaE: last.colorDifference(from: head[0], color: tags), luma: Double(head[0].means[0] - last.means[0]),
      fromFirst: opening[0].colorDifference(from: head[0], color: tags))
    return (measurement, step)
  }

  private func miniature(_ clip: Clip, _ position: Int) throws -> Miniature {
    let position = max(0, position)
    return try miniatures(clip, position..<position + 1)[0]
  }

  private func miniatures(_ clip: Clip, _ range: Range<Int>) throws -> [Miniature] {
    var walker = try FrameWalker(path: clip.path, video: clip.video, range: range)
    let frame = try Frame()
    var result: [Miniature] = []
    while try walker.next(into: frame) != nil { result.append(try Miniature(frame)) }
    return result
  }
}
