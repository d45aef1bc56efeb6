import Files
import Foundation
public import Presets

/// A policy of MediaConch (`<policy type="and">…`), for the fields that ``MediaInfoTracks`` has.
///
/// Rules are evaluated as MediaConch 23.03 does; only `!=`, which fails there whatever the value, is what it says.
public struct MediaConchPolicy: Sendable {
  /// Bytes of a policy at most.
  private static let maximumBytes = 1 << 20

  indirect enum Node: Sendable {
    case rule(PolicyRule)
    case policy(name: String, isAny: Bool, level: DeliverableRule.Severity, children: [Node])
  }

  public let name: String
  let root: Node

  /// What rules may name: the fields of MediaInfo by type of track.
  public static var fields: [String: Set<String>] { MediaInfoTracks.fields }

  /// - Throws: ``VerificationError`` `unsupportedPolicy` naming every rule that cannot be checked; `FileError` when the
  ///   file cannot be read.
  public init(path: String) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = (attributes?[.size] as? NSNumber)?.intValue else {
      throw FileError(.notFound, "no such file", file: path)
    }
    guard size <= Self.maximumBytes, let data = FileManager.default.contents(atPath: path) else {
      throw VerificationError(
        code: .unsupportedPolicy, message: "\(path): cannot be read, or is too large for a MediaConch policy")
    }
    let reader = PolicyReader(data)
    guard reader.problems.isEmpty, let root = reader.root else {
      let problems = reader.problems.isEmpty ? ["it is no MediaConch policy"] : reader.problems
      throw VerificationError(
        code: .unsupportedPolicy, message: problems.map { "\(path): \($0)" }.joined(separator: "\n"))
    }
    self.root = root
    name = root.name.isEmpty ? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent : root.name
  }

  /// A preset without rules of its own, for checking nothing but this policy.
  public var spec: DeliverableSpec {
    DeliverableSpec(id: name, title: name, source: "a MediaConch policy", extends: nil, rules: [:])
  }

  /// One for each rule that has to hold, and one for each list of alternatives.
  /// - Parameter tracks: nil for a file that does not open.
  func findings(_ tracks: MediaInfoTracks?) -> [Finding] {
    var seen: [String: Int] = [:]
    return Self.findings(root, limit: .fail, tracks).map { finding in
      let count = (seen[finding.check] ?? 0) + 1
      seen[finding.check] = count
      return count == 1 ? finding : finding.named("\(finding.check)_\(count)")
    }
  }

  /// `mediaconch.is_it_avc` of the name `Is it AVC?`.
  private static func id(_ name: String) -> String {
    let words = name.lowercased().unicodeScalars.split { !(("a"..."z").contains($0) || ("0"..."9").contains($0)) }
    let id = words.map { String($0) }.joined(separator: "_")
    return "mediaconch." + (id.isEmpty ? "rule" : id.first?.isLetter == true ? id : "rule_\(id)")
  }

  private static func findings(
    _ node: Node, limit: DeliverableRule.Severity, _ tracks: MediaInfoTracks?
  ) -> [Finding] {
    switch node {
    case .policy(_, isAny: false, let level, let children):
      return children.flatMap { findings($0, limit: min(limit, level), tracks) }
    case .policy(let name, isAny: true, let level, _):
      let severity = min(limit, level)
      guard let tracks else { return [unopened(name, severity)] }
      let texts = node.texts(tracks)
      let expected = texts.map(\.expected).joined(separator: " | ")
      let actual = texts.flatMap(\.actual).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        .joined(separator: ", ")
      return [
        finding(
          name, node.outcome(tracks).limited(limit), severity, expected: .string("one of: \(expected)"),
          actual: actual.isEmpty ? .null : .string(actual))
      ]
    case .rule(let rule):
      let severity = min(limit, rule.level)
      guard let tracks else { return [unopened(rule.title, severity)] }
      let values = rule.values(tracks)
      return [
        finding(
          rule.title, node.outcome(tracks).limited(limit), severity,
          expected: .string("\(rule.field) \(rule.expectation)"),
          actual: values.isEmpty ? .null : .string(values.joined(separator: ", ")),
          detail: rule.isKnown(tracks) ? nil : "\(rule.field) is not known for this format")
      ]
    }
  }

  private static func unopened(_ name: String, _ severity: DeliverableRule.Severity) -> Finding {
    let reason = "file does not open"
    return Finding(
      check: id(name), status: .notRun, severity: severity, expected: .null, actual: .null, start: nil,
      end: nil, intervals: [], message: "not run: \(reason)", detail: reason, advice: nil)
  }

  /// - Parameter severity: of a rule that holds, or is not known to.
  private static func finding(
    _ name: String, _ outcome: PolicyOutcome, _ severity: DeliverableRule.Severity, expected: JSONValue,
    actual: JSONValue, detail: String? = nil
  ) -> Finding {
    let found = outcome == .unknown ? detail ?? "not known" : actual.stringValue ?? "absent"
    let asked = outcome == .pass ? "" : ", expected \(expected.stringValue ?? "")"
    return Finding(
      check: id(name), status: outcome.status, severity: outcome.severity ?? severity, expected: expected,
      actual: actual, start: nil, end: nil, intervals: [], message: "\(name): \(found)\(asked)", detail: detail,
      advice: nil)
  }
}

