public import Foundation
import HTTPTypes

/// How often and after what pauses a call is retried: capped exponential back-off with jitter.
public struct RetryPolicy: Sendable, Hashable {
  /// Tries in all, the first included.
  public var attempts: Int
  /// The mean of the first pause.
  public var firstPause: Duration
  /// The longest pause, unless the service asks for more.
  public var longestPause: Duration
  /// A `Retry-After` beyond this ends the retries.
  public var longestRetryAfter: Duration

  public init(
    attempts: Int = 6, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(30),
    longestRetryAfter: Duration = .seconds(300)
  ) {
    self.attempts = max(1, attempts)
    self.firstPause = firstPause
    self.longestPause = longestPause
    self.longestRetryAfter = longestRetryAfter
  }

  /// The same for a call that is repeated anyway: few tries, and no long pause.
  var brief: RetryPolicy {
    RetryPolicy(
      attempts: min(attempts, 3), firstPause: firstPause, longestPause: longestPause,
      longestRetryAfter: min(longestRetryAfter, .seconds(30)))
  }

  /// The pause after the failure number `failure` (from 1): doubled each time, capped, then 50–150 % of it.
  public func pause(afterFailure failure: Int) -> Duration {
    let doubled = firstPause * Double(1 << min(max(failure, 1) - 1, 16))
    return min(doubled, longestPause).jittered
  }

  /// The pause before the next try; nil when there is none.
  ///
  /// - Parameters:
  ///   - failures: tries that have failed so far.
  ///   - retryAfter: the pause that the service asked for; never undercut.
  public func pause(afterFailures failures: Int, retryAfter: Duration?) -> Duration? {
    guard failures < attempts else { return nil }
    guard let retryAfter else { return pause(afterFailure: failures) }
    guard retryAfter <= longestRetryAfter else { return nil }
    return retryAfter + firstPause * Double.random(in: 0...0.25)
  }

  /// The value of a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date in one of the three HTTP forms.
  /// - Returns: the time from `now`, never negative; nil when it cannot be parsed.
  public static func retryAfter(_ value: String, now: Date = Date()) -> Duration? {
    let value = value.trimmingCharacters(in: .whitespaces)
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return Int64(value).map { .seconds(min($0, 1_000_000_000)) }
    }
    return HTTPDate.parse(value).map { .milliseconds(Int64(max(0, $0.timeIntervalSince(now)) * 1000)) }
  }

  /// The `Retry-After` of a response.
  static func retryAfter(in headers: HTTPFields) -> Duration? {
    headers.first(name: "Retry-After").flatMap { retryAfter($0) }
  }
}

extension Duration {
  /// 50–150 % of it, so that many clients do not ask at once.
  var jittered: Duration { self * Double.random(in: 0.5...1.5) }

  /// Decimal seconds, for messages and figures.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
