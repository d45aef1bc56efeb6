import Foundation

/// Turns the tags and character references of a cue into styles and plain characters.
struct CaptionMarkup {
  private static let longestTag = 200
  /// Compiled once. Unsafe by name only: a `Regex` is not `Sendable`, but nothing changes it.
  private nonisolated(unsafe) static let topAlignment = /\\an[789]/
  private static let styles: [Substring: CaptionText.Style] = ["b": .bold, "i": .italic, "u": .underlined]
  /// Tags of SubRip that have no counterpart here.
  private static let droppedTags: Set<Substring> = ["font", "s"]
  private static let references = [
    "amp": "&", "lt": "<", "gt": ">", "nbsp": "\u{A0}", "lrm": "\u{200E}", "rlm": "\u{200F}", "quot": "\"", "apos": "'",
  ]

  private let format: CaptionFile.Format

  init(_ format: CaptionFile.Format) { self.format = format }

  /// - Returns: the text, and whether it asks to be shown at the top.
  func text(_ raw: String) -> (CaptionText, isTop: Bool) {
    var result = CaptionText()
    var isTop = false
    var open: [CaptionText.Style] = []
    var plain = ""
    var rest = Substring(Self.trimmed(raw))
    var (lineHasText, isBroken) = (false, false)
    // A line that held nothing but tags is left out: an empty one would end the cue.
    func add(_ character: Character) {
      // Other line breaks of Unicode are characters here, which files cannot hold.
      if ["\n", "\r\n", "\r"].contains(character) {
        isBroken = isBroken || lineHasText
        lineHasText = false
      } else if lineHasText || (character != " " && character != "\t") {
        if isBroken { plain.append("\n") }
        (lineHasText, isBroken) = (true, false)
        plain.append(character)
      }
    }
    func style() -> CaptionText.Style { open.reduce(into: []) { $0.formUnion($1) } }
    while let character = rest.first {
      switch character {
      case "<":
        if let tag = tag(rest) {
          let ends = tag.name.hasPrefix("/")
          let name = ends ? tag.name.dropFirst() : tag.name
          if let own = Self.styles[name] {
            result.append(plain, style())
            plain = ""
            if ends { open.lastIndex(of: own).map { _ = open.remove(at: $0) } } else { open.append(own) }
          }
          rest = rest.dropFirst(tag.length)
          continue
        }
      case "{" where format == .subRip:
        // Substation Alpha's overrides, which many tools write into SubRip.
        if rest.dropFirst().first == "\\", let end = rest.prefix(Self.longestTag).firstIndex(of: "}") {
          isTop = isTop || rest[..<end].contains(Self.topAlignment)
          rest = rest[rest.index(after: end)...]
          continue
        }
      case "&" where format == .webVTT:
        if let (shown, length) = Self.reference(rest) {
          shown.forEach(add)
          rest = rest.dropFirst(length)
          continue
        }
      default: break
      }
      add(character)
      rest = rest.dropFirst()
    }
    result.append(plain, style())
    return (result, isTop)
  }

  /// Lines without the blanks at their ends, and without empty ones.
  private static func trimmed(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  /// The tag that a text begins with; nil where the `<` is a character of its own.
  private func tag(_ text: Substring) -> (name: Substring, length: Int)? {
    guard let end = text.prefix(Self.longestTag).firstIndex(of: ">") else { return nil }
    let inner = text[text.index(after: text.startIndex)..<end]
    let name = inner.prefix { $0 == "/" || $0.isLetter || $0.isNumber }
    let lowered = Substring(name.lowercased())
    let bare = lowered.hasPrefix("/") ? lowered.dropFirst() : lowered
    // In SubRip, text such as <laughs> is no tag.
    let isTag = format == .webVTT || Self.styles[bare] != nil || Self.droppedTags.contains(bare)
    return isTag ? (lowered, text.distance(from: text.startIndex, to: end) + 1) : nil
  }

  private static func reference(_ text: Substring) -> (String, length: Int)? {
    guard let end = text.prefix(12).firstIndex(of: ";") else { return nil }
    let name = text[text.index(after: text.startIndex)..<end]
    let length = text.distance(from: text.startIndex, to: end) + 1
    if let known = references[String(name)] { return (known, length) }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let code = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return code.flatMap(Unicode.Scalar.init).map { (String(Character($0)), length) }
  }
}
