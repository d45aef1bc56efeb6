import Files
import Presets
import Probing

/// A ``VerificationReport`` for people: the verdict, then the rules, failing ones first; free of control characters.
public struct VerificationTable: Sendable {
  public let lines: [String]

  /// Order of the rows, by what each comes to; what only informs stands behind what counts.
  private static let order = ["fail", "warn", "inconclusive", "info", "pass"]
  /// Columns of the status.
  private static let statusWidth = 13

  /// - Parameters:
  ///   - verbose: one row for each check that passed or was not run, instead of one line for all of them.
  ///   - showsNotes: what the checks cannot see, once below the table; pass false for the second and later files.
  public init(_ report: VerificationReport, verbose: Bool = false, showsNotes: Bool = true) {
    let findings = Self.order.flatMap { outcome in report.findings.filter { $0.outcome == outcome } }
      .filter { verbose || $0.status != .pass }
    let width = (findings.map(\.check.count).max() ?? 0) + 2
    let head =
      "\(report.verdict.rawValue.uppercased())  \(report.file)  (\(report.preset)\(report.isFast ? ", fast" : ""))"
    let rows = findings.map { finding in
      "  " + Self.padded(finding.outcome, Self.statusWidth) + Self.padded(finding.check, width)
        + finding.message
        + Self.place(finding)
    }
    lines = ([head] + rows + (verbose ? Self.notRun(report) : [])).map(\.terminalSafe)
  }

  /// Rules that were not run, together where the reason is the same.
  private static func notRun(_ report: VerificationReport) -> [String] {
    let findings = report.findings.filter { $0.status == .notRun }
    let reasons = findings.reduce(into: [String]()) { if !$0.contains($1.message) { $0.append($1.message) } }
    return reasons.map { reason in
      let checks = findings.filter { $0.message == reason }.map(\.check)
      return "  " + padded(Finding.Status.notRun.rawValue, statusWidth) + checks.joined(separator: ", ") + ": " + reason
    }
  }

  private static func place(_ finding: Finding) -> String {
    guard finding.status != .pass, let start = finding.start?.decimalSeconds else { return "" }
    return finding.end.map { " [\(start)–\($0.decimalSeconds) s]" } ?? " [from \(start) s]"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

extension CheckCatalogue {
  /// What `--list-checks` prints: id, unit and what it measures.
  public static var listing: [String] {
    let width = (all.map(\.id.count).max() ?? 0) + 2
    return all.map { check in
      let padding = String(repeating: " ", count: width - check.id.count)
      return "\(check.id)\(padding)[\(check.unit)]\(check.needsDecoding ? " decodes." : "") \(check.detail)"
    }
  }
}
