import Files
public import Timing

/// Reads the fields of one mapping and adds a problem, with line and way out, for everything invalid.
///
/// Every accessor returns nil both for a missing field and for an invalid one, which has been reported.
public struct FieldReader {
  public let path: String
  public let line: Int
  public let problems: ProblemList
  private let members: [DocumentNode.Member]

  /// Nil, with a problem added, when the node is not a mapping. Keys that are not among `known` are reported.
  public init?(_ node: DocumentNode, path: String, known: [String], problems: ProblemList) {
    guard case .mapping(let members) = node.value else {
      problems.add(path, line: node.line, "this must be a mapping of fields, not \(node.kind).")
      return nil
    }
    self.path = path
    self.line = node.line
    self.problems = problems
    self.members = members
    for member in members where !known.contains(member.key) {
      problems.add(
        fieldPath(member.key), line: member.line,
        "unknown key \(quoted(member.key)). \(suggestion(for: member.key, among: known))")
    }
  }

  public var keys: [String] { members.map(\.key) }
  public func has(_ key: String) -> Bool { members.contains { $0.key == key } }
  public func line(of key: String) -> Int { members.last { $0.key == key }?.line ?? line }
  public func fieldPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The node of a field; nil for a field without a value, which is reported.
  public func node(_ key: String, required: Bool = false) -> DocumentNode? {
    guard let member = members.last(where: { $0.key == key }) else {
      if required { problems.add(fieldPath(key), line: line, "'\(key)' is missing; it is required here.") }
      return nil
    }
    if case .null = member.value.value {
      report(key, "'\(key)' has no value; give one or remove the key.")
      return nil
    }
    return member.value
  }

  public func report(_ key: String, _ message: String) { problems.add(fieldPath(key), line: line(of: key), message) }

  /// Text that is not empty. `anyScalar` also accepts `2026` or `true` as text.
  public func text(_ key: String, required: Bool = false, anyScalar: Bool = false) -> String? {
    guard let node = node(key, required: required) else { return nil }
    guard let text = Self.text(of: node, anyScalar: anyScalar) else {
      report(key, "'\(key)' must be text, not \(node.kind)\(node.written == nil ? "" : "; put it in quotes").")
      return nil
    }
    guard !text.allSatisfy(\.isWhitespace) else {
      report(key, "'\(key)' is empty; give a value or remove the key.")
      return nil
    }
    return text
  }

  public func bool(_ key: String) -> Bool? {
    guard let node = node(key) else { return nil }
    guard case .bool(let value) = node.value else {
      report(key, "'\(key)' must be true or false\(node.written.map { ", not \(quoted($0))" } ?? "").")
      return nil
    }
    return value
  }

  /// A whole number within `range`.
  public func integer(_ key: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
    guard let node = node(key, required: required) else { return nil }
    guard case .integer(let wide) = node.value, let value = Int(exactly: wide), range.contains(value) else {
      let upper =
        range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      report(key, "'\(key)' must be a whole number \(upper)\(Self.insteadOf(node)).")
      return nil
    }
    return value
  }

  /// A number as the exact decimal that was written.
  public func number(_ key: String, required: Bool = false, unit: String) -> Rational? {
    guard let node = node(key, required: required) else { return nil }
    switch node.value {
    case .integer, .number:
      if let value = node.written.flatMap({ Rational(parsing: $0.hasPrefix("+") ? String($0.dropFirst()) : $0) }) {
        return value
      }
      fallthrough
    default:
      report(key, "'\(key)' must be a number in \(unit), such as 5 or 2.5\(Self.insteadOf(node)).")
      return nil
    }
  }

  /// One of the given words.
  public func word(_ key: String, among words: [String], required: Bool = false) -> String? {
    guard let text = text(key, required: required) else { return nil }
    guard words.contains(text) else {
      let near = nearest(to: text, among: words).map { " Did you mean '\($0)'?" } ?? ""
      report(key, "'\(key)' is \(quoted(text)), expected one of \(words.joined(separator: ", ")).\(near)")
      return nil
    }
    return text
  }

  /// The items of a list with their paths.
  public func list(_ key: String, required: Bool = false) -> [(node: DocumentNode, path: String)]? {
    guard let node = node(key, required: required) else { return nil }
    guard case .list(let items) = node.value else {
      report(key, "'\(key)' must be a list, not \(node.kind).")
      return nil
    }
    return items.enumerated().map { ($0.element, "\(fieldPath(key))[\($0.offset)]") }
  }

  /// A list of texts; items of another kind are reported.
  public func texts(_ key: String, required: Bool = false) -> [String]? {
    list(key, required: required)?.compactMap { item in
      if let text = Self.text(of: item.node, anyScalar: false), !text.isEmpty { return text }
      problems.add(item.path, line: item.node.line, "this must be text, not \(item.node.kind).")
      return nil
    }
  }

  public func fields(_ key: String, known: [String], required: Bool = false) -> FieldReader? {
    node(key, required: required).flatMap {
      FieldReader($0, path: fieldPath(key), known: known, problems: problems)
    }
  }

  /// A mapping whose keys are free, as its members in order.
  public func members(_ key: String, required: Bool = false) -> [DocumentNode.Member]? {
    guard let node = node(key, required: required) else { return nil }
    guard case .mapping(let members) = node.value else {
      report(key, "'\(key)' must be a mapping of fields, not \(node.kind).")
      return nil
    }
    return members
  }

  private static func text(of node: DocumentNode, anyScalar: Bool) -> String? {
    if case .text(let text) = node.value { return text }
    return anyScalar ? node.written : nil
  }

  private static func insteadOf(_ node: DocumentNode) -> String {
    node.written.map { ", not \(quoted($0))" } ?? ", not \(node.kind)"
  }
}
