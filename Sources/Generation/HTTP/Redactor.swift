import Files
import Foundation

/// Makes text from outside safe for a message or a log: without secrets and signatures, escaped, short.
public struct Redactor: Sendable {
  /// Characters kept of one text.
  public static let defaultLimit = 600
  /// Bytes read of one text.
  static let readLimit = 64 * 1024

  private let secrets: [String]

  /// - Parameter secrets: texts that are removed, plain or percent-encoded.
  public init(secrets: [String] = []) {
    let plain = secrets.filter { !$0.isEmpty }
    let encoded = plain.map { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? $0 }
    let formEncoded = plain.map { $0.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? $0 }
    self.secrets = Set(plain + encoded + formEncoded).sorted { $0.count > $1.count }
  }

  init(key: APIKey?) { self.init(secrets: key.map { [$0.secret] } ?? []) }

  /// The text without secrets, queries of addresses, credentials and `data:` bodies, on one line, at most `limit`
  /// characters.
  public func clean(_ text: String, limit: Int = defaultLimit) -> String {
    var text = text
    for secret in secrets { text = text.replacingOccurrences(of: secret, with: "•••") }
    if text.utf8.count > Self.readLimit { text = String(text.prefix(Self.readLimit)) }
    text = text.replacing(/https?:\/\/[^\s"'<>\\]+/.ignoresCase()) { Self.address(String($0.output)) }
    text = text.replacing(/\bdata:[\w.+-]+\/[\w.+-]+;base64,[A-Za-z0-9+\/=_-]*/.ignoresCase()) { _ in "data:…" }
    text = text.replacing(/\b(Bearer)\s+[\w.~+\/=:-]{8,}/.ignoresCase()) { "\($0.output.1) •••" }
    text = text.replacing(
      /\b(x-amz-[\w-]+|x-goog-[\w-]+|signature|sig|token|access_token|api_key|credential|awsaccesskeyid)=[^&\s"']+/
        .ignoresCase()
    ) { "\($0.output.1)=…" }
    return Self.shorten(Self.joinLines(text).terminalSafe, to: limit)
  }

  /// An address without user, query and fragment.
  public static func address(_ text: String) -> String {
    guard let scheme = text.range(of: "://") else { return text }
    let end = text[scheme.upperBound...].firstIndex { $0 == "?" || $0 == "#" } ?? text.endIndex
    var rest = text[scheme.upperBound..<end]
    let authority = rest.prefix { $0 != "/" }
    if let at = authority.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    return text[..<scheme.upperBound] + rest + (end == text.endIndex ? "" : "?…")
  }

  /// Runs of white space as one space, none at the ends.
  private static func joinLines(_ text: String) -> String {
    text.unicodeScalars.split { " \t\r\n".unicodeScalars.contains($0) }.map { String($0) }.joined(separator: " ")
  }

  private static func shorten(_ text: String, to limit: Int) -> String {
    text.count > limit ? text.prefix(limit - 1) + "…" : text
  }
}
