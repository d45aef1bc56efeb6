import Foundation

extension DocumentParser {
  /// An upper bound for the uses of aliases (`*name`) whose anchors (`&name`) are defined.
  static func aliasCount(in text: String) -> Int {
    let names = Set(text.matches(of: /&([0-9A-Za-z_\-]+)/).map(\.output.1))
    guard !names.isEmpty else { return 0 }
    return text.matches(of: /\*([0-9A-Za-z_\-]+)/).count { names.contains($0.output.1) }
  }

  /// JSON writes characters beyond U+FFFF as two escapes, YAML as one. Other text is returned unchanged.
  static func joinSurrogates(in text: String) -> String {
    guard let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "[",
      text.contains("\\u")
    else { return text }
    let source = Array(text.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      if source[index] == UInt8(ascii: "\\"), index + 1 < source.count {
        if let high = escapedUnit(source, at: index), (0xD800..<0xDC00).contains(high),
          let low = escapedUnit(source, at: index + 6), (0xDC00..<0xE000).contains(low)
        {
          let scalar = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
          let digits = String(scalar, radix: 16)
          result += Array(("\\U" + String(repeating: "0", count: 8 - digits.count) + digits).utf8)
          index += 12
        } else {
          result += source[index...(index + 1)]
          index += 2
        }
      } else {
        result.append(source[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func escapedUnit(_ source: [UInt8], at index: Int) -> UInt32? {
    guard index + 6 <= source.count, source[index] == UInt8(ascii: "\\"), source[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    return UInt32(String(decoding: source[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
  }

  /// The line of a byte, counted from 1; lines end in LF, CR or CRLF.
  static func lineNumber(atByte offset: Int, in text: String) -> Int {
    var line = 1
    var previous: UInt8?
    for byte in text.utf8.prefix(offset) {
      if byte == UInt8(ascii: "\r") || (byte == UInt8(ascii: "\n") && previous != UInt8(ascii: "\r")) { line += 1 }
      previous = byte
    }
    return line
  }

  /// The line of the first bytes that are not UTF-8, counted from 1.
  static func firstInvalidLine(_ data: Data) -> Int? {
    var line = 1
    for part in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { return line }
      line += 1
    }
    return nil
  }
}
