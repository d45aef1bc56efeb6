import Bitstream
import Libav
import Probing
public import Timing

/// Everything a stitch will do, decided before anything is written.
public struct StitchPlan: Sendable {
  let shots: [ShotPlan]
  public let joins: [Join]
  let parameterSetStorage: ParameterSetStorage
  /// The shots' frame rate, conformed.
  public let sourceRate: FrameRate
  /// The master's frame rate: the shots', or another one that they are retimed to.
  public let rate: FrameRate
  let keepsPitch: Bool
  /// Frames by which decoding order runs ahead of presentation order, constant over the master.
  let reorderDepth: Int
  /// For frames between copied packets; nil when there are none.
  let spliceEncoding: ShotEncoding?
  /// For shots of which nothing is copied; nil when there are none.
  let wholeShotEncoding: ShotEncoding?

  /// The shot whose stream properties the master takes: the first with copied frames, else the first that is not
  /// conformed.
  var template: SourceClip {
    (shots.first { $0.copiedFrames > 0 } ?? shots.first { $0.clip.conform == nil } ?? shots[0]).clip
  }
  /// Whether any frame is copied bit for bit.
  var copies: Bool { shots.contains { $0.copiedFrames > 0 } }

  public let frameCount: Int
  /// Seconds, exactly.
  public var duration: Rational { rate.duration(frames: frameCount) }
  /// The change from the shots' time to the master's.
  var retiming: Retiming { Retiming(stretch: sourceRate.rational / rate.rational, keepsPitch: keepsPitch) }
  /// The position in the master of each shot's first frame.
  public let shotStarts: [Int]

