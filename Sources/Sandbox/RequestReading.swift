import Foundation
import Hummingbird
import NIOCore
import Logging
import Presets
import Synchronization

extension Request {
  /// The whole body.
  /// - Throws: ``APIFailure`` when it is larger than `limit` bytes.
  func bytes(upTo limit: Int) async throws -> Data {
    do {
      return Data(try await body.collect(upTo: limit).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw APIFailure.tooLarge(limit)
    }
  }

  /// The body as a JSON object.
  func json() async throws -> JSONValue {
    let data = try await bytes(upTo: SandboxRoutes.maxRequest)
    guard let value = try? JSONText.value(JSONValue.self, from: data), value.objectValue != nil else {
      throw APIFailure.invalid("the body should be a JSON object")
    }
    return value
  }

  /// A parameter of the query, decoded; nil when it is absent.
  func query(_ name: String) -> String? {
    for pair in (uri.query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.decoded(parts[0]) == name else { continue }
      return Self.decoded(parts[1])
    }
    return nil
  }

  private static func decoded(_ text: Substring) -> String {
    let spaced = text.replacing("+", with: " ")
    return spaced.removingPercentEncoding ?? String(spaced)
  }
}

/// Lets requests pass that carry a key, whatever it is; the key itself is neither kept nor logged.
struct KeyCheck<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].allSatisfy(\.isWhitespace) else {
      throw APIFailure.unauthenticated
    }
    return try await next(request, context)
  }
}

/// Gives every error one of the published forms.
struct ErrorForms<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let failure as APIFailure {
      return try failure.response(from: request, context: context)
    } catch let error as any HTTPResponseError {
      let failure = error.status == .notFound ? APIFailure.notFound : APIFailure.invalid("\(error.status)")
      return try failure.response(from: request, context: context)
    } catch {
      context.logger.error("a request failed: \(error)")
      return try APIFailure.unknown("The sandbox could not answer; its log says why.").response(
        from: request, context: context)
    }
  }
}

/// When something last happened.
final class LastMoment: Sendable {
  private let moment: Mutex<ContinuousClock.Instant>

  init(_ moment: ContinuousClock.Instant) { self.moment = Mutex(moment) }

  var value: ContinuousClock.Instant { moment.withLock { $0 } }
  func set(_ value: ContinuousClock.Instant) { moment.withLock { $0 = value } }
}
