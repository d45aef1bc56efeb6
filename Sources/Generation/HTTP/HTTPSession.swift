import Foundation
import HTTPTypes
import Logging
import Synchronization

/// Sends all requests: the key goes to the API's own schemes, hosts and ports and nowhere else.
///
/// Redirects are followed by hand, each hop with credentials of its own. `http:` is accepted on loopback only, and
/// only when the API itself is on loopback.
final class HTTPSession: Sendable {
  static let redirectLimit = 5
  /// Bytes of an ordinary response.
  static let bodyLimit = 16 << 20
  /// Silence in a body after which an attempt is given up.
  static let bodyStall: Duration = .seconds(60)
  /// Statuses that ask for the key.
  private static let refusals: Set<Int> = [401, 403]
  static let userAgent = "longtake/0.1"

  let redactor: Redactor
  let log: Logger
  let clock: any Clock<Duration>
  /// Time for the whole body of an ordinary response.
  private let answerTime: Duration
  private let own: Set<Origin>
  private let authorization: String?
  private let transport: HTTPTransport

  /// - Parameters:
  ///   - bases: the API's addresses.
  ///   - authorization: the whole value of the header.
  init(
    bases: [URL], authorization: String?, redactor: Redactor, log: Logger, settings: ClientSettings
  ) throws {
    self.redactor = redactor
    self.log = log
    clock = settings.clock
    answerTime = settings.answerTime
    var own: Set<Origin> = []
    for base in bases {
      guard let origin = Origin(base) else {
        throw GenerationError(.unsupported, "\(redactor.clean(base.absoluteString)) is not an http or https address.")
      }
      guard origin.scheme == "https" || origin.isLoopback else {
        throw GenerationError(
          .unsupported, "\(redactor.clean(base.absoluteString)) would carry the key unencrypted. Use https.")
      }
      own.insert(origin)
    }
    self.own = own
    self.authorization = authorization
    transport = try HTTPTransport(settings.network)
  }

  /// Ends all connections; a second call does nothing.
  func close() { transport.close() }

  /// Sends a call and returns the response with its body still to be read, whatever the status.
  /// - Throws: ``ExchangeFailure`` without a response, `CancellationError`, ``GenerationError`` for an address or
  ///   a redirect that is not followed.
  func open(_ call: HTTPCall) async throws -> StreamedResponse {
    var call = call
    for _ in 0...Self.redirectLimit {
      var response = try await send(call, withKey: call.key == .always)
      if call.key == .whenRefused, Self.refusals.contains(response.status), isOwn(call.url) {
        response = try await send(call, withKey: true)
      }
      guard let target = try redirect(of: response, to: call) else { return response }
      call.redirect(to: target)
    }
    throw GenerationError(.refused, "\(shown(call.url)) has more than \(Self.redirectLimit) redirects in a row.")
  }

  /// Sends a call and reads the whole response.
  func collect(_ call: HTTPCall, limit: Int = bodyLimit) async throws -> HTTPResponse {
    let response = try await open(call)
    return try await read(response, limit: limit, from: call.url)
  }

  /// Reads the body of a response, within the time for an answer or `stall`, whichever is longer.
  func read(
    _ response: StreamedResponse, limit: Int, from url: URL, stall: Duration = bodyStall
  ) async throws -> HTTPResponse {
    let (time, elapsed) = (max(stall, answerTime), clock.stopwatch())
    do {
      let body = try await withStallLimit(stall, on: clock) { heartbeat in
        var body = Data()
        for try await chunk in response.body {
          heartbeat.beat()
          guard elapsed() <= time else { throw Endless(limit: time) }
          guard body.count + chunk.count <= limit else {
            throw GenerationError(.malformedAnswer, "\(self.shown(url)) sent more than \(limit) bytes.")
          }
          body.append(chunk)
        }
        try Task.checkCancellation()
        return body
      }
      return HTTPResponse(status: response.status, headers: response.headers, body: body)
    } catch {
      throw try broken(error, mayHaveArrived: true)
    }
  }

