import Files
import Presets

/// A ``VerificationReport`` for people: the verdict, then a table of status, check, measured, expected and where.
///
/// Broken rules come first, each followed by a line with details and what to do. Free of control characters.
public struct VerificationTable: Sendable {
  public let lines: [String]

  /// Outcomes in the order of the rows; what only informs comes after what counts.
  private static let order = ["fail", "warn", "inconclusive", "info", "pass", "not_run"]
  private static let indent = "  "
  /// Indent of the line below a row, columns: as far as the ids of the checks.
  private static let detailIndent = String(repeating: " ", count: 16)
  /// Columns that a cell may take before it breaks the alignment instead of widening all rows.
  private static let widestCell = 40

  /// - Parameters:
  ///   - verbose: one row for each check that passed or was not run, instead of one line for all of them.
  ///   - showsNotes: the limits of the native-resolution estimate below the table; pass false for all but one file.
  public init(_ report: VerificationReport, verbose: Bool = false, showsNotes: Bool = true) {
    let folded: Set<String> = verbose ? [] : ["pass", "not_run"]
    let shown = Self.order.filter { !folded.contains($0) }.flatMap { outcome in
      report.findings.filter { $0.outcome == outcome }
    }
    let mode = report.isFast ? ", fast" : ""
    var lines = ["\(report.verdict.rawValue.uppercased())  \(report.file)  (\(report.preset)\(mode))"]
    lines += Self.rows(shown)
    if !verbose { lines += Self.summary(report.findings) }
    if showsNotes, report.finding("video.native_resolution").map({ $0.status != .notRun }) ?? false {
      lines.append("\(Self.indent)native resolution: \(NativeResolutionReport.limits)")
    }
    self.lines = lines.map(\.terminalSafe)
  }

  private static func rows(_ findings: [Finding]) -> [String] {
    guard !findings.isEmpty else { return [] }
    let heading = ["status", "check", "measured", "expected", "where"]
    let texts = findings.map { FindingText($0) }
    let cells = texts.map { [$0.outcome, $0.check, $0.measured, $0.expected, $0.place] }
    let widths = heading.indices.map { column in
      ([heading] + cells).map { min($0[column].count, widestCell) }.max() ?? 0
    }
    func row(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
      let text = indent + padded.joined(separator: "  ")
      return String(text[..<(text.lastIndex { $0 != " " }.map(text.index(after:)) ?? text.startIndex)])
    }
    var lines = [row(heading)]
    for (text, cells) in zip(texts, cells) {
      lines.append(row(cells))
      if let remark = text.remark { lines.append(detailIndent + remark) }
    }
    return lines
  }

  /// One line each for the checks that passed and for those that were not run, with the reasons.
  private static func summary(_ findings: [Finding]) -> [String] {
    let passed = findings.count { $0.outcome == "pass" }
    let skipped = findings.filter { $0.status == .notRun }
    var reasons: [(text: String, count: Int)] = []
    for text in skipped.map({ $0.detail ?? "not measured" }) {
      if let known = reasons.firstIndex(where: { $0.text == text }) {
        reasons[known].count += 1
      } else {
        reasons.append((text, 1))
      }
    }
    let why = reasons.map { reasons.count == 1 ? $0.text : "\($0.count) \($0.text)" }.joined(separator: "; ")
    return (passed > 0 ? ["\(indent)\(counted(passed, "check")) passed"] : [])
      + (skipped.isEmpty ? [] : ["\(indent)\(counted(skipped.count, "check")) not run: \(why)"])
  }
}

extension CheckCatalogue {
  /// The lines of `--list-checks`: id, unit and what it measures.
  public static var listing: [String] {
    let width = (all.map(\.id.count).max() ?? 0) + 2
    return all.map { check in
      let padding = String(repeating: " ", count: width - check.id.count)
      return "\(check.id)\(padding)[\(check.unit)]\(check.needsDecoding ? " decodes." : "") \(check.detail)"
    }
  }
}
