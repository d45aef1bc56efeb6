package import Foundation

/// Addresses below an API's base.
struct APIAddress: Sendable {
  let base: URL

  /// RFC 3986 §2.3.
  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

  init(base: URL) { self.base = base }

  /// Checks an API's base address; slashes at its end are dropped.
  /// - Parameters:
  ///   - variable: the environment variable it may come from, named in the error.
  ///   - key: never shown, wherever it was pasted.
  /// - Throws: ``GenerationError`` `unsupported` for what is not an address, or would carry the key unencrypted.
  init(checking text: String, variable: String, key: APIKey, example: String) throws {
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    let shown = Redactor(key: key).clean(text, limit: 200)
    guard let url = URL(string: text), let origin = Origin(url), url.query == nil, url.fragment == nil, url.user == nil
    else {
      throw GenerationError(
        .unsupported, "\(shown) is not an API address. Set \(variable) to an address such as \(example).")
    }
    guard origin.scheme == "https" || origin.isLoopback else {
      throw GenerationError(
        .unsupported, "\(shown) would carry the key unencrypted. Use https, or correct \(variable).")
    }
    base = url
  }

  /// Each part becomes one path component, whatever it holds.
  func callAsFunction(_ parts: String..., query: [(String, String)] = []) throws -> URL {
    try url(parts, query: query)
  }

  func url(_ parts: [String], query: [(String, String)] = []) throws -> URL {
    var text = base.absoluteString
    for part in parts {
      guard !part.isEmpty, part != ".", part != ".." else {
        throw GenerationError(.refused, "\"\(part)\" cannot be part of an address.")
      }
      text += "/" + Self.encode(part)
    }
    if !query.isEmpty {
      text += "?" + query.map { "\(Self.encode($0.0))=\(Self.encode($0.1))" }.joined(separator: "&")
    }
    guard let url = URL(string: text) else {
      throw GenerationError(.refused, "\(Redactor.address(text)) is not an address.")
    }
    return url
  }

  private static func encode(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
  }
}

extension URL {
  /// The characters of RFC 3986 except `[`, `]` and `%`, which are legal in some places only.
  private static let legal = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$&'()*+,;=".utf8)

  /// An address as a service gave it, byte for byte: what it has escaped stays so, and only bytes that are legal
  /// nowhere in an address are escaped. Signed addresses do not survive anything else.
  ///
  /// `URL(string:)` escapes the percent signs of legal escapes, too, as soon as one character is illegal.
  /// - Parameter base: what a relative address is relative to.
  package init?(verbatim text: String, relativeTo base: URL? = nil) {
    let bytes = Array(text.utf8)
    guard text.wholeMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*:.*/.dotMatchesNewlines()) == nil else {
      // Brackets belong around an IPv6 host and nowhere else.
      let authority = text.firstRange(of: "://").map { text[..<$0.upperBound].utf8.count } ?? bytes.count
      let path = bytes[authority...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
      self.init(string: Self.escape(bytes[..<path], brackets: true) + Self.escape(bytes[path...], brackets: false))
      return
    }
    guard let base else { return nil }
    let relative = Self.escape(bytes[...], brackets: false)
    // Resolution would also drop dot segments.
    let isAbsolutePath = relative.hasPrefix("/") && !relative.hasPrefix("//")
    if isAbsolutePath, let scheme = base.scheme, let host = base.host(percentEncoded: true) {
      let bare = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
      self.init(string: "\(scheme)://\(bare)\(base.port.map { ":\($0)" } ?? "")\(relative)")
    } else {
      guard let url = URL(string: relative, relativeTo: base) else { return nil }
      self = url.absoluteURL
    }
  }

  private static func escape(_ bytes: ArraySlice<UInt8>, brackets: Bool) -> String {
    var result: [UInt8] = []
    func isDigit(_ index: Int) -> Bool {
      index < bytes.endIndex && Character(UnicodeScalar(bytes[index])).isHexDigit
    }
    for index in bytes.indices {
      let byte = bytes[index]
      let isLegal =
        switch byte {
        case UInt8(ascii: "%"): isDigit(index + 1) && isDigit(index + 2)
        case UInt8(ascii: "["), UInt8(ascii: "]"): brackets
        default: legal.contains(byte)
        }
      if isLegal {
        result.append(byte)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += Array("%\(byte < 16 ? "0" : "")\(digits)".utf8)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
