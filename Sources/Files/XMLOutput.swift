public import Foundation

/// XML 1.0 as this project writes it: UTF-8, indented by two spaces.
public enum XMLOutput {
  /// One element: attributes in their order, and either text or further elements.
  public struct Element: Sendable {
    public let name: String
    public var attributes: [(name: String, value: String)]
    public var children: [Element]
    /// Written only where there are no ``children``.
    public var text: String?

    /// Attributes whose value is nil are left out.
    public init(_ name: String, _ attributes: [(String, String?)] = [], children: [Element] = []) {
      self.name = name
      self.attributes = attributes.compactMap { name, value in value.map { (name, $0) } }
      self.children = children
    }

    public init(_ name: String, text: some CustomStringConvertible) {
      self.init(name)
      self.text = text.description
    }

    fileprivate func lines(_ indent: String) -> [String] {
      let head =
        "\(indent)<\(name)" + attributes.map { " \($0.name)=\"\(XMLOutput.escapedAttribute($0.value))\"" }.joined()
      guard children.isEmpty else {
        return ["\(head)>"] + children.flatMap { $0.lines(indent + "  ") } + ["\(indent)</\(name)>"]
      }
      guard let text, !text.isEmpty else { return ["\(head)/>"] }
      return ["\(head)>\(XMLOutput.escaped(text))</\(name)>"]
    }
  }

  /// A document with an XML declaration.
  /// - Parameter doctype: written as `<!DOCTYPE …>`; nil for none.
  public static func data(_ root: Element, doctype: String? = nil) -> Data {
    let head = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"] + (doctype.map { ["<!DOCTYPE \($0)>"] } ?? [])
    return Data(((head + root.lines("")).joined(separator: "\n") + "\n").utf8)
  }

  /// The text between tags. Characters that XML 1.0 does not have, as most controls, become U+FFFD.
  public static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "\t", "\n": String(scalar)
      // A reader would make a line feed of it.
      case "\r": "&#13;"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": "\u{FFFD}"
      default: String(scalar)
      }
    }.joined()
  }

  /// The value of an attribute in double quotes: line breaks and tabs survive.
  public static func escapedAttribute(_ text: String) -> String {
    escaped(text).replacing("\n", with: "&#10;").replacing("\t", with: "&#9;")
  }
}
