import Files
import Foundation
import Presets

/// The files that a storyboard includes: mappings of a storyboard's fields, for what several storyboards or variants share.
///
/// What the storyboard itself gives comes first, then the files in reverse order: fields of mappings are merged, lists and
/// values are replaced whole. Paths in an included file are relative to the storyboard.
struct StoryboardIncludes {
  static let key = "include"
  /// Files of one storyboard.
  private static let most = 32

  let directory: String
  let problems: ProblemList

  /// The storyboard with everything that it includes.
  /// - Parameter given: values of variables; the paths may contain variables of the storyboard itself.
  func merged(_ root: DocumentNode, given: [String: String]) -> DocumentNode {
    guard let node = root[Self.key], case .mapping(let members) = root.value else { return root }
    let variables = StoryboardVariables(root, given: given, problems: ProblemList())
    let list = variables.applied(to: node, path: Self.key)
    let items: [(node: DocumentNode, path: String)]
    switch list.value {
    case .text: items = [(list, Self.key)]
    case .list(let nodes) where nodes.count <= Self.most:
      items = nodes.enumerated().map { ($0.element, "\(Self.key)[\($0.offset)]") }
    default:
      problems.add(
        Self.key, line: node.line, "'include' must be the path of a file, or a list of at most \(Self.most).")
      return root
    }
    var result = DocumentNode(value: .mapping(members.filter { $0.key != Self.key }), line: root.line)
    for item in items.reversed() {
      guard let other = read(item.node, item.path) else { continue }
      result = Self.merge(result, over: other)
    }
    return result
  }

  private func read(_ node: DocumentNode, _ path: String) -> DocumentNode? {
    guard case .text(let name) = node.value, !name.isEmpty, !name.contains("\0") else {
      problems.add(path, line: node.line, "this must be the path of a file, not \(node.kind).")
      return nil
    }
    let file = URL(filePath: name, relativeTo: URL(filePath: directory, directoryHint: .isDirectory))
      .standardizedFileURL.path(percentEncoded: false)
    let data: Data
    do {
      data = try StoryboardDocument.contents(of: file)
    } catch {
      problems.add(
        path, line: node.line,
        error.code == .notFound
          ? "there is no file \(quoted(name)) beside the storyboard; check the path."
          : "the file \(quoted(name)) cannot be read; name a file, and check its permissions.")
      return nil
    }
    let own = ProblemList()
    let root = DocumentParser.parse(data, problems: own)
    for problem in own.inFileOrder {
      problems.add(path, line: node.line, "in \(quoted(name)), \(problem)")
    }
    guard let root else { return nil }
    guard case .mapping(let members) = root.value else {
      problems.add(
        path, line: node.line, "\(quoted(name)) must be a mapping of a storyboard's fields, not \(root.kind).")
      return nil
    }
    if members.contains(where: { $0.key == Self.key }) {
      problems.add(path, line: node.line, "\(quoted(name)) includes files itself; include them from the storyboard.")
      return nil
    }
    return Self.moved(root, to: node.line)
  }

  /// Problems in what a file gives are reported at the line that includes it.
  private static func moved(_ node: DocumentNode, to line: Int) -> DocumentNode {
    switch node.value {
    case .list(let items): DocumentNode(value: .list(items.map { moved($0, to: line) }), line: line)
    case .mapping(let members):
      DocumentNode(
        value: .mapping(members.map { .init(key: $0.key, line: line, value: moved($0.value, to: line)) }), line: line)
    default: DocumentNode(value: node.value, line: line, written: node.written)
    }
  }

  private static func merge(_ node: DocumentNode, over other: DocumentNode) -> DocumentNode {
    guard case .mapping(let members) = node.value, case .mapping(let others) = other.value else { return node }
    let merged = members.map { member in
      guard let value = other[member.key] else { return member }
      return DocumentNode.Member(key: member.key, line: member.line, value: merge(member.value, over: value))
    }
    let further = others.filter { other in !members.contains { $0.key == other.key } }
    return DocumentNode(value: .mapping(merged + further), line: node.line)
  }
}
