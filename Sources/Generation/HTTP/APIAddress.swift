import Foundation

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
    guard let url = URL(string: text), let origin = Origin(url), url.query == nil, url.fragment == nil, url.user == nil,
      url.password == nil, !Self.namesUser(text)
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

  /// Whether an address has a user or a password, even an empty one: nothing but the key authorises a request.
  private static func namesUser(_ text: String) -> Bool {
    guard let scheme = text.firstRange(of: "://") else { return false }
    return text[scheme.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
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
