import Files
import Foundation

/// A `multipart/form-data` body (RFC 7578).
struct MultipartForm {
  private let boundary = "longtake-\(UUID().uuidString)"
  private var body = Data()

  var contentType: String { "multipart/form-data; boundary=\(boundary)" }

  mutating func add(_ name: String, _ value: String) {
    begin("form-data; name=\"\(Self.quoted(name))\"")
    body += Data("\r\n\(value)\r\n".utf8)
  }

  mutating func add(_ name: String, file: String, mediaType: String, bytes: Data) {
    begin("form-data; name=\"\(Self.quoted(name))\"; filename=\"\(Self.quoted(file))\"")
    body += Data("Content-Type: \(mediaType)\r\n\r\n".utf8)
    body += bytes
    body += Data("\r\n".utf8)
  }

  /// The whole body, its closing line included.
  func encoded() -> Data { body + Data("--\(boundary)--\r\n".utf8) }

  private mutating func begin(_ disposition: String) {
    body += Data("--\(boundary)\r\nContent-Disposition: \(disposition)\r\n".utf8)
  }

  /// As browsers escape names: no quote and no line break can end the header early.
  private static func quoted(_ text: String) -> String {
    text.replacingOccurrences(of: "\"", with: "%22").replacingOccurrences(of: "\r", with: "%0D")
      .replacingOccurrences(of: "\n", with: "%0A")
  }
}
