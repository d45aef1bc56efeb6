import Timing

/// The requirements of a deliverable: rules by the id of the check that measures them.
public struct DeliverableSpec: Sendable, Hashable, Codable {
  public static let schema = "longtake.verify-preset/1"

  public let id: String
  public let title: String
  /// Where the rules come from.
  public let source: String
  /// The preset whose rules also apply, except for checks with a rule here; already merged in what a library loads.
  public let extends: String?
  /// Check id → rule.
  public let rules: [String: DeliverableRule]

  public init(id: String, title: String, source: String, extends: String?, rules: [String: DeliverableRule]) {
    self.id = id
    self.title = title
    self.source = source
    self.extends = extends
    self.rules = rules
  }

  /// This spec on top of the one it extends: its own rules win.
  public func merged(onto base: DeliverableSpec) -> DeliverableSpec {
    DeliverableSpec(
      id: id, title: title, source: source, extends: extends,
      rules: base.rules.merging(rules, uniquingKeysWith: { _, own in own }))
  }
}

/// One rule: the value a check must measure, and how severe a violation is.
public struct DeliverableRule: Sendable, Hashable, Codable {
  /// The condition for the measured value.
  public enum Condition: Sendable, Hashable, Codable {
    case equals(JSONValue)
    case anyOf([JSONValue])
    /// Both ends included.
    case between(Double, Double)
    case atLeast(Double)
    case atMost(Double)

    /// Whether a measured value satisfies it; a value of another type does not.
    ///
    /// Numbers compare by value, whole or not; exact fractions such as `24000/1001` lie between numbers too.
    public func holds(for value: JSONValue) -> Bool {
      switch self {
      case .equals(let expected): Self.same(value, expected)
      case .anyOf(let expected): expected.contains { Self.same(value, $0) }
      case .between(let low, let high): Self.number(value).map { $0 >= low && $0 <= high } ?? false
      case .atLeast(let low): Self.number(value).map { $0 >= low } ?? false
      case .atMost(let high): Self.number(value).map { $0 <= high } ?? false
      }
    }

    private static func number(_ value: JSONValue) -> Double? {
      if let text = value.stringValue, text.contains("/") { return Rational(parsing: text)?.doubleValue }
      return value.doubleValue
    }

    private static func same(_ a: JSONValue, _ b: JSONValue) -> Bool {
      if let x = a.doubleValue, let y = b.doubleValue { return x == y }
      return a == b
    }
  }

  /// How severe a violation is.
  public enum Severity: String, Sendable, Hashable, Codable, CaseIterable { case info, warn, fail }

  /// Nil: the check itself decides, and the rule only gives the severity.
  public let condition: Condition?
  public let severity: Severity
  /// The rule applies only where all of these measured or requested values match.
  public let when: [String: JSONValue]
  /// The reason for the rule, a sentence.
  public let note: String?

  public init(
    condition: Condition?, severity: Severity = .fail, when: [String: JSONValue] = [:], note: String? = nil
  ) {
    self.condition = condition
    self.severity = severity
    self.when = when
    self.note = note
  }

  /// Whether the rule applies in these circumstances; an unknown circumstance does not match a `when`.
  public func applies(in circumstances: [String: JSONValue]) -> Bool {
    when.allSatisfy { circumstances[$0.key] == $0.value }
  }
}
