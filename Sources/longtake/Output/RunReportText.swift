import Foundation
import Ledger
import Pipeline
import Presets
import Stitching
import Timing

/// A run's outcome in a few lines for people.
enum SummaryText {
  static func lines(_ summary: RunSummary) -> [String] {
    var lines = [""]
    for shot in summary.shots { lines.append("  " + line(shot, summary)) }
    if let master = summary.master {
      lines += StitchSummary.lines(master.stitch).filter { $0.hasPrefix("  join") }
      lines.append("")
      lines.append(field("master", summary.workspace.masterPath))
      lines.append(
        field(
          "",
          "\(master.stitch.frames) frames, \(String(format: "%.3f", master.stitch.duration)) s at "
            + "\(master.stitch.frameRate), \(master.bytes) bytes"))
      lines.append(field("verified", verdict(master)))
      for reason in master.reasons { lines.append(field("", reason)) }
      lines.append(field("contact sheet", summary.workspace.path(master.contactSheet)))
    } else {
      lines.append("")
    }
    lines.append(field("report", summary.workspace.reportPath))
    lines.append(field("ledger", summary.workspace.ledgerPath))
    lines.append(field("cost", cost(summary)))
    return lines
  }

  private static func line(_ shot: ShotOutcome, _ summary: RunSummary) -> String {
    let seconds = summary.seconds[shot.id].map { "\($0.plain) s" } ?? "? s"
    if let take = shot.take {
      return
        "\(shot.id): \(seconds), take \(take.take), checked and good: \(summary.workspace.path(take.clip?.path ?? ""))"
    }
    if let blocker = shot.blockedBy { return "\(shot.id): \(seconds), not begun, because \(blocker) failed" }
    return "\(shot.id): \(seconds), FAILED: \(shot.error.map { "\($0)" } ?? "")"
  }

  private static func verdict(_ master: MasterRecord) -> String {
    let findings = master.verification["findings"]?.arrayValue ?? []
    let passed = findings.count { $0["status"]?.stringValue == "pass" }
    let checks = findings.compactMap { finding in
      finding["status"]?.stringValue == "pass" ? finding["check"]?.stringValue : nil
    }
    let preset = master.verification["preset"]?.stringValue ?? ""
    return "\(master.verdict.uppercased()) by preset \(preset): \(passed) of \(findings.count) checks hold "
      + "(\(checks.joined(separator: ", ")))"
  }

  private static func cost(_ summary: RunSummary) -> String {
    if summary.isStandIn { return "\(summary.spent) (the sandbox is a stand-in)" }
    let unsure =
      summary.uncertain == .zero ? "" : ", and perhaps \(summary.uncertain) of requests that may have arrived"
    return "\(summary.spent)\(unsure)"
  }

  private static func field(_ name: String, _ text: String) -> String {
    name.padding(toLength: 15, withPad: " ", startingAt: 0) + text
  }
}

/// A run's outcome for programs.
struct SummaryReport: Encodable {
  struct Shot: Encodable {
    let id: String
    let take: Int?
    let file: String?
    let error: String?

    private enum CodingKeys: String, CodingKey { case id, take, file, error }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(id, forKey: .id)
      try fields.encode(take, forKey: .take)
      try fields.encode(file, forKey: .file)
      try fields.encode(error, forKey: .error)
    }
  }

  let schema = "longtake.run/1"
  let workspace: String
  let master: String?
  let verdict: String?
  let report: String
  let ledger: String
  let shots: [Shot]
  let spentUSD: Double

  private enum CodingKeys: String, CodingKey {
    case schema, workspace, master, verdict, report, ledger, shots
    case spentUSD = "spent_usd"
  }

  init(_ summary: RunSummary) {
    workspace = summary.workspace.directory
    master = summary.master.map { summary.workspace.path($0.file) }
    verdict = summary.master?.verdict
    report = summary.workspace.reportPath
    ledger = summary.workspace.ledgerPath
    shots = summary.shots.map { shot in
      Shot(
        id: shot.id, take: shot.take?.take, file: shot.clip.map(summary.workspace.path),
        error: shot.error.map { "\($0)" } ?? shot.blockedBy.map { "\($0) failed" })
    }
    spentUSD = Double(summary.spent.micro) / 1_000_000
  }

  /// Every member is always there; what is not known is `null`.
  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(schema, forKey: .schema)
    try fields.encode(workspace, forKey: .workspace)
    try fields.encode(master, forKey: .master)
    try fields.encode(verdict, forKey: .verdict)
    try fields.encode(report, forKey: .report)
    try fields.encode(ledger, forKey: .ledger)
    try fields.encode(shots, forKey: .shots)
    try fields.encode(spentUSD, forKey: .spentUSD)
  }
}