  /// Reads every shot, measures the joins, and decides what is copied and what is encoded.
  /// - Throws: ``StitchError`` naming shot, field and both values for shots that cannot be joined; ``LibavError`` when
  ///   a file cannot be read.
  public init(
    _ shots: [StitchShot], options: StitchOptions, progress: (StitchEvent) -> Void = { _ in }
  ) throws {
    guard !shots.isEmpty else { throw StitchError(.badRequest, "there is no shot to join") }
    let clips = try Self.read(shots, options: options, progress: progress)
    let ranges = try clips.map { try $0.trimmed() }
    var measured: [JoinMeasurement] = []
    let opening = clips.count > 1 ? try JoinMeter.reduced(clips[0], ranges[0].lowerBound) : nil
    for number in clips.indices.dropLast() {
      guard let opening else { break }
      let meter = JoinMeter(
        clips[number], ranges[number], clips[number + 1], ranges[number + 1], opening: opening, options: options)
      measured.append(try meter.measure())
      progress(.analysed(join: number + 1, of: clips.count - 1, overlap: measured[number].overlap.overlap))
    }
    let layout = try ShotLayout(clips, ranges: ranges, overlaps: measured.map(\.overlap.overlap))
    let corrections = ColorContinuity(measured, clips: clips, kept: layout.kept, options: options.video)
    var plans: [ShotPlan] = []
    for (number, clip) in clips.enumerated() {
      var edits = layout.edits[number]
      if let last = clip.shot.keepsThrough, last + 1 < clip.video.presentationOrder.count {
        let count = clip.video.presentationOrder.count - last - 1
        edits.reasons.append("\(count) frames after #\(last), which the next shot starts from, are dropped")
      }
      if let correction = corrections.shots[number] {
        edits.correction = correction
        edits.reasons.append(corrections.reason(number))
      }
      plans.append(try ShotPlan(clip, keeping: layout.kept[number], edits: edits, mode: options.mode))
    }
    self.shots = plans
    shotStarts = plans.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.frameCount) }.dropLast()
    frameCount = plans.reduce(0) { $0 + $1.frameCount }
    sourceRate = clips[0].rate
    rate = try Self.rate(options.retime, from: clips[0])
    keepsPitch = options.retime?.keepsPitch ?? false
    var start = 0
    joins = measured.indices.map { number in
      start += plans[number].frameCount
      return Join(
        number + 1, at: start, measured[number], transition: clips[number + 1].shot.transition?.kind,
        fadeFrames: layout.fadeFrames[number], colorMatch: corrections.joins[number])
    }
    (parameterSetStorage, spliceEncoding, wholeShotEncoding) = try Self.encodings(plans)
    let encodesWhole = plans.contains { $0.copiedFrames == 0 }
    reorderDepth = max(
      plans.map(\.reorderDepth).max() ?? 0, encodesWhole ? ShotEncoding.bFramesOfWholeShots : 0)
  }

  /// Copies every packet of a master.
  init(copying master: String) throws {
    var options = StitchOptions()
    options.mode = .copy
    options.overlap = .keep
    try self.init([StitchShot(path: master)], options: options)
  }

  /// - Throws: ``StitchError`` `badRequest` for a rate that is too far from the shots'.
  private static func rate(_ retime: RetimeOptions?, from clip: SourceClip) throws -> FrameRate {
    guard let retime else { return clip.rate }
    guard Retiming.isAllowed(from: clip.rate, to: retime.rate) else {
      throw StitchError(
        .badRequest,
        "cannot retime \(clip.rate) frames/s to \(retime.rate): more than \((Retiming.greatestChange * 100).doubleValue.short) % "
          + "faster or slower; convert the rate with --conform --rate \(retime.rate) --rate-conversion blend",
        file: clip.path)
    }
    return retime.rate
  }

  /// Indexes every shot and conforms it to the master's format where the options allow it.
  private static func read(
    _ shots: [StitchShot], options: StitchOptions, progress: (StitchEvent) -> Void
  ) throws -> [SourceClip] {
    var clips: [SourceClip] = []
    var format: MasterFormat?
    let conform = options.video.conform
    for (number, shot) in shots.enumerated() {
      let clip = try SourceClip(shot, convertsRates: conform?.rateConversion != nil)
      let master = try format ?? MasterFormat(clip, options: conform)
      format = master
      clips.append(try master.fitting(clip, options: conform))
      progress(.indexed(shot: number + 1, of: shots.count))
    }
    return clips
  }

  /// Chooses the encoder settings, and where the parameter sets of copied and encoded frames are stored.
  private static func encodings(
    _ plans: [ShotPlan]
  ) throws -> (ParameterSetStorage, splice: ShotEncoding?, wholeShot: ShotEncoding?) {
    let isHEVC = plans[0].clip.codec == "hevc"
    let encodes = plans.contains { $0.encodedFrames > 0 }
    let copied = plans.filter { $0.copiedFrames > 0 }
    let allSame = copied.allSatisfy { $0.clip.extradata == copied[0].clip.extradata }
    if !encodes && allSame && !copied.contains(where: { $0.clip.hasAnnexBHeader }) {
      let inBand = copied.contains { ParameterSetStorage.inBandTags.contains($0.clip.video.stream.codecTag) }
      return (.shared(inBand: inBand), nil, nil)
    }
    guard ShotPlan.spliceable.contains(plans[0].clip.codec) || copied.isEmpty else {
      throw StitchError(
        .mismatch,
        "the shots' \(plans[0].clip.codec) headers differ, so they cannot be copied into one stream; use --mode encode",
        file: plans.first { $0.clip.extradata != plans[0].clip.extradata }?.clip.path)
    }
    let sets = copied.map { ParameterSets(extradata: $0.clip.extradata, isHEVC: isHEVC) }
    var all = sets
    func encoding(like plan: ShotPlan?, isWhole: Bool) throws -> ShotEncoding? {
      guard let plan else { return nil }
      let encoding = try ShotEncoding(like: plan.clip, setID: ShotEncoding.freeSetID(all) ?? 0, isWhole: isWhole)
      all.append(try encoding.parameterSets())
      return encoding
    }
    let splice = try encoding(like: copied.first { $0.encodedFrames > 0 }, isWhole: false)
    let wholeShot = try encoding(like: plans.first { $0.copiedFrames == 0 }, isWhole: true)
    let declared = (sets.first?.declarations ?? []).filter { message in
      sets.allSatisfy { $0.declarations.contains(message) }
    }
    return (ParameterSetStorage(all, declaring: declared), splice, wholeShot)
  }
}
