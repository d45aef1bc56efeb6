import Foundation

/// A shot's card, as texts.
struct ShotContext {
  private let shot: ReviewReport.Shot
  private let number: Int
  private let report: ReviewReport
  private let text: PageText
  private let assets: PageAssets

  init(_ shot: ReviewReport.Shot, _ number: Int, _ report: ReviewReport, text: PageText, assets: PageAssets) {
    self.shot = shot
    self.number = number
    self.report = report
    self.text = text
    self.assets = assets
  }

  var values: [String: Any] {
    let series = report.series
    let rate = report.master.map { Double($0.frames) / max(0.001, $0.duration) } ?? 0
    let start = shot.firstFrame.map { Double($0) / max(1, rate) } ?? 0
    let chosen = shot.takes.first { $0.isChosen } ?? shot.takes.first
    var values: [String: Any] = [
      "id": shot.id, "number": "\(number + 1)", "prompt": shot.prompt, "facts": facts,
      "error": PageContext.shown(shot.error),
      "hasTakes": showsTakes, "isComparable": shot.takes.count > 1,
      "takes": shot.takes.map { take($0, start: start) }, "poster": false, "seconds": false, "verdict": false,
      "anchor": false,
      "size": report.master.map { ["width": "\($0.width)", "height": "\($0.height)"] as Any } ?? false,
    ]
    if let poster = shot.poster {
      values["poster"] = ["image": assets.attributes(of: poster), "alt": text["shots.poster", ["shot": shot.id]]]
    }
    if shot.firstFrame != nil, series != nil {
      values["seconds"] = ["start": String(format: "%.4f", start), "text": PageContext.clock(start)]
    }
    if let verdict = chosen?.verdict { values["verdict"] = ["name": verdict, "text": text["verify.\(verdict)"]] }
    if let anchors = anchors { values["anchor"] = anchors }
    return values
  }

  /// The card says all of a lone take without a fault.
  private var showsTakes: Bool {
    shot.takes.count > 1 || shot.takes.contains { !$0.isChosen || !$0.findings.isEmpty || $0.error != nil }
  }

  private var facts: [[String: String]] {
    var list: [(String, String)] = []
    if let model = shot.model { list.append((text["shots.model"], model)) }
    if let seconds = shot.seconds {
      list.append((text["shots.length"], String(format: seconds == seconds.rounded() ? "%.0f s" : "%.2f s", seconds)))
    }
    if let frames = shot.frames, let first = shot.firstFrame {
      list.append((text["shots.frames"], "#\(first)–#\(first + max(1, frames) - 1)"))
    }
    if let cost = shot.costUSD { list.append((text["shots.cost"], PageContext.dollars(cost))) }
    return list.map { ["name": $0.0, "value": $0.1] }
  }

  /// The image that the shot was started from, beside what became of it.
  private var anchors: [String: Any]? {
    guard let source = shot.startsFrom, let before = report.shots.first(where: { $0.id == source }),
      let still = before.anchor?.still, let take = shot.takes.first(where: { $0.isChosen }) ?? shot.takes.first,
      let first = take.still
    else { return nil }
    var likeness: [String] = []
    if let value = take.startDeltaE { likeness.append("ΔE \(JoinJudgement.number(value, 1))") }
    if let value = take.startSSIM { likeness.append("SSIM \(JoinJudgement.number(value, 3))") }
    return [
      "still": assets.attributes(of: still), "first": assets.attributes(of: first),
      "likeness": likeness.joined(separator: " · "), "source": source,
      "stillAlt": text["shots.anchoralt", ["shot": source]], "firstAlt": text["shots.firstalt", ["shot": shot.id]],
    ]
  }

  private func take(_ take: ReviewReport.Take, start: Double) -> [String: Any] {
    var values: [String: Any] = [
      "take": "\(take.take)", "shot": shot.id, "isChosen": take.isChosen, "state": take.state,
      "isPickable": take.state == "verified" && shot.takes.count > 1, "error": PageContext.shown(take.error),
      "still": false, "verdict": false,
      "rank": false, "cost": false,
      "findings": take.findings.map { PageContext.finding($0, offset: take.isChosen ? start : 0, text: text) },
    ]
    if let still = take.still, shot.takes.count > 1 {
      values["still"] = [
        "image": assets.attributes(of: still), "alt": text["shots.takealt", ["shot": shot.id, "take": "\(take.take)"]],
      ]
    }
    if let verdict = take.verdict { values["verdict"] = ["name": verdict, "text": text["verify.\(verdict)"]] }
    if let rank = take.rank, shot.takes.count > 1 { values["rank"] = text["shots.rank", ["n": "\(rank)"]] }
    if let cost = take.costUSD { values["cost"] = PageContext.dollars(cost) }
    return values
  }
}
