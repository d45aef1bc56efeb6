import Files
import Foundation

/// Addresses of results that anybody may use until they expire, like those of an object store.
struct SignedLink: Sendable {
  /// Seconds that a link is good for.
  let lifetime: Double
  private let authentication = MessageAuthentication()

  init(lifetime: Double) { self.lifetime = lifetime }

  /// The query of a link to `file` made now.
  func query(for file: String, now: Double) -> String {
    let expires = Int64((now + lifetime).rounded(.up))
    return "expires=\(expires)&signature=\(signature(file, expires))"
  }

  /// Whether a link's query was made here for this file and has not expired.
  func accepts(_ file: String, expires: String?, signature: String?, now: Double) -> Bool {
    guard let expires, let time = Int64(expires), let signature, let bytes = Self.bytes(signature) else { return false }
    return now < Double(time)
      && authentication.accepts(bytes, for: Self.message(file, time))
  }

  private func signature(_ file: String, _ expires: Int64) -> String {
    MessageDigest.hexadecimal(authentication.code(of: Self.message(file, expires)))
  }

  private static func message(_ file: String, _ expires: Int64) -> [UInt8] { Array("\(file)\n\(expires)".utf8) }

  private static func bytes(_ hexadecimal: String) -> [UInt8]? {
    let digits = Array(hexadecimal.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
