import Files
public import Foundation
import Yams

/// Parses YAML, and JSON as a subset of it, into nodes with line numbers. A byte order mark is skipped.
///
/// Refuses some YAML that serves no purpose here: several documents, keys that are not text, duplicate keys, aliases
/// that expand to more than ``largestNodeCount`` values.
public struct DocumentParser {
  /// Maximum bytes of a file.
  public static let largestFile = 4 * 1024 * 1024
  /// Maximum values of a file, with aliases expanded.
  public static let largestNodeCount = 100_000
  /// Maximum nesting of lists and mappings.
  public static let deepestNesting = 32
  /// Maximum uses of aliases (`*name`).
  static let mostAliases = 32
  /// Duplicate keys that are reported before parsing stops.
  static let mostDuplicates = 20
  /// Marks the first of two equal keys while the rest of the file is still read.
  private static let duplicateMark = "\u{2060}duplicate\u{2060}"

  private let problems: ProblemList
  private var nodeCount = 0
  private var tooLarge = false
  private var tooDeepLine: Int?

  private init(problems: ProblemList) { self.problems = problems }

  /// Parses a whole document. Nil, with at least one problem added, when it cannot be parsed.
  public static func parse(_ data: Data, problems: ProblemList) -> DocumentNode? {
    guard data.count <= largestFile else {
      let limit = largestFile / (1024 * 1024)
      problems.add("", line: nil, "the file has \(data.count) bytes; the limit is \(limit) MiB.")
      return nil
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      problems.add("", line: firstInvalidLine(data), "the file is not UTF-8 text; save it as UTF-8.")
      return nil
    }
    return parse(text, problems: problems)
  }

  /// Parses a whole document. Nil, with at least one problem added, when it cannot be parsed.
  public static func parse(_ text: String, problems: ProblemList) -> DocumentNode? {
    // Editors on Windows put a byte order mark before UTF-8.
    let prepared = joinSurrogates(
      in: text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text)
    guard aliasCount(in: prepared) <= mostAliases else {
      problems.add(
        "", line: nil, "the file uses YAML aliases (*name) more than \(mostAliases) times; write the values out.")
      return nil
    }
    guard let root = compose(prepared, problems: problems) else { return nil }
    var parser = DocumentParser(problems: problems)
    let node = parser.convert(root, path: "", parentLine: 1, depth: 0)
    if let line = parser.tooDeepLine {
      problems.add("", line: line, "lists and mappings are nested more than \(deepestNesting) levels deep here.")
      return nil
    }
    if parser.tooLarge {
      problems.add("", line: nil, "the file has more than \(largestNodeCount) values; make it smaller.")
      return nil
    }
    return node
  }

