public import Presets
public import Timing

/// What one rule says of one file.
public struct Finding: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, CaseIterable {
    case pass, warn, fail
    /// The measurement could not be made on this file.
    case inconclusive
    /// The rule does not apply here, or the check was not asked to run.
    case notRun = "not_run"
  }

  /// Places listed at most.
  static let listedIntervals = 100

  /// Id of the check.
  public let check: String
  public let status: Status
  /// How much the rule matters, whatever the status.
  public let severity: DeliverableRule.Severity
  /// `null` when the rule demands nothing of its own.
  public let expected: JSONValue
  /// `null` when nothing was measured.
  public let actual: JSONValue
  /// Seconds in the file; nil where a place makes no sense or is not known.
  public let start: Rational?
  public let end: Rational?
  /// Every place, in the order of the video, the first ``listedIntervals``; empty where ``start`` is nil.
  public let intervals: [Interval]
  /// One sentence: what is, what is wrong with it, what to do.
  public let message: String
}

/// The answer to all rules of a preset together.
public enum Verdict: String, Sendable, Hashable, Codable {
  case pass, warn, fail

  /// A failed rule fails, a warning or an answer that could not be found warns; rules for information alone do neither.
  public init(_ findings: [Finding]) {
    let counting = findings.filter { $0.severity != .info }
    if counting.contains(where: { $0.status == .fail }) {
      self = .fail
    } else if counting.contains(where: { $0.status == .warn || $0.status == .inconclusive }) {
      self = .warn
    } else {
      self = .pass
    }
  }
}
