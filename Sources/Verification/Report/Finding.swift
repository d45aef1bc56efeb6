import Files
public import Presets
public import Timing

/// The result of one rule on one file.
public struct Finding: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, CaseIterable {
    case pass, warn, fail
    /// The measurement could not be made on this file.
    case inconclusive
    /// The rule does not apply here, or the check was not asked to run.
    case notRun = "not_run"
  }

  /// Intervals listed at most.
  static let listedIntervals = 100

  /// Id of the check.
  public let check: String
  public let status: Status
  /// How much the rule matters, whatever the status.
  public let severity: DeliverableRule.Severity
  /// `null` when the rule expects nothing.
  public let expected: JSONValue
  /// `null` when nothing was measured.
  public let actual: JSONValue
  /// Seconds in the file; nil where it has no place in time.
  public let start: Rational?
  public let end: Rational?
  /// Every place, in presentation order, the first ``listedIntervals``; empty where ``start`` is nil.
  public let intervals: [Interval]
  /// One fact with its numbers: `frame rate 25/1, expected 24/1 | 30/1`.
  public let message: String
  /// The part of ``message`` that ``expected`` and ``actual`` do not show, or why the check was not run.
  public let detail: String?
  /// What to do; nil unless the rule is broken by a measured value.
  public let advice: String?

  /// How bad the outcome is: a broken rule that only informs is `info`, a rule that holds is `pass`.
  var outcome: String { status == .warn && severity == .info ? "info" : status.rawValue }
}

/// The result of all rules of a preset together.
public enum Verdict: String, Sendable, Hashable, Codable {
  case pass, warn, fail

  /// A failed rule fails; a warning or an inconclusive check warns; rules of severity `info` do neither.
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

extension Finding: Encodable {
  public func encode(to encoder: any Encoder) throws { try JSON(self).encode(to: encoder) }

  /// The members of the JSON, each always present; times in seconds.
  private struct JSON: Encodable {
    let check: String
    let status: String
    let severity: String
    let ruleSeverity: DeliverableRule.Severity
    let expected: JSONValue
    let actual: JSONValue
    @Nullable var start: Double?
    @Nullable var end: Double?
    let intervals: [Interval]
    let message: String
    @Nullable var advice: String?

    init(_ finding: Finding) {
      check = finding.check
      status = finding.status.rawValue
      severity = finding.outcome
      ruleSeverity = finding.severity
      expected = finding.expected
      actual = finding.actual
      start = finding.start?.decimalSeconds
      end = finding.end?.decimalSeconds
      intervals = finding.intervals
      message = finding.message
      advice = finding.advice
    }

    private enum CodingKeys: String, CodingKey {
      case check, status, severity, expected, actual, start, end, intervals, message, advice
      case ruleSeverity = "rule_severity"
    }
  }
}

/// A time range in seconds of the file.
public struct Interval: Sendable, Hashable {
  public let start: Rational
  /// Nil: not known where it ends.
  public let end: Rational?
  /// Position of its first frame in presentation order; nil for audio and where frames were not counted.
  public let frame: Int?

  init(start: Rational, end: Rational?, frame: Int? = nil) {
    self.start = start
    self.end = end
    self.frame = frame
  }

  /// Rounded to the microsecond.
  init(_ seconds: ClosedRange<Double>) {
    self.init(start: Self.rational(seconds.lowerBound), end: Self.rational(seconds.upperBound))
  }

  private static func rational(_ seconds: Double) -> Rational {
    Rational(Int64((seconds * 1_000_000).rounded()), 1_000_000)
  }

  /// Zero where the end is not known.
  var length: Rational { end.map { $0 - start } ?? .zero }
}

extension Interval: Encodable {
  public func encode(to encoder: any Encoder) throws {
    try JSON(start: start.decimalSeconds, end: end?.decimalSeconds).encode(to: encoder)
  }

  private struct JSON: Encodable {
    let start: Double
    @Nullable var end: Double?
  }
}
