import Files
import Foundation
import Presets

/// The variables of a storyboard: `variables` names them with their defaults, and `${name}` in any text is replaced.
///
/// A text that is a variable alone takes the variable's type, so that `duration: ${seconds}` is a number. `$${` is written for
/// `${`. Values are not searched for further variables. A storyboard without `variables` is left as it is.
struct StoryboardVariables {
  static let key = "variables"

  private let problems: ProblemList
  /// Scalars, by name.
  private var values: [String: DocumentNode] = [:]
  private var isDeclared = false

  /// Reads the defaults and puts given values in their place.
  /// - Parameters:
  ///   - root: the storyboard.
  ///   - given: values by name, which override the defaults.
  init(_ root: DocumentNode, given: [String: String], problems: ProblemList) {
    self.problems = problems
    guard let node = root[Self.key] else { return }
    guard case .mapping(let members) = node.value else {
      problems.add(Self.key, line: node.line, "'variables' must be a mapping of names to values, not \(node.kind).")
      return
    }
    isDeclared = true
    for member in members {
      let path = "\(Self.key).\(member.key)"
      guard member.key.wholeMatch(of: /[A-Za-z][A-Za-z0-9_\-]{0,31}/) != nil else {
        problems.add(
          path, line: member.line,
          "\(quoted(member.key)) cannot be used as ${name}; use up to 32 letters, digits, - and _, a letter first.")
        continue
      }
      guard member.value.written != nil else {
        problems.add(path, line: member.line, "a variable must be text, a number, true or false.")
        continue
      }
      values[member.key] = member.value
      guard let text = given[member.key] else { continue }
      // A variable that was text stays text, whatever it is set to.
      let value: DocumentNode.Value
      if case .text = member.value.value { value = .text(text) } else { value = DocumentParser.scalar(text) }
      values[member.key] = DocumentNode(value: value, line: member.line, written: text)
    }
  }

  /// Reports given values that the storyboard has no variable for.
  func reportUnknown(_ given: [String: String]) {
    for name in given.keys.sorted() where values[name] == nil {
      problems.add(
        Self.key, line: nil,
        isDeclared
          ? "there is no variable \(quoted(name)) to set. \(suggestion(for: name, among: values.keys.sorted()))"
          : "there is no variable \(quoted(name)) to set; the storyboard has no 'variables'.")
    }
  }

  /// The document with values in place of names; problems are reported at the field's path.
  func applied(to node: DocumentNode, path: String = "") -> DocumentNode {
    guard isDeclared else { return node }
    switch node.value {
    case .text(let text): return replaced(text, node, path)
    case .list(let items):
      let list = items.enumerated().map { applied(to: $0.element, path: "\(path)[\($0.offset)]") }
      return DocumentNode(value: .list(list), line: node.line)
    case .mapping(let members):
      return DocumentNode(
        value: .mapping(
          members.map { member in
            guard !path.isEmpty || member.key != Self.key else { return member }
            let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
            return .init(key: member.key, line: member.line, value: applied(to: member.value, path: inner))
          }), line: node.line)
    default: return node
    }
  }

  private func replaced(_ text: String, _ node: DocumentNode, _ path: String) -> DocumentNode {
    guard text.contains("${") else { return node }
    if let alone = text.wholeMatch(of: /\$\{([^{}]*)\}/)?.1, let value = values[String(alone)] {
      return DocumentNode(value: value.value, line: node.line, written: value.written)
    }
    let result = text.replacing(/\$?\$\{([^{}]*)\}?/) { match -> String in
      if text[match.range].hasPrefix("$$") { return String(text[match.range].dropFirst()) }
      let name = String(match.1)
      if text[match.range].hasSuffix("}"), let value = values[name] { return value.written ?? "" }
      problems.add(
        path, line: node.line,
        "\(quoted(String(text[match.range]))) names no variable; write $${ for ${. "
          + suggestion(for: name, among: values.keys.sorted()))
      return String(text[match.range])
    }
    return DocumentNode(value: .text(result), line: node.line, written: result)
  }
}
