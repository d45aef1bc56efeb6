import Foundation
import Stitching

/// The joins of a master with their verdicts and everything that shows them.
struct JoinListing {
  let subject: ReviewSubject
  let timeline: MasterTimeline
  let survey: MasterSurvey
  let audio: AudioSurvey?
  let plan: StillPlan
  /// Stills of anchors by their paths.
  let anchors: [String: String]
  let text: PageText

  func joins(assets: PageAssets) throws -> [ReviewReport.Join] {
    let reported = subject.stitch.flatMap { $0.joins.map(\.frame) == timeline.joins ? $0.joins : nil }
    let judgements = timeline.joins.enumerated().map { number, frame in
      JoinJudgement(
        at: frame, in: survey.frames, survey.joins[number], reported: reported?[number], text: text)
    }
    let order = judgements.indices.sorted { (-judgements[$0].score, $0) < (-judgements[$1].score, $1) }
    return try timeline.joins.enumerated().map { number, frame in
      let (judgement, colors, report) = (judgements[number], survey.joins[number], reported?[number])
      var join = ReviewReport.Join(
        index: number + 1, frame: frame, time: timeline.seconds(frame), from: timeline.parts[number].id,
        to: timeline.parts[number + 1].id, verdict: judgement.verdict.rawValue, reason: judgement.reason,
        transition: report?.transition, overlap: report?.overlap, deltaE: Self.rounded(colors.deltaE),
        deltaLuma: Self.rounded(colors.deltaLuma), sharpnessStep: judgement.sharpnessStep.map(Self.rounded),
        step: judgement.step.map(Self.rounded), stalledFrames: judgement.stalledFrames,
        motion: survey.motion.motion(at: frame).map(Self.rounded),
        audioStepDB: report?.audioStepDB.map(Self.rounded), avOffset: report?.avOffset)
      join.rank = (order.firstIndex(of: number) ?? number) + 1
      join.stills = plan.joinFrames[number].map { ReviewReport.Still(frame: $0, file: StillPlan.name($0)) }
      join.crop = colors.crop.map {
        ReviewReport.Crop(
          left: $0.left, top: $0.top, size: $0.size, before: MasterSurvey.cropName(number, "before"),
          after: MasterSurvey.cropName(number, "after"))
      }
      let excerpt = audio.flatMap { $0.excerpts.indices.contains(number) ? $0.excerpts[number] : nil }
      join.audio = try excerpt.map { try ExcerptWriter.add($0, "join\(number + 1)", to: assets) }
      join.plain = try plain(number, click: excerpt?.click, assets: assets)
      return join
    }
  }

  /// Nil where the files are missing, or were trimmed or faded: a plain concatenation would be another cut.
  private func plain(_ number: Int, click: Double?, assets: PageAssets) throws -> ReviewReport.Plain? {
    guard let stitch = subject.stitch, stitch.shots.count == timeline.parts.count,
      stitch.joins.indices.contains(number), stitch.joins[number].transition == "cut",
      let before = side(number, stitch), let after = side(number + 1, stitch)
    else { return nil }
    return try PlainJoin(index: number + 1, before: before, after: after, timeline: timeline, text: text).report(
      masterStills: plan.joinFrames[number],
      longerSide: assets.isInlining ? StillPlan.inlinedLongerSide : StillPlan.longerSide,
      sampleRate: audio?.sampleRate, masterClick: click, assets: assets)
  }

  private func side(_ number: Int, _ stitch: StitchReport) -> PlainJoin.Side? {
    let report = stitch.shots[number]
    let shot = subject.shots.indices.contains(number) ? subject.shots[number] : nil
    let chosen = shot?.takes.first { $0.isChosen }?.path
    let path = [chosen, report.file].compactMap(\.self).first { FileManager.default.isReadableFile(atPath: $0) }
    let anchor = shot?.anchor.flatMap { anchor in
      anchors[anchor.path].flatMap { still in anchor.frame.map { PlainJoin.Side.Anchor(frame: $0, still: still) } }
    }
    return path.map {
      PlainJoin.Side(
        path: $0, report: report, start: timeline.parts[number].frames.lowerBound, anchor: anchor,
        isUnchanged: stitch.keepsFrames(ofShot: number))
    }
  }

  private static func rounded(_ motion: ReviewReport.Motion) -> ReviewReport.Motion {
    ReviewReport.Motion(speedRatio: motion.speedRatio.map(rounded), direction: motion.direction.map(rounded))
  }

  private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension StitchReport {
  /// Whether the master shows a shot's frames as they are in its file: copied, or re-encoded in the same format and colours.
  func keepsFrames(ofShot number: Int) -> Bool {
    let shot = shots[number]
    let around = joins.enumerated().filter { $0.offset == number - 1 || $0.offset == number }.map(\.element)
    return shot.conformed.isEmpty && shot.framesCopied > 0 && around.allSatisfy { $0.colorMatch?.applied != true }
  }
}
