import Presets
import Timing

/// Compares measurements with rules.
struct Evaluator {
  /// Measured and requested values that a rule's `when` may name.
  let circumstances: [String: JSONValue]

  func finding(_ check: Check, _ rule: DeliverableRule, _ measurement: Measurement) -> Finding {
    let expected = rule.condition?.json ?? measurement.expected ?? check.ideal ?? .null
    func finding(_ status: Finding.Status, _ message: String, detail: String? = measurement.detail) -> Finding {
      Finding(
        check: check.id, status: status, severity: rule.severity, expected: expected, actual: measurement.value,
        start: measurement.intervals.first?.start, end: measurement.intervals.last?.end,
        intervals: Array(measurement.intervals.prefix(Finding.listedIntervals)), message: message, detail: detail,
        advice: measurement.state == .measured && (status == .fail || status == .warn) ? check.advice : nil)
    }
    func notRun(_ reason: String) -> Finding { finding(.notRun, "not run: \(reason)", detail: reason) }
    guard rule.applies(in: circumstances) else { return notRun("applies only where \(Self.text(rule.when))") }
    let broken: Finding.Status = rule.severity == .fail ? .fail : .warn
    switch measurement.state {
    case .notRun: return notRun(measurement.detail ?? "not measured")
    case .unknown:
      return finding(.inconclusive, "\(check.title) not known" + Self.end(measurement.detail))
    case .absent where check.isDefectOfAudio: return notRun(measurement.detail ?? "no audio")
    case .absent:
      let reason = measurement.detail ?? "absent"
      return finding(broken, "\(check.title): \(reason)" + Self.end(check, measurement, expected))
    case .measured:
      let holds =
        rule.condition?.holds(for: measurement.value) ?? measurement.holds
        ?? check.ideal.map { DeliverableRule.Condition.equals($0).holds(for: measurement.value) } ?? true
      return holds
        ? finding(.pass, fact(check, measurement, expected: .null))
        : finding(broken, fact(check, measurement, expected: expected))
    }
  }

  /// `frame size 1280x720, expected 3840x2160`, with what the measurement adds.
  private func fact(_ check: Check, _ measurement: Measurement, expected: JSONValue) -> String {
    "\(check.title) \(check.text(measurement.value))" + Self.end(check, measurement, expected)
      + Self.end(measurement.detail)
  }

  private static func end(_ check: Check, _ measurement: Measurement, _ expected: JSONValue) -> String {
    guard expected != .null else { return "" }
    return ", expected \(check.text(expecting: expected, isList: measurement.value.arrayValue != nil))"
  }

  private static func end(_ detail: String?) -> String { detail.map { ": \($0)" } ?? "" }

  /// `audio_requested = true, video.codec = h264`.
  private static func text(_ when: [String: JSONValue]) -> String {
    when.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.stringValue ?? $0.value.canonicalJSON)" }
      .joined(separator: ", ")
  }
}

extension DeliverableRule.Condition {
  /// As reports write it: the value, the list, or `{"min","max"}`.
  var json: JSONValue {
    switch self {
    case .equals(let value): value
    case .anyOf(let values): .array(values)
    case .between(let low, let high): ["min": .number(low), "max": .number(high)]
    case .atLeast(let low): ["min": .number(low)]
    case .atMost(let high): ["max": .number(high)]
    }
  }
}