  /// The address for messages: without query and secrets.
  func shown(_ url: URL) -> String { redactor.clean(Redactor.address(url.absoluteString), limit: 300) }

  /// Whether the key is sent to this address.
  func isOwn(_ url: URL) -> Bool { Origin(url).map(own.contains) ?? false }

  // MARK: - One hop

  /// - Parameter withKey: sent only to the API's own origins.
  private func send(_ call: HTTPCall, withKey: Bool) async throws -> StreamedResponse {
    try check(call.url)
    let body = call.payload.map { TrackedBody(bytes: $0.bytes, journal: call.journal) }
    let elapsed = clock.stopwatch()
    do {
      let response = try await transport.execute(
        TransportRequest(
          method: call.method, url: call.sentAddress, headers: headers(of: call, withKey: withKey), body: body,
          headTimeout: call.headTimeout, usesFreshConnection: call.isPaid))
      log.debug(
        "request",
        metadata: [
          "method": "\(call.method)", "address": "\(shown(call.url))", "status": "\(response.status)",
          "seconds": "\(elapsed().inSeconds)",
        ])
      return response
    } catch {
      // A request without a body may have arrived, whatever was read of it.
      throw try broken(error, mayHaveArrived: body?.wasAsked ?? true, url: call.url)
    }
  }

  private func headers(of call: HTTPCall, withKey: Bool) -> HTTPFields {
    var headers = HTTPFields()
    headers[.userAgent] = Self.userAgent
    for header in call.headers { headers.set(header.value, name: header.name) }
    if let authorization, withKey, isOwn(call.url) { headers[.authorization] = authorization }
    if let payload = call.payload { headers[.contentType] = payload.contentType }
    return headers
  }

  private func check(_ url: URL) throws {
    guard let origin = Origin(url) else {
      throw GenerationError(.malformedAnswer, "\(shown(url)) is not an http or https address.")
    }
    guard origin.scheme == "https" || (origin.isLoopback && own.contains(where: \.isLoopback)) else {
      throw GenerationError(.refused, "\(shown(url)) is not encrypted; only https is used with another machine.")
    }
  }

  private func redirect(of response: StreamedResponse, to call: HTTPCall) throws -> GivenAddress? {
    guard [301, 302, 303, 307, 308].contains(response.status),
      let location = response.headers.first(name: "Location")
    else { return nil }
    // Whether what redirects a paid request has also accepted it is not known.
    guard !call.isPaid else { return nil }
    guard let target = GivenAddress(location, relativeTo: call.url) else {
      throw GenerationError(.malformedAnswer, "\(shown(call.url)) redirects to an invalid address.")
    }
    let reads = call.method == .get || call.method == .head
    let repeats = response.status >= 307 && Origin(target.url) == Origin(call.url)
    guard reads || repeats else {
      throw GenerationError(
        .refused,
        "\(shown(call.url)) redirects a \(call.method.rawValue) to \(shown(target.url)), which is not followed. "
          + "Check the base address.", status: response.status)
    }
    return target
  }

  /// The error for a failed exchange.
  private func broken(_ error: any Error, mayHaveArrived: Bool, url: URL? = nil) throws -> any Error {
    if error is GenerationError || error is CancellationError { return error }
    if Task.isCancelled { return CancellationError() }
    // What the journal threw, such as a full disk, is no failure of the exchange.
    guard error is TransportError || error is Stalled || error is Endless else { return error }
    let reason =
      switch error {
      case let stalled as Stalled: "no data for \(stalled.limit.inSeconds) s"
      case let endless as Endless: "no end of the response after \(endless.limit.inSeconds) s"
      case let error as TransportError where error.kind == .timedOut: "no response in time"
      default: redactor.clean("\(error)", limit: 200)
      }
    log.debug("no response", metadata: ["address": "\(url.map(shown) ?? "")", "reason": "\(reason)"])
    return ExchangeFailure(mayHaveArrived: mayHaveArrived, reason: reason)
  }
}
