import Files
import Foundation
import Presets

/// Gives and takes the tokens without which `run` is refused: each is signed by this process and names one storyboard's
/// content, its plan and its price.
struct QuoteBook: Sendable {
  struct Quote: Sendable {
    /// As the client gave it; nil for that of the storyboard.
    let provider: String?
    let plan: String
  }

  struct Refusal: Error, CustomStringConvertible { let description: String }

  /// Seconds that a token is good for.
  private static let lifetime = 3600.0

  private let authentication = MessageAuthentication()
  private let now: @Sendable () -> Double

  init(now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }) { self.now = now }

  /// What a price is for: requests, model, provider and cost.
  static func digest(of plan: JSONValue) -> String {
    SHA256Text.of(
      JSONValue.object([
        "provider": plan["provider"] ?? .null, "model": plan["model"] ?? .null, "shots": plan["shots"] ?? .null,
        "cost": plan["cost_usd"] ?? .null,
      ]).canonicalJSON)
  }

  /// - Parameters:
  ///   - provider: as the client gave it.
  ///   - storyboard: SHA-256 of the file and the variables.
  func token(for plan: JSONValue, provider: String?, _ storyboard: String) -> (text: String, expires: Double) {
    let expires = (now() + Self.lifetime).rounded(.down)
    let body = "\(Int64(expires)).\(provider ?? "").\(Self.digest(of: plan)).\(storyboard)"
    return ("\(body).\(MessageDigest.hexadecimal(authentication.code(of: Array(body.utf8))))", expires)
  }

  func redeem(_ token: String, _ storyboard: String) throws(Refusal) -> Quote {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, let expires = Double(parts[0]),
      let code = Self.bytes(parts[4]),
      authentication.accepts(code, for: Array(parts.dropLast().joined(separator: ".").utf8))
    else { throw Refusal(description: "the token is not one that quote of this server returned; call quote first") }
    guard now() < expires else { throw Refusal(description: "the token has expired; call quote again") }
    guard parts[3] == storyboard else {
      throw Refusal(
        description:
          "the storyboard or its variables have changed since the quote; call quote again and tell the user the price")
    }
    return Quote(provider: parts[1].isEmpty ? nil : parts[1], plan: parts[2])
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8]? {
    let digits = Array(hexadecimal.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
