import Foundation
import Presets

/// What the template shows: the report's values as texts.
struct PageContext {
  private let report: ReviewReport
  private let text: PageText
  private let assets: PageAssets

  init(_ report: ReviewReport, text: PageText, assets: PageAssets) {
    self.report = report
    self.text = text
    self.assets = assets
  }

  var values: [String: Any] {
    var values: [String: Any] = [
      "title": report.title, "written": Self.date(report.written), "version": report.version,
      "hasShots": !report.shots.isEmpty, "hasJoins": !report.joins.isEmpty,
      "facts": FactsContext(report, text: text).groups, "verdict": false, "master": false,
    ]
    values["summary"] = summary
    if let verdict = report.verification?["verdict"]?.stringValue {
      values["verdict"] = ["name": verdict, "text": text["verify.\(verdict)"]]
    }
    if let master = report.master {
      values["master"] = [
        "file": master.file, "player": assets.attributes(of: master.player.file), "isProxy": master.player.isProxy,
        "proxy": master.player.reason ?? "", "ratio": "\(master.player.width) / \(master.player.height)",
        "width": "\(master.player.width)", "height": "\(master.player.height)",
        "isPortrait": master.height > master.width, "short": String(master.sha256.prefix(12)), "digest": master.sha256,
        "written": Self.date(report.written),
        "superseded": Self.shown(master.superseded), "hasAudio": master.hasAudio,
      ]
      let charts = PageCharts(report, text: text)
      values["charts"] = charts.contexts
      values["loudnessStrip"] = charts.strip
    }
    let findings = ShotListing.findings(report.verification)
    values["findings"] = findings.map { finding($0, offset: 0) }
    values["joins"] = report.joins.sorted { $0.rank < $1.rank }.map {
      JoinContext($0, report, text: text, assets: assets).values
    }
    values["shots"] = report.shots.enumerated().map {
      ShotContext($1, $0, report, text: text, assets: assets).values
    }
    if let decisions = report.decisions {
      values["conflicts"] = decisions.conflicts.map { conflict -> [String: Any] in
        [
          "shot": conflict.shot, "field": text["decisions.\(conflict.field)"],
          "values": conflict.values.enumerated().map { ($0 > 0 ? "· " : "") + "\($1.reviewer): \($1.value)" },
        ]
      }
    }
    return values
  }

  /// `3840×2160 · 24 fps · 0:08.92 · 3 shots · 2 joins clean`.
  private var summary: [String] {
    var parts: [String] = []
    if let master = report.master {
      parts.append("\(master.width)×\(master.height)")
      parts.append(text["summary.rate", ["value": Self.rate(master.frameRate)]])
      parts.append(Self.clock(master.duration))
    }
    parts.append(text[report.shots.count == 1 ? "summary.shot" : "summary.shots", ["n": "\(report.shots.count)"]])
    let faulty = report.joins.filter { $0.verdict == "check" || $0.verdict == "seam" }.count
    if !report.joins.isEmpty {
      parts.append(
        faulty == 0
          ? text["summary.clean"]
          : text[faulty == 1 ? "summary.faulty1" : "summary.faulty", ["n": "\(faulty)", "of": "\(report.joins.count)"]])
    }
    if let origin = report.origin {
      parts.append(origin.isSimulated ? text["summary.simulated"] : Self.dollars(origin.costUSD))
    }
    return parts
  }

  private func finding(_ finding: ReviewReport.Finding, offset: Double) -> [String: Any] {
    Self.finding(finding, offset: offset, text: text)
  }

  static func finding(_ finding: ReviewReport.Finding, offset: Double, text: PageText) -> [String: Any] {
    var values: [String: Any] = [
      "severity": finding.severity, "severityText": text["verify.\(finding.severity)"], "message": finding.message,
      "advice": shown(finding.advice), "time": false,
    ]
    if let start = finding.start {
      values["time"] = ["seconds": String(format: "%.3f", start + offset), "text": clock(start)]
    }
    return values
  }

  /// A text for a section: false where there is none, so that templates do not look for one further out.
  static func shown(_ text: String?) -> Any { text.flatMap { $0.isEmpty ? nil : $0 } ?? false }

  /// `1:02.50`.
  static func clock(_ seconds: Double) -> String {
    let hundredths = Int((max(0, seconds) * 100).rounded())
    return String(format: "%d:%02d.%02d", hundredths / 6000, hundredths / 100 % 60, hundredths % 100)
  }

  /// `23.976` of `24000/1001`.
  static func rate(_ fraction: String) -> String {
    let parts = fraction.split(separator: "/").compactMap { Double($0) }
    guard parts.count == 2, parts[1] > 0 else { return fraction }
    let value = parts[0] / parts[1]
    return value == value.rounded() ? String(Int(value)) : String(format: "%.3f", value)
  }

  static func dollars(_ value: Double) -> String { String(format: "$%.2f", value) }

  /// `2026-11-27 22:57 UTC` of ISO 8601.
  static func date(_ text: String) -> String {
    let parts = text.split(separator: "T")
    return parts.count == 2 ? "\(parts[0]) \(parts[1].prefix(5)) UTC" : text
  }

  static func bytes(_ count: Int64) -> String {
    let (value, unit) =
      count >= 1_000_000_000
      ? (Double(count) / 1e9, "GB") : count >= 1_000_000 ? (Double(count) / 1e6, "MB") : (Double(count) / 1e3, "kB")
    return String(format: value >= 100 ? "%.0f" : "%.1f", value) + " " + unit
  }
}
