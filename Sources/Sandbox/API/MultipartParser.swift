import Foundation

/// Parses a `multipart/form-data` body (RFC 7578).
struct MultipartParser {
  struct Part {
    let name: String
    /// As sent by the client; not safe as a path.
    let fileName: String?
    let data: Data
  }

  /// Maximum parts of one form.
  private static let maxParts = 256

  let parts: [Part]

  /// - Throws: ``APIFailure`` when the body is not a valid form.
  init(_ body: Data, contentType: String?) throws(APIFailure) {
    guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data"),
      let boundary = Self.parameter("boundary", in: contentType), !boundary.isEmpty
    else { throw .invalid("a multipart/form-data body is expected") }
    let mark = Data("--\(boundary)".utf8)
    guard let opening = body.range(of: mark) else { throw .invalid("the form does not begin with its boundary") }
    var parts: [Part] = []
    var position = opening.upperBound
    while !body[position...].starts(with: Data("--".utf8)) {
      guard parts.count < Self.maxParts,
        let next = body.range(of: Data("\r\n".utf8) + mark, in: position..<body.endIndex)
      else { throw .invalid("the form does not end with its boundary") }
      parts.append(try Self.part(body[position..<next.lowerBound]))
      position = next.upperBound
    }
    self.parts = parts
  }

  func text(_ name: String) -> String? {
    parts.first { $0.name == name }.map { String(decoding: $0.data, as: UTF8.self) }
  }

  private static func part(_ bytes: Data) throws(APIFailure) -> Part {
    guard bytes.starts(with: Data("\r\n".utf8)), let gap = bytes.range(of: Data("\r\n\r\n".utf8)) else {
      throw .invalid("a part of the form has no header")
    }
    let header = String(decoding: bytes[bytes.startIndex..<gap.lowerBound], as: UTF8.self)
    let line = header.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-disposition:") }
    guard let line, let name = parameter("name", in: String(line)) else {
      throw .invalid("a part of the form has no name")
    }
    return Part(name: name, fileName: parameter("filename", in: String(line)), data: Data(bytes[gap.upperBound...]))
  }

  /// The value of `name=value` or `name="value"` after a semicolon.
  private static func parameter(_ name: String, in header: String) -> String? {
    for piece in pieces(header).dropFirst() {
      let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces).lowercased() == name else { continue }
      let value = pair[1].trimmingCharacters(in: .whitespaces)
      guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return value }
      return value.dropFirst().dropLast().replacingOccurrences(of: "\\\"", with: "\"")
    }
    return nil
  }

  /// The header split at semicolons outside quotes.
  private static func pieces(_ header: String) -> [String] {
    var pieces = [""]
    var isQuoted = false
    var isEscaped = false
    for character in header {
      if isQuoted, character == "\\", !isEscaped {
        isEscaped = true
      } else {
        if character == "\"", !isEscaped { isQuoted.toggle() }
        isEscaped = false
      }
      if character == ";", !isQuoted { pieces.append("") } else { pieces[pieces.count - 1].append(character) }
    }
    return pieces
  }
}
