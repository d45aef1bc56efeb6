import Files
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// An XML answer of S3.
struct S3Document: Sendable {
  /// The name of the root.
  let name: String
  private let root: Element

  final class Element: Sendable {
    let name: String
    let text: String
    let children: [Element]

    init(name: String, text: String, children: [Element]) {
      self.name = name
      self.text = text
      self.children = children
    }

    /// The text of the first child of a name; nil when there is none.
    subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }
  }

  /// Nil for anything but well-formed XML without a document type, whose entities could be hostile.
  init?(_ data: Data) {
    guard !data.isEmpty, !data.contains(0), data.range(of: Data("<!DOCTYPE".utf8)) == nil else { return nil }
    let reader = S3DocumentReader()
    let parser = XMLParser(data: data)
    parser.delegate = reader
    guard parser.parse(), let root = reader.root else { return nil }
    self.root = root
    name = root.name
  }

  /// The text of the root's first child of a name; nil when there is none.
  subscript(_ name: String) -> String? { root[name] }

  /// The root's children of a name.
  func elements(_ name: String) -> [Element] { root.children.filter { $0.name == name } }
}

/// Not `Sendable`: it lives while one document is parsed.
private final class S3DocumentReader: NSObject, XMLParserDelegate {
  /// Elements in one another at most.
  private static let maximumDepth = 16

  private struct Open {
    let name: String
    var text = ""
    var children: [S3Document.Element] = []
  }

  private(set) var root: S3Document.Element?
  private var open: [Open] = []

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    guard open.count < Self.maximumDepth else { return parser.abortParsing() }
    open.append(Open(name: element))
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if !open.isEmpty { open[open.count - 1].text += text }
  }

  func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
    guard let ended = open.popLast() else { return }
    let element = S3Document.Element(name: ended.name, text: ended.text, children: ended.children)
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }
}
