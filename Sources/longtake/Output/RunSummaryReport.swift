import Files
import Foundation
import Ledger
import Pipeline
import Presets
import Stitching
import Timing

/// The outcome of `run` or `generate`: `longtake.run/1` with `--json`, else a few lines.
struct RunSummaryReport: Encodable {
  struct Shot: Encodable {
    let id: String
    @Nullable var take: Int?
    @Nullable var file: String?
    @Nullable var error: String?
  }

  struct DeliveredFile: Encodable {
    let file: String
    let preset: String
    @Nullable var language: String?
    let delivered: Bool
    let verdict: String
  }

  let schema = "longtake.run/1"
  let workspace: String
  @Nullable var master: String?
  @Nullable var verdict: String?
  @Nullable var review: String?
  let report: String
  let ledger: String
  let shots: [Shot]
  let deliverables: [DeliveredFile]
  /// Whether the sandbox rendered the clips.
  let simulated: Bool
  /// US dollars that the workspace has paid.
  let cost: Double
  /// US dollars of requests that may have been accepted.
  let uncertain: Double

  private enum CodingKeys: String, CodingKey {
    case schema, workspace, master, verdict, review, report, ledger, shots, deliverables, simulated
    case cost = "cost_usd"
    case uncertain = "uncertain_usd"
  }

  init(_ summary: RunSummary) {
    workspace = summary.workspace.directory
    master = summary.master.map { summary.workspace.path($0.file) }
    verdict = summary.master?.verdict
    review = summary.review
    report = summary.workspace.reportPath
    ledger = summary.workspace.ledgerPath
    shots = summary.shots.map { shot in
      Shot(
        id: shot.id, take: shot.take?.take, file: shot.clip.map(summary.workspace.path),
        error: shot.error.map { "\($0)" } ?? shot.blockedBy.map { "skipped: depends on \($0)" })
    }
    deliverables = (summary.deliverables?.files ?? []).map { file in
      DeliveredFile(
        file: summary.workspace.path(file.file), preset: file.preset, language: file.language,
        delivered: file.isDelivered, verdict: file.verdict)
    }
    simulated = summary.isSimulated
    cost = Double(summary.spending.paid.micro) / 1_000_000
    uncertain = Double(summary.spending.uncertain.micro) / 1_000_000
  }

  /// Prints the answer.
  /// - Throws: the exit status when a shot failed, or the master or a delivery version fails its preset.
  static func show(_ summary: RunSummary, json: Bool) throws {
    if json { try Answer.json(Self(summary)) } else { Answer.lines(lines(summary)) }
    guard !summary.isGood else { return }
    // An error with a status of its own, such as a refused key, decides.
    let statuses = summary.errors.compactMap(Failure.status(of:))
    throw statuses.first { $0 != .no } ?? .no
  }

  private static func lines(_ summary: RunSummary) -> [String] {
    var lines = summary.shots.map { line($0, summary) }
    if let master = summary.master {
      lines += StitchSummary.joins(master.stitch)
      lines.append(field("master", summary.workspace.masterPath))
      lines.append(
        field(
          "",
          "\(counted(master.stitch.frames, "frame")), \(String(format: "%.3f", master.stitch.duration)) s at "
            + "\(master.stitch.frameRate), \(master.bytes) bytes"))
      lines.append(field("verified", verdict(master)))
      for reason in master.reasons { lines.append(field("", reason)) }
      if let page = summary.review { lines.append(field("review", page)) }
      for (number, file) in (summary.deliverables?.files ?? []).enumerated() {
        let state = file.isDelivered ? file.verdict : "not delivered, fails its verify preset"
        lines.append(
          field(number == 0 ? "deliverables" : "", "\(summary.workspace.path(file.file)): \(state)"))
        if !file.isDelivered { lines += file.reasons.map { field("", "  \($0)") } }
      }
      lines.append(field("contact sheet", summary.workspace.path(master.contactSheet)))
    }
    lines.append(field("report", summary.workspace.reportPath))
    lines.append(field("ledger", summary.workspace.ledgerPath))
    lines.append(field("cost", cost(summary)))
    return lines
  }

  private static func line(_ shot: ShotOutcome, _ summary: RunSummary) -> String {
    let length = summary.seconds[shot.id].map { "\($0.plain) s" } ?? "unknown length"
    if let take = shot.take {
      return "\(shot.id): \(length), take \(take.take), verified: \(summary.workspace.path(take.clip?.path ?? ""))"
    }
    if let blocker = shot.blockedBy { return "\(shot.id): \(length), skipped: depends on \(blocker)" }
    return "\(shot.id): \(length), failed: \(shot.error.map { "\($0)" } ?? "")"
  }

  private static func verdict(_ master: MasterRecord) -> String {
    let statuses = (master.verification["findings"]?.arrayValue ?? []).map { $0["status"]?.stringValue }
    let passed = statuses.count { $0 == "pass" }
    let preset = master.verification["preset"]?.stringValue ?? ""
    return "\(master.verdict), preset \(preset): \(passed) of \(counted(statuses.count, "check")) passed"
  }

  static func cost(_ summary: RunSummary) -> String {
    if summary.isSimulated { return "\(summary.spending.paid) (sandbox: simulated, free)" }
    let spending = summary.spending
    guard spending.uncertain != .zero else { return "\(spending.paid)" }
    return "\(spending.paid), up to \(spending.uncertain) more uncertain"
  }

  private static func field(_ name: String, _ text: String) -> String {
    name.padding(toLength: 15, withPad: " ", startingAt: 0) + text
  }
}
