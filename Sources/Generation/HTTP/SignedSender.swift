import Files
public import Foundation
import HTTPTypes
public import Logging

/// Posts JSON to an address of the user's choice, signed so that the receiver knows who sent it.
///
/// `X-Longtake-Timestamp` holds Unix seconds, `X-Longtake-Signature` `sha256=` and the HMAC-SHA-256, in hexadecimal, of the
/// timestamp, a dot and the body. Tries three times.
public struct SignedSender: Sendable {
  private static let attempts = 3
  private static let timeLimit: Duration = .seconds(10)

  private let url: URL
  private let session: HTTPSession
  private let authentication: MessageAuthentication
  private let retry: RetryPolicy

  /// - Throws: ``GenerationError`` `unsupported` for an address that is neither https nor on loopback.
  public init(url text: String, secret: String, environment: [String: String], logger: Logger) throws {
    guard let url = URL(verbatim: text), url.host() != nil else {
      throw GenerationError(.unsupported, "\(quoted(Redactor.address(text))) is not an address.")
    }
    var settings = ClientSettings(pollInterval: nil, isLoopback: Origin(url)?.isLoopback ?? false)
    settings.network = try NetworkSettings(environment: environment)
    self.url = url
    authentication = MessageAuthentication(key: Array(secret.utf8))
    retry = RetryPolicy(attempts: Self.attempts, firstPause: .milliseconds(500))
    session = try HTTPSession(
      bases: [url], authorization: nil, redactor: Redactor(secrets: [secret]), log: logger, settings: settings)
  }

  /// The address without query and credentials.
  public var shownURL: String { session.shown(url) }

  /// - Returns: whether the receiver accepted it (2xx).
  public func send(_ body: Data) async -> Bool {
    var failures = 0
    while !Task.isCancelled {
      if await post(body) { return true }
      failures += 1
      guard let pause = retry.pause(afterFailures: failures, retryAfter: nil) else { return false }
      try? await session.clock.sleep(for: pause)
    }
    return false
  }

  public func close() { session.close() }

  private func post(_ body: Data) async -> Bool {
    let time = "\(Int(Date().timeIntervalSince1970))"
    let code = authentication.code(of: Array("\(time).".utf8) + Array(body))
    var call = HTTPCall(
      method: .post, url: url, payload: .init(bytes: body, contentType: "application/json"),
      headTimeout: Self.timeLimit)
    call.headers = [
      ("X-Longtake-Timestamp", time), ("X-Longtake-Signature", "sha256=\(MessageDigest.hexadecimal(code))"),
    ]
    call.key = .never
    guard let response = try? await session.collect(call, limit: 64 << 10) else { return false }
    return (200..<300).contains(response.status)
  }
}
