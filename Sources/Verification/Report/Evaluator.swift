import Files
import Presets
import Timing

/// Holds measurements against rules.
struct Evaluator {
  let circumstances: [String: JSONValue]

  func finding(_ check: Check, _ rule: DeliverableRule, _ measurement: Measurement) -> Finding {
    let expected = rule.condition?.json ?? measurement.expected ?? check.ideal ?? .null
    func answer(_ status: Finding.Status, _ message: String) -> Finding {
      Finding(
        check: check.id, status: status, severity: rule.severity, expected: expected, actual: measurement.value,
        start: measurement.intervals.first?.start, end: measurement.intervals.last?.end,
        intervals: Array(measurement.intervals.prefix(Finding.listedIntervals)), message: message)
    }
    guard rule.applies(in: circumstances) else {
      return answer(.notRun, "It applies only when \(Self.words(rule.when)).")
    }
    let broken: Finding.Status = rule.severity == .fail ? .fail : .warn
    switch measurement.state {
    case .notRun: return answer(.notRun, measurement.detail ?? "It was not run.")
    case .unknown: return answer(.inconclusive, measurement.detail ?? "It could not be measured.")
    case .absent where check.isDefectOfAudio:
      return answer(.notRun, measurement.detail ?? "There is no audio.")
    case .absent: return answer(broken, measurement.detail ?? "It is not there.")
    case .measured:
      let holds =
        rule.condition?.holds(for: measurement.value) ?? measurement.holds
        ?? check.ideal.map { DeliverableRule.Condition.equals($0).holds(for: measurement.value) } ?? true
      return holds
        ? answer(.pass, sentence(check, measurement, rule: nil))
        : answer(broken, "\(sentence(check, measurement, rule: expected)) \(check.advice)")
    }
  }

  /// `The frame size is 1280x720 and must be 3840x2160.`
  private func sentence(_ check: Check, _ measurement: Measurement, rule expected: JSONValue?) -> String {
    if let detail = measurement.detail { return detail }
    let subject = check.title.prefix(1).uppercased() + check.title.dropFirst()
    let value = Self.words(measurement.value, unit: check.unit)
    guard let expected else { return "\(subject): \(value)." }
    return "\(subject) must be \(Self.words(expected, unit: check.unit)) and is \(value)."
  }

  private static func words(_ when: [String: JSONValue]) -> String {
    when.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) is \(words($0.value, unit: ""))" }.joined(
      separator: " and ")
  }

  /// Units that are written behind a number.
  private static let measures: Set<String> = [
    "s", "bytes", "bit/s", "Hz", "bits", "frames", "degrees", "channels", "tracks", "LUFS", "LU", "dBTP", "places",
    "code values",
  ]

  static func words(_ value: JSONValue, unit: String) -> String {
    let suffix = measures.contains(unit) ? " \(unit)" : unit == "dB of full scale" ? " dB" : ""
    switch value {
    case .null: return "nothing"
    case .bool(let flag): return flag ? "yes" : "no"
    case .integer(let number): return "\(number)\(suffix)"
    case .number(let number):
      return (Int64(exactly: number).map { "\($0)" } ?? "\(number)") + suffix
    case .string(let text): return text
    case .array(let values): return "one of " + values.map { words($0, unit: "") }.joined(separator: ", ")
    case .object(let ends):
      switch (ends["min"], ends["max"]) {
      case (let low?, let high?): return "from \(words(low, unit: "")) to \(words(high, unit: unit))"
      case (let low?, nil): return "at least \(words(low, unit: unit))"
      case (nil, let high?): return "at most \(words(high, unit: unit))"
      default: return "something else"
      }
    }
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
