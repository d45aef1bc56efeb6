import Foundation
import Libav
import Presets
import Probing
import Timing

/// The shots with their takes, as the page shows them.
struct ShotListing {
  let subject: ReviewSubject
  /// Nil while there is no master.
  let timeline: MasterTimeline?
  let plan: StillPlan?
  let stills: ShotStills
  /// Copies of takes that the page plays instead of them, by their paths.
  let takeFiles: [String: String]
  /// Stills of anchors by their paths.
  let anchors: [String: String]

  func shots(assets: PageAssets) throws -> [ReviewReport.Shot] {
    let parts = timeline?.parts ?? []
    let known =
      subject.shots.isEmpty ? parts.map { ReviewShot(id: $0.id) } : subject.shots
    return try known.enumerated().map { number, shot in
      let part = parts.count == known.count ? parts[number] : parts.first { $0.id == shot.id }
      let partNumber = part.flatMap { part in parts.firstIndex { $0.frames == part.frames } }
      let first = subject.showsFirstFrame(ofShot: number) ? part.map { StillPlan.name($0.frames.lowerBound) } : nil
      let takes = try takes(of: shot, number: number, firstFrame: first, assets: assets)
      let anchor = shot.anchor.map {
        ReviewReport.Anchor(still: anchors[$0.path], sha256: $0.sha256, frame: $0.frame)
      }
      return ReviewReport.Shot(
        id: shot.id, prompt: shot.prompt, model: shot.model, seconds: shot.seconds?.doubleValue,
        costUSD: shot.costUSD, startsFrom: shot.startsFrom, firstFrame: part?.frames.lowerBound,
        frames: part?.frames.count, poster: partNumber.flatMap { plan?.posters[$0] } ?? takes.first?.still,
        anchor: anchor, takes: takes, error: shot.error)
    }
  }

  private func takes(
    of shot: ReviewShot, number: Int, firstFrame: String?, assets: PageAssets
  ) throws -> [ReviewReport.Take] {
    let ranks = Self.ranks(shot.takes)
    return try shot.takes.map { take in
      let path = take.readablePath
      let stem = "\(number + 1)-\(PageAssets.safe(shot.id)).take\(take.number)"
      var still = take.isChosen ? firstFrame : nil
      if still == nil, let bytes = path.flatMap({ stills.images[$0] }) {
        still = try assets.add("stills/\(stem).jpg", "image/jpeg", bytes)
      }
      let start = take.measurement("request.start_image")
      return ReviewReport.Take(
        take: take.number, isChosen: take.isChosen, state: take.state,
        file: try path.flatMap {
          try takeFiles[$0] ?? (assets.isInlining ? nil : assets.link("media/\(stem).mp4", to: $0))
        },
        still: still, sha256: take.sha256,
        costUSD: take.costUSD, verdict: take.verification?["verdict"]?.stringValue, rank: ranks[take.number],
        startSSIM: start?["ssim"]?.doubleValue, startDeltaE: start?["delta_e"]?.doubleValue,
        findings: Self.findings(take.verification), error: take.error)
    }
  }

  /// The findings that a reader should see, the worst first.
  static func findings(_ verification: JSONValue?) -> [ReviewReport.Finding] {
    let order = ["fail", "warn", "inconclusive", "info"]
    let all = verification?["findings"]?.arrayValue ?? []
    return all.compactMap { finding -> ReviewReport.Finding? in
      let severity = finding["severity"]?.stringValue ?? ""
      guard order.contains(severity) else { return nil }
      return ReviewReport.Finding(
        check: finding["check"]?.stringValue ?? "", severity: severity,
        message: finding["message"]?.stringValue ?? "", advice: finding["advice"]?.stringValue,
        start: finding["start"]?.doubleValue, end: finding["end"]?.doubleValue)
    }.enumerated().sorted {
      (order.firstIndex(of: $0.element.severity) ?? 9, $0.offset)
        < (order.firstIndex(of: $1.element.severity) ?? 9, $1.offset)
    }.map(\.element)
  }

  /// The verified takes in order: fewer warnings first, then the closer first frame.
  private static func ranks(_ takes: [ReviewTake]) -> [Int: Int] {
    let verified = takes.filter { $0.state == "verified" }.sorted { $0.merit < $1.merit }
    return Dictionary(
      verified.enumerated().map { ($1.number, $0 + 1) }, uniquingKeysWith: { first, _ in first })
  }
}

extension ReviewTake {
  /// A measured value of its verification.
  fileprivate func measurement(_ check: String) -> JSONValue? {
    verification?["findings"]?.arrayValue?.first { $0["check"]?.stringValue == check }?["actual"]
  }

  /// Lower is better.
  fileprivate var merit: (Int, Double, Int) {
    let warnings = ShotListing.findings(verification).count { $0.severity != "info" }
    return (warnings, measurement("request.start_image")?["delta_e"]?.doubleValue ?? 0, number)
  }
}
