import Files
import Foundation
import Presets

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads a policy and collects everything in it that cannot be checked.
///
/// Not `Sendable`: it lives while one document is parsed.
final class PolicyReader: NSObject, XMLParserDelegate {
  /// Policies in one another at most.
  private static let maximumDepth = 32
  private static let maximumProblems = 20

  private struct OpenPolicy {
    let name: String
    let isAny: Bool
    let level: DeliverableRule.Severity
    var children: [MediaConchPolicy.Node] = []
  }

  private(set) var root: MediaConchPolicy.Node?
  private(set) var problems: [String] = []
  private var open: [OpenPolicy] = []
  /// The attributes of the rule that is open, and its text so far.
  private var rule: (attributes: [String: String], text: String)?
  private var isInDescription = false

  init(_ data: Data) {
    super.init()
    // No policy has one, and its entities could be hostile.
    guard data.range(of: Data("<!DOCTYPE".utf8)) == nil else {
      problems = ["a document type declaration is not allowed in a policy"]
      return
    }
    let parser = XMLParser(data: data)
    parser.delegate = self
    if !parser.parse(), problems.isEmpty { report("is no well-formed XML", parser) }
  }

  func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
    // Parsing that was aborted had a reason.
    if problems.isEmpty { report("is no well-formed XML", parser) }
  }

  private func report(_ problem: String, _ parser: XMLParser) {
    guard problems.count < Self.maximumProblems else { return }
    problems.append("line \(parser.lineNumber): \(problem)")
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    guard !open.isEmpty || element == "policy" else {
      report("the root is \(quoted(element)), not a MediaConch policy; XSLT and Schematron are not supported", parser)
      return parser.abortParsing()
    }
    switch element {
    case "policy":
      guard open.count < Self.maximumDepth else {
        report("policies are nested more than \(Self.maximumDepth) deep", parser)
        return parser.abortParsing()
      }
      let name = attributes["name"] ?? ""
      let type = attributes["type"] ?? "and"
      if type != "and" && type != "or" {
        report("policy \(quoted(name)): type is \(quoted(type)), not and, or", parser)
      }
      open.append(
        OpenPolicy(name: name, isAny: type == "or", level: level(attributes, "policy \(quoted(name))", parser)))
    case "rule": rule = (attributes, "")
    case "description": isInDescription = true
    default: report("element \(quoted(element)) is not supported", parser)
    }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { if !isInDescription { rule?.text += text } }

  func parser(_ parser: XMLParser, foundCDATA data: Data) { rule?.text += String(decoding: data, as: UTF8.self) }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
  ) {
    switch element {
    case "policy":
      guard let closed = open.popLast() else { return }
      add(.policy(name: closed.name, isAny: closed.isAny, level: closed.level, children: closed.children))
    case "rule":
      if let rule, let node = node(rule.attributes, rule.text, parser) { add(.rule(node)) }
      rule = nil
    case "description": isInDescription = false
    default: break
    }
  }

  private func add(_ node: MediaConchPolicy.Node) {
    if open.isEmpty { root = node } else { open[open.count - 1].children.append(node) }
  }

  private func level(
    _ attributes: [String: String], _ owner: String, _ parser: XMLParser
  ) -> DeliverableRule.Severity {
    guard let text = attributes["level"], !text.isEmpty else { return .fail }
    guard let level = DeliverableRule.Severity(rawValue: text) else {
      report("\(owner): level is \(quoted(text)), not fail, warn, info", parser)
      return .fail
    }
    return level
  }

  /// Nil after a problem.
  private func node(_ attributes: [String: String], _ text: String, _ parser: XMLParser) -> PolicyRule? {
    let key = attributes["value"] ?? ""
    let type = attributes["tracktype"] ?? ""
    let name = attributes["name"] ?? ""
    let owner = "rule \(quoted(name.isEmpty ? "\(type)/\(key)" : name))"
    if let scope = attributes["scope"], !scope.isEmpty {
      report("\(owner): scope \(quoted(scope)) (the trace of every byte) is not supported", parser)
      return nil
    }
    guard let known = MediaInfoTracks.fields[type] else {
      report(
        "\(owner): tracktype is \(quoted(type)), not \(MediaInfoTracks.fields.keys.sorted().joined(separator: ", "))",
        parser)
      return nil
    }
    guard known.contains(key) else {
      let hint = nearest(to: key, among: known.sorted()).map { "; did you mean \($0)?" } ?? ""
      report("\(owner): the field \(quoted("\(type)/\(key)")) is not measured\(hint)", parser)
      return nil
    }
    let word = attributes["operator"] ?? ""
    guard let comparison = word.isEmpty ? .exists : PolicyRule.Operator(rawValue: word) else {
      let all = PolicyRule.Operator.allCases.map(\.rawValue).joined(separator: ", ")
      report("\(owner): the operator \(quoted(word)) is not one of \(all)", parser)
      return nil
    }
    guard text != "compare" else {
      report("\(owner): comparing with a reference file is not supported", parser)
      return nil
    }
    let occurrence: PolicyRule.Occurrence
    switch attributes["occurrence"] ?? "" {
    case "", "*", "any": occurrence = .any
    case "all": occurrence = .all
    case let number:
      guard let number = Int(number), number > 0 else {
        report("\(owner): occurrence is \(quoted(number)), not *, any, all or a number from 1 on", parser)
        return nil
      }
      occurrence = .number(number)
    }
    return PolicyRule(
      name: name, trackType: type, key: key, occurrence: occurrence, comparison: comparison, value: text,
      level: level(attributes, owner, parser))
  }
}
