import Bitstream
import Libav
import Probing
public import Timing

/// Everything a stitch will do, decided before anything is written.
public struct StitchPlan: Sendable {
  let shots: [ShotPlan]
  public let joins: [Join]
  let packaging: Packaging
  /// The master's frame rate.
  public let rate: FrameRate
  /// Frames by which decoding runs ahead of presentation, the same for the whole master.
  let reorderDepth: Int
  let tailEncoder: SpliceEncoder?
  let wholeEncoder: SpliceEncoder?

  /// The shot that shows what the master is: the first of which something is copied, else one that needs no conforming.
  var template: Clip {
    (shots.first { $0.copiedFrames > 0 } ?? shots.first { $0.clip.conform == nil } ?? shots[0]).clip
  }
  /// Whether any frame is taken over bit for bit.
  var copies: Bool { shots.contains { $0.copiedFrames > 0 } }

  public var frameCount: Int { shots.reduce(0) { $0 + $1.frameCount } }
  /// Seconds, exactly.
  public var duration: Rational { rate.duration(frames: frameCount) }
  /// The first frame of each shot in the master.
  public var shotStarts: [Int] {
    shots.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.frameCount) }.dropLast()
  }

  /// Reads every shot, refuses what cannot be joined, measures the joins and decides what is copied.
  /// - Throws: ``StitchError`` naming shot, field and both values; ``LibavError`` when a file cannot be read.
  public init(
    _ shots: [StitchShot], options: StitchOptions, progress: (StitchEvent) -> Void = { _ in }
  ) throws {
    guard !shots.isEmpty else { throw StitchError(.badRequest, "there is no shot to join") }
    let clips = try Self.read(shots, options: options, progress: progress)
    let ranges = try clips.map { try $0.trimmed() }
    var measured: [JoinMeasurement] = []
    for number in clips.indices.dropLast() {
      let meter = JoinMeter(
        clips[number], ranges[number], clips[number + 1], ranges[number + 1], first: (clips[0], ranges[0].lowerBound),
        options: options)
      measured.append(try meter.measure())
      progress(.analysed(join: number + 1, of: clips.count - 1, overlap: measured[number].overlap.overlap))
    }
    let layout = try ShotLayout(clips, ranges: ranges, overlaps: measured.map(\.overlap.overlap))
    let corrections = ColorContinuity(measured, clips: clips, kept: layout.kept, options: options.frame)
    var plans: [ShotPlan] = []
    for (number, clip) in clips.enumerated() {
      var changes = layout.changes[number]
      if let last = clip.shot.keepsThrough, last + 1 < clip.video.presentationOrder.count {
        let count = clip.video.presentationOrder.count - last - 1
        changes.reasons.append("\(count) frames behind #\(last), which the next shot starts from, are left out")
      }
      if let correction = corrections.shots[number] {
        changes.correction = correction
        changes.reasons.append(corrections.reason(number))
      }
      plans.append(try ShotPlan(clip, keeping: layout.kept[number], changes: changes, mode: options.mode))
    }
    self.shots = plans
    rate = clips[0].rate
    var start = 0
    joins = measured.indices.map { number in
      start += plans[number].frameCount
      return Join(
        number + 1, at: start, measured[number], transition: clips[number + 1].shot.transition?.kind,
        fadeFrames: layout.fadeFrames[number], colorMatch: corrections.joins[number])
    }
    (packaging, tailEncoder, wholeEncoder) = try Self.package(plans)
    let encodesWhole = plans.contains { $0.copiedFrames == 0 }
    reorderDepth = max(
      plans.map(\.reorderDepth).max() ?? 0, encodesWhole ? SpliceEncoder.bFramesOfWholeShots : 0)
  }

  /// Every shot's packets, each shot as it fits into the master.
  private static func read(
    _ shots: [StitchShot], options: StitchOptions, progress: (StitchEvent) -> Void
  ) throws -> [Clip] {
    var clips: [Clip] = []
    var format: MasterFormat?
    let conform = options.frame.conform
    for (number, shot) in shots.enumerated() {
      let clip = try Clip(shot, convertsRates: conform?.rateConversion != nil)
      let master = try format ?? MasterFormat(clip, options: conform)
      format = master
      clips.append(try master.fitting(clip, options: conform))
      progress(.indexed(shot: number + 1, of: shots.count))
    }
    return clips
  }

  private static func package(_ plans: [ShotPlan]) throws -> (Packaging, SpliceEncoder?, SpliceEncoder?) {
    let isHEVC = plans[0].clip.codec == "hevc"
    let encodes = plans.contains { $0.encodedFrames > 0 }
    let copiedClips = plans.filter { $0.copiedFrames > 0 }.map(\.clip)
    let allSame = copiedClips.allSatisfy { $0.extradata == copiedClips[0].extradata }
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
    let declared = (sets.first?.declarations ?? []).filter { message in
      sets.allSatisfy { $0.declarations.contains(message) }
    }
    return (Packaging(all, declaring: declared), tail, whole)
  }
}
