import Files
import Foundation

/// Signs requests as AWS Signature Version 4 asks
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
struct S3Signature: Sendable {
  static let algorithm = "AWS4-HMAC-SHA256"
  /// SHA-256 of no bytes.
  static let emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  let credentials: S3Credentials
  let region: String
  var service = "s3"

  /// What is signed of a request.
  struct Subject {
    let method: String
    /// As it is sent, percent-encoded.
    let path: String
    /// As it is sent; see ``S3Signature/query(_:)``.
    let query: String
    /// Names in lower case; `host` and `x-amz-date` among them.
    let headers: [(name: String, value: String)]
    /// SHA-256 of the body.
    let payload: String
  }

  /// The value of `Authorization`.
  /// - Parameter time: as in `x-amz-date`, such as `20130524T000000Z`.
  func authorization(_ subject: Subject, time: String) -> String {
    let headers = subject.headers.sorted { $0.name < $1.name }
    let names = headers.map(\.name).joined(separator: ";")
    let lines = headers.map { "\($0.name):\(Self.trimmed($0.value))\n" }.joined()
    let canonical = [subject.method, subject.path, subject.query, lines, names, subject.payload].joined(separator: "\n")
    let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
    let text = [Self.algorithm, time, scope, SHA256Text.of(canonical)].joined(separator: "\n")
    var key = Array("AWS4\(credentials.secretKey)".utf8)
    for part in [String(time.prefix(8)), region, service, "aws4_request", text] {
      key = MessageAuthentication(key: key).code(of: Array(part.utf8))
    }
    return "\(Self.algorithm) Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), "
      + "Signature=\(MessageDigest.hexadecimal(key))"
  }

  /// The time of a request in UTC, such as `20130524T000000Z`.
  static func time(_ date: Date) -> String {
    var time = time_t(date.timeIntervalSince1970)
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }

  /// A query as it is signed and sent: encoded, and sorted by name.
  static func query(_ items: [(name: String, value: String)]) -> String {
    items.map { (encoded($0.name), encoded($0.value)) }.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
  }

  /// The path of a key as it is signed and sent.
  static func path(_ key: String) -> String {
    key.split(separator: "/", omittingEmptySubsequences: false).map { encoded($0) }.joined(separator: "/")
  }

  /// Every byte except letters, digits and `-._~` as `%XX`.
  static func encoded(_ text: some StringProtocol) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.append(byte)
      default: result += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func trimmed(_ value: String) -> String {
    value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }
}
