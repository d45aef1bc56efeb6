import AsyncHTTPClient
import Foundation
import Logging
import NIOHTTP1

/// Calls to a service's API, tried again as far as that is safe.
struct ServiceClient: Sendable {
  /// What a repetition of a call would mean.
  enum Repetition: Sendable {
    /// Asking twice gives the same.
    case harmless
    /// Each accepted call is paid: sent again only when it certainly was not accepted.
    case paid
  }

  /// Bytes of an error body that are read.
  static let errorBodyLimit = 64 << 10
  /// Clear refusals before any work, also for paid calls.
  static let refusedForNow: Set<Int> = [409, 425, 429]
  /// Refused for now where the service says when to come back; else a gateway's word, behind which a paid call may have
  /// been accepted.
  static let refusedWithDate = 503
  /// Passing conditions, when repeating does no harm.
  static let passing: Set<Int> = [408, 409, 425, 429, 502, 503, 504]
  /// After these a paid call may have been accepted.
  static let ambiguous: Set<Int> = [408]

  let session: HTTPSession
  let retry: RetryPolicy
  let failure: ServiceFailure
  /// Whether this service itself calls it safe to repeat a paid call that was answered so, besides ``refusedForNow``.
  var isSafeToRepeat: @Sendable (HTTPAnswer, HTTPCall) -> Bool = { _, _ in false }

  private var log: Logger { session.log }

  /// Sends a call and reads its answer whole.
  ///
  /// - Parameters:
  ///   - action: what the call is for, in words that follow "could not".
  ///   - accepting: statuses besides 2xx that are answers too.
  /// - Throws: ``GenerationError``; `answerLost` for a paid call that may have been accepted.
  func send(
    _ call: HTTPCall, _ repetition: Repetition = .harmless, doing action: String, accepting: Set<Int> = [],
    journal: (any SendJournal)? = nil
  ) async throws -> HTTPAnswer {
    try await send(
      call, repetition, doing: action, accepting: { accepting.contains(Int($0.status.code)) }, journal: journal
    ) { response in
      try await session.read(response, limit: HTTPSession.answerLimit, from: call.url)
    }
  }

  /// Sends a call and has the body of a good answer read by `read`.
  /// - Parameters:
  ///   - accepting: whether an answer that is not 2xx is one all the same.
  ///   - journal: told of each try of a paid call.
  func send<Value: Sendable>(
    _ call: HTTPCall, _ repetition: Repetition, doing action: String,
    accepting: (HTTPClientResponse) -> Bool = { _ in false }, journal: (any SendJournal)? = nil,
    read: (HTTPClientResponse) async throws -> Value
  ) async throws -> Value {
    var call = call
    call.isPaid = repetition == .paid
    call.journal = journal
    var failures = 0
    while true {
      var failed: GenerationError
      var retryAfter: Duration?
      do {
        let response = try await session.open(call)
        let status = Int(response.status.code)
        if (200..<300).contains(status) || accepting(response) { return try await read(response) }
        let body = (try? await session.read(response, limit: Self.errorBodyLimit, from: call.url).body) ?? Data()
        try Task.checkCancellation()
        failed = failure.error(status: status, body: body, doing: action)
        retryAfter = response.headers.first(name: "Retry-After").flatMap { RetryPolicy.retryAfter($0) }
        let answer = HTTPAnswer(status: status, headers: response.headers, body: body)
        guard isWorthRepeating(answer, of: call, repetition, hasDate: retryAfter != nil) else {
          throw isAmbiguous(status, body: body, repetition) ? lost(failed.message, action, status) : failed
        }
        guard failed.code != .insufficientCredits else { throw failed }
      } catch let broken as ExchangeFailure {
        guard repetition == .harmless || !broken.mayHaveArrived else { throw lost(broken.reason, action, nil) }
        failed = GenerationError(
          .unavailable,
          "\(failure.service) at \(session.shown(call.url)) could not be reached to \(action): "
            + "\(broken.reason).")
      }
      try journal?.wasNotTaken()
      failures += 1
      guard let pause = retry.pause(afterFailures: failures, retryAfter: retryAfter) else {
        throw failures > 1 ? Self.exhausted(failed, tries: failures) : failed
      }
      log.info("trying again", metadata: ["reason": "\(failed.message)", "seconds": "\(pause.inSeconds)"])
      try await Task.sleep(for: pause)
    }
  }

  private func isWorthRepeating(
    _ answer: HTTPAnswer, of call: HTTPCall, _ repetition: Repetition, hasDate: Bool
  ) -> Bool {
    guard !ServiceFailure.isModelRefusal(answer.body) else { return false }
    guard repetition == .paid else { return Self.passing.contains(answer.status) }
    return Self.refusedForNow.contains(answer.status) || (answer.status == Self.refusedWithDate && hasDate)
      || isSafeToRepeat(answer, call)
  }

  private func isAmbiguous(_ status: Int, body: Data, _ repetition: Repetition) -> Bool {
    guard repetition == .paid, !ServiceFailure.isModelRefusal(body) else { return false }
    guard !ServiceFailure.tellsOfMissingCredits(ServiceFailure.words(in: body)) else { return false }
    return status >= 500 || Self.ambiguous.contains(status)
  }

  private func lost(_ reason: String, _ action: String, _ status: Int?) -> GenerationError {
    GenerationError(
      .answerLost,
      "The answer of \(failure.service) was lost while it was asked to \(action), so it may have been accepted and "
        + "paid: \(reason)\(reason.hasSuffix(".") ? "" : ".") Look for it before sending it again.", status: status)
  }

  private static func exhausted(_ error: GenerationError, tries: Int) -> GenerationError {
    GenerationError(error.code, "\(error.message) Tried \(tries) times.", status: error.status)
  }
}
