import Foundation
import HTTPTypes
import Logging
import Synchronization

/// An event stream that is kept connected: reconnected with back-off, and watched for silence.
struct EventStream: Sendable {
  enum Notice: Sendable {
    /// The stream is connected; events before this moment are lost.
    case connected
    case event(ServerSentEvent)
    /// The service answered with this status instead of a stream.
    case refused(status: Int)
    /// The connection has ended; it will be tried again.
    case disconnected
  }

  static let connectTimeout: Duration = .seconds(30)
  /// A connection that lasted this long was a good one: the next failure counts as the first again.
  static let goodAge: Duration = .seconds(60)
  private static let accepted: Set<Int> = [200, 202]

  let session: HTTPSession
  let url: URL
  /// Silence after which a connection counts as dead.
  let silence: Duration
  let retry: RetryPolicy

  private var log: Logger { session.log }

  /// Connects again and again until the task is cancelled.
  func listen(_ handle: @Sendable @escaping (Notice) async -> Void) async {
    var failures = 0
    // What `retry:` asked for last, in whichever connection.
    let reconnectionTime = Mutex(Duration.zero)
    while !Task.isCancelled {
      let age = session.clock.stopwatch()
      var retryAfter: Duration?
      do {
        retryAfter = try await connection(handle) { time in reconnectionTime.withLock { $0 = time } }
      } catch {
        if Task.isCancelled { return }
        log.info(
          "event stream disconnected",
          metadata: ["address": "\(session.shown(url))", "reason": "\(Self.reason(error))"])
      }
      await handle(.disconnected)
      failures = age() > Self.goodAge ? 1 : failures + 1
      let pause = max(
        retry.pause(afterFailure: failures), reconnectionTime.withLock(\.self), retryAfter ?? .zero)
      try? await session.clock.sleep(for: pause)
    }
  }

  /// One connection from its beginning to its end.
  /// - Returns: the pause that a refusal asks for.
  private func connection(
    _ handle: @Sendable @escaping (Notice) async -> Void,
    setReconnectionTime: @Sendable @escaping (Duration) -> Void
  ) async throws -> Duration? {
    let call = HTTPCall(
      method: .get, url: url, headers: [("Accept", "text/event-stream"), ("Cache-Control", "no-store")],
      headTimeout: Self.connectTimeout)
    let response = try await session.open(call)
    let status = response.status
    guard Self.accepted.contains(status) else {
      log.info("no event stream", metadata: ["address": "\(session.shown(url))", "status": "\(status)"])
      await handle(.refused(status: status))
      return RetryPolicy.retryAfter(in: response.headers).map { min($0, retry.longestRetryAfter) }
    }
    log.debug("event stream connected", metadata: ["address": "\(session.shown(url))"])
    await handle(.connected)
    try await withStallLimit(silence, on: session.clock) { heartbeat in
      var parser = EventStreamParser()
      for try await chunk in response.body {
        heartbeat.beat()
        for event in try parser.feed(chunk) { await handle(.event(event)) }
        if let time = parser.reconnectionTime { setReconnectionTime(min(.milliseconds(time), retry.longestPause)) }
      }
      try Task.checkCancellation()
    }
    return nil
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let failure as ExchangeFailure: failure.reason
    case let stalled as Stalled: "silent for \(stalled.limit.inSeconds) s"
    case let error as GenerationError: error.message
    default: "the connection ended"
    }
  }
}
