import Foundation
import HTTPTypes
public import Logging

/// Asks for uploaded images as a model does: without any key.
///
/// Must be closed with ``close()``.
public struct PublicAddressReader: Sendable {
  /// What an address answered.
  public enum Answer: Sendable, Hashable {
    case readable
    /// The server refuses it, or serves something else; the reason, to follow the address.
    case dead(String)
    /// Nothing was learnt, which says nothing about what a model can read.
    case unknown(String)
  }

  /// Time for one answer.
  private static let timeLimit: Duration = .seconds(10)
  /// An image may need a moment to appear.
  private static let retry = RetryPolicy(attempts: 4, firstPause: .milliseconds(500), longestPause: .seconds(4))

  private let session: HTTPSession

  public init(logger: Logger? = nil, network: NetworkSettings = NetworkSettings()) throws {
    var settings = ClientSettings(pollInterval: nil, isLoopback: false)
    settings.network = network
    // No authorisation belongs to this session: loopback is its own only so that it may be asked over http.
    guard let loopback = URL(string: "http://127.0.0.1") else {
      throw GenerationError(.unsupported, "loopback has no address")
    }
    session = try HTTPSession(
      bases: [loopback], authorization: nil, redactor: Redactor(),
      log: logger ?? Logger(label: "longtake.images") { _ in SwiftLogNoOpLogHandler() }, settings: settings)
  }

  public func close() { session.close() }

  /// Asks an address once.
  /// - Parameter bytes: of the image.
  public func read(_ address: String, bytes: Int64) async throws -> Answer {
    guard let given = GivenAddress(address) else { return .dead("is not an address") }
    var call = HTTPCall(method: .get, url: given.url, verbatim: given.text, headers: [("Range", "bytes=0-0")])
    call.key = .never
    call.headTimeout = Self.timeLimit
    do {
      return Self.answer(try await session.open(call), bytes: bytes)
    } catch let failure as ExchangeFailure {
      return .unknown("cannot be reached from here: \(failure.reason)")
    } catch let error as GenerationError {
      return .dead("cannot be used: \(error.message)")
    }
  }

  /// Asks a new address until it is readable or certainly is not.
  public func readNew(_ address: String, bytes: Int64) async throws -> Answer {
    var failures = 0
    while true {
      let answer = try await read(address, bytes: bytes)
      failures += 1
      guard answer != .readable, let pause = Self.retry.pause(afterFailures: failures, retryAfter: nil) else {
        return answer
      }
      if case .unknown(let reason) = answer, reason.hasPrefix("cannot be reached") { return answer }
      try await session.clock.sleep(for: pause)
    }
  }

  private static func answer(_ response: StreamedResponse, bytes: Int64) -> Answer {
    switch response.status {
    case 200, 206:
      let length = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
      let range = response.headers.first(name: "Content-Range").flatMap(Download.contentRange)
      let total = response.status == 206 ? range?.total : length
      guard let total, total != bytes else { return .readable }
      return .dead("serves \(total) bytes, expected \(bytes)")
    case 408, 429, 500...: return .unknown("answered HTTP \(response.status)")
    default: return .dead("answered HTTP \(response.status) to a request without a key")
    }
  }
}

/// When a signed address expires.
public enum SignedAddress {
  /// Unix seconds; nil for an address without a known signature.
  public static func expiry(of address: String) -> Double? {
    guard let query = address.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
    var fields: [String: String] = [:]
    for field in query.prefix(while: { $0 != "#" }).split(separator: "&") {
      let pair = field.split(separator: "=", maxSplits: 1).map(String.init)
      if pair.count == 2 { fields[pair[0].lowercased()] = pair[1].removingPercentEncoding ?? pair[1] }
    }
    for prefix in ["x-amz", "x-goog"] {
      if let start = fields["\(prefix)-date"].flatMap(basicTime),
        let seconds = fields["\(prefix)-expires"].flatMap(Double.init)
      {
        return start + seconds
      }
    }
    // CloudFront, S3 version 2 and Google version 2; Azure.
    if let seconds = fields["expires"].flatMap(Double.init) { return seconds }
    return fields["se"].flatMap { try? Date($0, strategy: .iso8601) }?.timeIntervalSince1970
  }

  /// `20261127T120000Z`.
  private static func basicTime(_ text: String) -> Double? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
    return formatter.date(from: text)?.timeIntervalSince1970
  }
}
