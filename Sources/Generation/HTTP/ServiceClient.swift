import Foundation
import HTTPTypes
import Logging

/// Calls a service's API, with retries as far as they are safe.
struct ServiceClient: Sendable {
  /// What a retry would do.
  enum Effect: Sendable {
    /// Nothing: the call can be repeated.
    case harmless
    /// Pay twice, if the first call was accepted: retried only when it certainly was not.
    case paid
  }

  /// Bytes of an error body that are read.
  static let errorBodyLimit = 64 << 10
  /// Refusals before any work: retried for paid calls, too.
  static let temporaryRefusals: Set<Int> = [409, 425, 429]
  /// A temporary refusal with `Retry-After`; without it a gateway's answer after which a paid call may have been
  /// accepted.
  static let refusedWithRetryAfter = 503
  /// Temporary conditions, for calls that can be repeated.
  static let temporary: Set<Int> = [408, 409, 425, 429, 502, 503, 504]
  /// After these, and after 5xx, a paid call may have been accepted.
  static let ambiguous: Set<Int> = [408]

  static let uploadTimeout: Duration = .seconds(300)

  let session: HTTPSession
  let retry: RetryPolicy
  let failure: ServiceFailure
  /// Whether this service declares a paid call with such an answer safe to retry, besides ``temporaryRefusals``.
  var isSafeToRetry: @Sendable (HTTPResponse, HTTPCall) -> Bool = { _, _ in false }

  private var log: Logger { session.log }

  /// Sends a call and reads the whole response.
  ///
  /// - Parameters:
  ///   - action: what the service is asked to do, to follow "could not".
  ///   - accepting: statuses besides 2xx that are not errors.
  /// - Throws: ``GenerationError``; `answerLost` for a paid call that may have been accepted.
  func send(
    _ call: HTTPCall, _ effect: Effect = .harmless, doing action: String, accepting: Set<Int> = [],
    journal: (any SendJournal)? = nil
  ) async throws -> HTTPResponse {
    try await send(
      call, effect, doing: action, accepting: { accepting.contains($0.status) }, journal: journal
    ) { response in
      try await session.read(response, limit: HTTPSession.bodyLimit, from: call.url)
    }
  }

  /// Sends a call; `read` reads the body of the response.
  /// - Parameters:
  ///   - accepting: whether a response that is not 2xx is no error.
  ///   - journal: called for each try of a paid call.
  func send<Value: Sendable>(
    _ call: HTTPCall, _ effect: Effect, doing action: String,
    accepting: (StreamedResponse) -> Bool = { _ in false }, journal: (any SendJournal)? = nil,
    read: (StreamedResponse) async throws -> Value
  ) async throws -> Value {
    var call = call
    call.isPaid = effect == .paid
    call.journal = journal
    var failures = 0
    while true {
      var failed: GenerationError
      var retryAfter: Duration?
      do {
        let response = try await session.open(call)
        let status = response.status
        if (200..<300).contains(status) || accepting(response) { return try await read(response) }
        let body = (try? await session.read(response, limit: Self.errorBodyLimit, from: call.url).body) ?? Data()
        try Task.checkCancellation()
        failed = failure.error(status: status, body: body, doing: action)
        retryAfter = RetryPolicy.retryAfter(in: response.headers)
        let answer = HTTPResponse(status: status, headers: response.headers, body: body)
        guard isRetryable(answer, of: call, effect, hasRetryAfter: retryAfter != nil) else {
          throw isAmbiguous(status, body: body, effect) ? lost(failed.message, action, status) : failed
        }
        guard failed.code != .insufficientCredits else { throw failed }
      } catch let exchange as ExchangeFailure {
        guard effect == .harmless || !exchange.mayHaveArrived else { throw lost(exchange.reason, action, nil) }
        failed = GenerationError(
          .unavailable,
          "\(failure.service) could not \(action): \(session.shown(call.url)) is unreachable: \(exchange.reason).")
      }
      try journal?.wasNotTaken()
      failures += 1
      guard let pause = retry.pause(afterFailures: failures, retryAfter: retryAfter) else {
        throw failures > 1 ? Self.exhausted(failed, tries: failures) : failed
      }
      log.info("retrying", metadata: ["reason": "\(failed.message)", "seconds": "\(pause.inSeconds)"])
      try await session.clock.sleep(for: pause)
    }
  }

  private func isRetryable(
    _ answer: HTTPResponse, of call: HTTPCall, _ effect: Effect, hasRetryAfter: Bool
  ) -> Bool {
    guard !ServiceFailure.isModelRefusal(answer.body) else { return false }
    guard effect == .paid else { return Self.temporary.contains(answer.status) }
    return Self.temporaryRefusals.contains(answer.status)
      || (answer.status == Self.refusedWithRetryAfter && hasRetryAfter)
      || isSafeToRetry(answer, call)
  }

  private func isAmbiguous(_ status: Int, body: Data, _ effect: Effect) -> Bool {
    guard effect == .paid, !ServiceFailure.isModelRefusal(body) else { return false }
    guard !ServiceFailure.isMissingCredits(ServiceFailure.message(in: body)) else { return false }
    return status >= 500 || Self.ambiguous.contains(status)
  }

  private func lost(_ reason: String, _ action: String, _ status: Int?) -> GenerationError {
    GenerationError(
      .answerLost,
      "\(failure.service) may have accepted and charged a request to \(action) whose response was lost: "
        + "\(reason)\(reason.hasSuffix(".") ? "" : ".") Look for it in the account before sending it again.",
      status: status)
  }

  private static func exhausted(_ error: GenerationError, tries: Int) -> GenerationError {
    GenerationError(error.code, "\(error.message) Tried \(tries) times.", status: error.status)
  }
}