/// The result of a rule or a policy.
enum PolicyOutcome: Int, Sendable, Comparable {
  case pass, info, warn
  /// A value is not known.
  case unknown
  case fail

  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  var status: Finding.Status {
    switch self {
    case .pass: .pass
    case .unknown: .inconclusive
    case .info, .warn: .warn
    case .fail: .fail
    }
  }

  /// Nil where nothing is broken.
  var severity: DeliverableRule.Severity? {
    switch self {
    case .pass, .unknown: nil
    case .info: .info
    case .warn: .warn
    case .fail: .fail
    }
  }

  /// What is broken counts as much as its rule or policy says at most.
  func limited(_ level: DeliverableRule.Severity) -> PolicyOutcome {
    guard let severity else { return self }
    return switch min(severity, level) {
    case .fail: .fail
    case .warn: .warn
    case .info: .info
    }
  }
}

extension MediaConchPolicy.Node {
  fileprivate var name: String {
    switch self {
    case .rule(let rule): rule.title
    case .policy(let name, _, _, _): name
    }
  }

  /// Of alternatives the best counts, else the worst; a policy without rules passes.
  func outcome(_ tracks: MediaInfoTracks) -> PolicyOutcome {
    switch self {
    case .rule(let rule): return rule.outcome(tracks).limited(rule.level)
    case .policy(_, let isAny, let level, let children):
      let outcomes = children.map { $0.outcome(tracks) }
      return ((isAny ? outcomes.min() : outcomes.max()) ?? .pass).limited(level)
    }
  }

  /// What each alternative expects and finds; of a policy, its rules together.
  fileprivate func texts(_ tracks: MediaInfoTracks) -> [(expected: String, actual: [String])] {
    switch self {
    case .rule(let rule):
      let values = rule.values(tracks)
      let actual = "\(rule.field) \(values.isEmpty ? "absent" : values.joined(separator: ", "))"
      return [("\(rule.field) \(rule.expectation)", [actual])]
    case .policy(_, let isAny, _, let children):
      return children.flatMap { child in
        let own = child.texts(tracks)
        guard case .policy(_, isAny: false, _, _) = child, isAny else { return own }
        return [("(\(own.map(\.expected).joined(separator: " and ")))", own.flatMap(\.actual))]
      }
    }
  }
}

extension Finding {
  fileprivate func named(_ check: String) -> Finding {
    Finding(
      check: check, status: status, severity: severity, expected: expected, actual: actual, start: start, end: end,
      intervals: intervals, message: message, detail: detail, advice: advice)
  }
}

extension DeliverableRule.Severity: Comparable {
  /// `info`, `warn`, `fail`.
  public static func < (a: Self, b: Self) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}