  /// Parses with Yams, which stops at a duplicate key: the first of the two is renamed and the text parsed again, so
  /// that the rest of the file is still checked; `convert` reports the pair.
  private static func compose(_ text: String, problems: ProblemList) -> Node? {
    var text = text
    for attempt in 0...mostDuplicates {
      do {
        guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
          problems.add("", line: nil, "the file is empty.")
          return nil
        }
        return root
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let key = keys.first ?? ""
        if attempt < mostDuplicates, let renamed = rename(key, at: context.mark, in: text) {
          text = renamed
        } else {
          problems.add("", line: context.mark.line, "the key \(quoted(key)) is given twice; keep one.")
          return nil
        }
      } catch {
        problems.add(problem(of: error, in: text))
        return nil
      }
    }
    return nil
  }

  private static func rename(_ key: String, at mark: Mark, in text: String) -> String? {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    guard !key.isEmpty, lines.indices.contains(mark.line - 1) else { return nil }
    let line = lines[mark.line - 1].unicodeScalars
    guard var start = line.index(line.startIndex, offsetBy: mark.column - 1, limitedBy: line.endIndex),
      start < line.endIndex
    else { return nil }
    if line[start] == "\"" || line[start] == "'" { start = line.index(after: start) }
    guard line[start...].starts(with: key.unicodeScalars) else { return nil }
    lines[mark.line - 1] = String(line[..<start]) + duplicateMark + String(line[start...])
    return lines.joined(separator: "\n")
  }

  private static func problem(of error: any Error, in text: String) -> Problem {
    // At the end of a file without a last line break the parser's mark is one line further.
    func line(_ mark: Mark) -> Int { min(mark.line, lineNumber(atByte: text.utf8.count, in: text)) }
    switch error {
    case YamlError.scanner(_, let reason, let mark, _), YamlError.parser(_, let reason, let mark, _):
      return Problem(
        path: "", line: line(mark), message: "this is not valid YAML here: \(reason) (column \(mark.column)).")
    case YamlError.composer(_, let reason, let mark, _):
      return Problem(path: "", line: line(mark), message: "this cannot be used here: \(reason).")
    case YamlError.reader(let reason, let offset, _, let yaml):
      // Yams counts this offset in characters.
      return Problem(
        path: "", line: offset.map { lineNumber(atByte: yaml.prefix($0).utf8.count, in: yaml) },
        message: "the file has a character that YAML does not allow: \(reason).")
    default: return Problem(path: "", line: nil, message: "the file cannot be read as YAML: \(error).")
    }
  }

  private mutating func convert(_ node: Node, path: String, parentLine: Int, depth: Int) -> DocumentNode {
    nodeCount += 1
    let line = node.mark?.line ?? parentLine
    guard nodeCount <= Self.largestNodeCount else {
      tooLarge = true
      return DocumentNode(value: .null, line: line)
    }
    guard depth <= Self.deepestNesting else {
      tooDeepLine = tooDeepLine ?? line
      return DocumentNode(value: .null, line: line)
    }
    switch node {
    case .scalar(let scalar):
      let value: DocumentNode.Value = scalar.style == .plain ? Self.scalar(scalar.string) : .text(scalar.string)
      return DocumentNode(value: value, line: line, written: scalar.string)
    case .sequence(let nodes):
      var items: [DocumentNode] = []
      for (index, item) in nodes.enumerated() where !tooLarge {
        items.append(convert(item, path: "\(path)[\(index)]", parentLine: line, depth: depth + 1))
      }
      return DocumentNode(value: .list(items), line: line)
    case .mapping(let mapping):
      return DocumentNode(value: .mapping(members(of: mapping, path: path, line: line, depth: depth)), line: line)
    case .alias:
      problems.add(path, line: line, "a YAML alias that names nothing.")
      return DocumentNode(value: .null, line: line)
    }
  }

  private mutating func members(of mapping: Node.Mapping, path: String, line: Int, depth: Int) -> [DocumentNode.Member]
  {
    var members: [DocumentNode.Member] = []
    var renamed: [(key: String, line: Int)] = []
    for (keyNode, valueNode) in mapping where !tooLarge {
      let keyLine = keyNode.mark?.line ?? line
      guard let scalar = keyNode.scalar else {
        problems.add(path, line: keyLine, "a key must be plain text.")
        continue
      }
      guard !scalar.string.hasPrefix(Self.duplicateMark) else {
        let key = scalar.string.split(separator: Self.duplicateMark).last.map(String.init) ?? ""
        renamed.append((key, keyLine))
        continue
      }
      let value = convert(
        valueNode, path: path.isEmpty ? scalar.string : "\(path).\(scalar.string)", parentLine: keyLine,
        depth: depth + 1)
      members.append(.init(key: scalar.string, line: keyLine, value: value))
    }
    for (key, firstLine) in renamed {
      let second = members.first { $0.key == key }?.line ?? firstLine
      problems.add(
        path.isEmpty ? key : "\(path).\(key)", line: second,
        "\(quoted(key)) is given twice (first in line \(firstLine)); keep one.")
    }
    return members
  }

  /// A literal in a function is compiled again at each call. Unsafe by name only: a `Regex` is not `Sendable`, but nothing
  /// changes it.
  private nonisolated(unsafe) static let integer = /[-+]?[0-9]+/
  /// Static and unsafe by name only, as ``integer``.
  private nonisolated(unsafe) static let number = /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/

  /// The value of a plain scalar by the core schema of YAML 1.2, §10.3.2, without octal, hexadecimal and the non-numbers.
  public static func scalar(_ text: String) -> DocumentNode.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .text(text) }
    if text.wholeMatch(of: integer) != nil, let value = Int64(text) { return .integer(value) }
    if text.wholeMatch(of: number) != nil, let value = Double(text), value.isFinite { return .number(value) }
    return .text(text)
  }
}
