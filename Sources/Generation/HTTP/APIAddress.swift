import Foundation

/// Addresses below the API's base.
struct HubAddress: Sendable {
  let base: URL

  private static let plain = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

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
    text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
  }
}
