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
  /// Refusals before any work: retried for paid calls, too, where the service itself wrote them.
  static let temporaryRefusals: Set<Int> = [408, 409, 425, 429]
  /// The same with `Retry-After`.
  static let refusedWithRetryAfter = 503
  /// Errors in the response to a paid call that are thrown as they are: they do not read as a refusal.
  private static let keptWhenPaid: Set<GenerationError.Code> = [.answerLost, .localFile]
  /// Temporary conditions, for calls that can be repeated.
  static let temporary: Set<Int> = [408, 409, 425, 429, 502, 503, 504]

  /// Tries of a call whose answer must be JSON.
  static let jsonTries = 3
  static let uploadTimeout: Duration = .seconds(300)

  let session: HTTPSession
  var retry: RetryPolicy
  let failure: ServiceFailure
  /// The form of the service's own refusals.
  let refusals: RefusalForm

  private var log: Logger { session.log }

  /// Sends a call and reads the whole response.
  ///
  /// - Parameters:
  ///   - action: what the service is asked to do, to follow "could not".
  ///   - accepting: statuses besides 2xx that are not errors.
  /// - Throws: ``GenerationError``; `answerLost` for a paid call unless ``NonAcceptance`` is proven.
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

  /// Sends a call that can be repeated, and does so while the answer is not JSON: a page of something in between.
  func sendForJSON(_ call: HTTPCall, doing action: String) async throws -> HTTPResponse {
    for failures in 1..<Self.jsonTries {
      let answer = try await send(call, doing: action)
      if JSONText.decode(answer.body) != nil { return answer }
      try await session.clock.sleep(for: retry.pause(afterFailure: failures))
    }
    return try await send(call, doing: action)
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
        if (200..<300).contains(status) || accepting(response) {
          do {
            return try await read(response)
          } catch let error as GenerationError where effect == .paid && !Self.keptWhenPaid.contains(error.code) {
            // Whatever goes wrong after such an answer is no refusal of the request.
            throw lost(error.message, action, status)
          }
        }
        let body = (try? await session.read(response, limit: Self.errorBodyLimit, from: call.url).body) ?? Data()
        try Task.checkCancellation()
        failed = failure.error(status: status, body: body, doing: action)
        retryAfter = RetryPolicy.retryAfter(in: response.headers)
        if effect == .paid, NonAcceptance(status: status, body: body, form: refusals) == nil {
          throw lost(reason(status, body, response.headers), action, status)
        }
        guard isRetryable(status, body, effect, hasRetryAfter: retryAfter != nil) else { throw failed }
        guard failed.code != .insufficientCredits else { throw failed }
      } catch let exchange as ExchangeFailure {
        if effect == .paid, NonAcceptance(exchange) == nil { throw lost(exchange.reason, action, nil) }
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

  private func isRetryable(_ status: Int, _ body: Data, _ effect: Effect, hasRetryAfter: Bool) -> Bool {
    guard !ServiceFailure.isModelRefusal(body) else { return false }
    guard effect == .paid else { return Self.temporary.contains(status) }
    return Self.temporaryRefusals.contains(status) || (status == Self.refusedWithRetryAfter && hasRetryAfter)
  }

  /// What an answer says, or where a redirect leads.
  private func reason(_ status: Int, _ body: Data, _ headers: HTTPFields) -> String {
    if (300..<400).contains(status), let target = headers.first(name: "Location") {
      return "HTTP \(status), a redirect to \(Redactor.address(target)), which is not followed. Check the base address."
    }
    let message = failure.redactor.clean(ServiceFailure.message(in: body))
    return message.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(message)"
  }

  private func lost(_ reason: String, _ action: String, _ status: Int?) -> GenerationError {
    GenerationError(
      .answerLost,
      "\(failure.service) may have accepted and charged a request to \(action) whose response was lost: "
        + "\(failure.redactor.clean(reason))\(reason.hasSuffix(".") ? "" : ".")",
      status: status)
  }

  private static func exhausted(_ error: GenerationError, tries: Int) -> GenerationError {
    GenerationError(error.code, "\(error.message) Tried \(tries) times.", status: error.status)
  }
}
