import Files
import Foundation

/// Signed addresses, valid for anyone until they expire, like those of an object store.
struct SignedLink: Sendable {
  /// Seconds until a link expires.
  let lifetime: Double
  private let authentication = MessageAuthentication()

  init(lifetime: Double) { self.lifetime = lifetime }

  /// The query of a link to `file`, signed now.
  func query(for file: String, now: Double) -> String {
    let expires = Int64((now + lifetime).rounded(.up))
    return "expires=\(expires)&signature=\(signature(file, expires))"
  }

  /// Whether a link's query was signed here for this file and has not expired.
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

/// The signed addresses under which the sandbox serves finished clips.
struct ResultAddress: Sendable {
  static let folder = "results"

  let links: SignedLink
  let state: ServerState
  let host: String

  /// A new address; nil for a generation that has not succeeded.
  func url(_ record: GenerationRecord) -> String? {
    guard record.status == .succeeded else { return nil }
    let file = "\(record.id).mp4"
    let query = links.query(for: file, now: Date().timeIntervalSince1970)
    return "\(state.origin(host: host))/\(Self.folder)/\(file)?\(query)"
  }
}
