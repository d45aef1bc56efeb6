import Presets

/// A finding in words: the cells of a table's row.
public struct FindingText: Sendable, Hashable {
  /// `pass`, `warn`, `fail`, `info`, `inconclusive` or `not_run`.
  public let outcome: String
  public let check: String
  /// Empty where the check was not run.
  public let measured: String
  /// Empty where the check was not run.
  public let expected: String
  /// Where it was found; why, where the check was not run.
  public let place: String
  /// Details and what to do; nil where the rule holds.
  public let remark: String?

  public init(_ finding: Finding) {
    outcome = finding.outcome
    check = finding.check
    remark = Self.remark(finding)
    guard finding.status != .notRun else {
      (measured, expected, place) = ("", "", finding.detail ?? "")
      return
    }
    guard let check = CheckCatalogue.check(finding.check) else {
      measured = finding.actual.stringValue ?? "–"
      expected = finding.expected.stringValue ?? "–"
      place = finding.detail ?? ""
      return
    }
    let isList = finding.actual.arrayValue != nil
    let missing = finding.status == .inconclusive ? "–" : finding.detail ?? "–"
    measured = finding.actual == .null ? missing : check.text(finding.actual)
    expected = finding.expected == .null ? "–" : check.text(expecting: finding.expected, isList: isList)
    place = Self.place(finding)
  }

  /// The subject with its details, and what to do.
  private static func remark(_ finding: Finding) -> String? {
    guard finding.status != .pass, finding.status != .notRun, let check = CheckCatalogue.check(finding.check) else {
      return nil
    }
    let isShown = finding.actual == .null && finding.status != .inconclusive
    let detail = isShown ? nil : finding.detail.map { "\(check.title): \($0)" }
    let remark = [detail, finding.advice].compactMap(\.self).joined(separator: ". ")
    return remark.isEmpty ? nil : remark
  }

  /// `1.25–1.5 s, frame 30 (first of 4)`.
  private static func place(_ finding: Finding) -> String {
    guard let first = finding.intervals.first else { return "" }
    let start = Check.decimal(first.start.decimalSeconds)
    let end = first.end.map { Check.decimal($0.decimalSeconds) }
    let range = end.map { $0 == start ? "\(start) s" : "\(start)–\($0) s" } ?? "from \(start) s"
    let frame = first.frame.map { ", frame \($0)" } ?? ""
    let count = finding.intervals.count
    let more = count == Finding.listedIntervals ? "\(count) or more" : "\(count)"
    return range + frame + (count > 1 ? " (first of \(more))" : "")
  }
}
