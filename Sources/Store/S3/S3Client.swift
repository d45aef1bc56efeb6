import Files
import Foundation
import Generation
import HTTPTypes

/// One request to a bucket.
struct S3Request: Sendable {
  var method: HTTPRequest.Method
  /// Below the store's prefix; nil for the bucket itself.
  var key: String?
  var query: [(name: String, value: String)] = []
  /// Names in lower case.
  var headers: [(name: String, value: String)] = []
  var body: Data?
  /// What the store is asked to do, to follow "could not".
  var action: String
  /// Sent on a connection of its own, on which libcurl never repeats it: for conditional writes.
  var isConditional = false
  /// Bytes of an answer that is read.
  var limit = 16 << 20
}

/// An answer with its whole body.
struct S3Answer: Sendable {
  let status: Int
  let headers: HTTPFields
  let body: Data

  var isSuccess: Bool { (200..<300).contains(status) }
  var document: S3Document? { S3Document(body) }
  var tag: EntityTag? { headers.first(name: "ETag").map { EntityTag($0) } }
}

/// No whole answer came.
struct S3Silence: Error {
  /// False when the request certainly did not leave whole.
  let mayHaveArrived: Bool
  let reason: String
}

/// Sends signed requests, with retries as far as they are harmless.
struct S3Client: Sendable {
  private static let userAgent = "longtake"
  /// Time to the head of an answer.
  private static let headTimeout: Duration = .seconds(60)
  /// The same when up to 16 MiB are sent first.
  private static let uploadTimeout: Duration = .seconds(300)
  /// Silence in a body after which it is given up.
  private static let stall: Duration = .seconds(60)
  /// Bytes from which on a body takes time.
  private static let smallBody = 1 << 20

  let configuration: S3Configuration
  let retry: RetryPolicy
  private let transport: HTTPTransport

  init(_ configuration: S3Configuration, retry: RetryPolicy) throws {
    self.configuration = configuration
    self.retry = retry
    do {
      transport = try HTTPTransport(configuration.network)
    } catch {
      throw StoreError(.unavailable, "No connection can be opened: \(error).")
    }
  }

  func close() { transport.close() }

  /// Sends a request that can be repeated, until an answer comes that is no passing failure.
  /// - Parameter accepting: statuses besides 2xx that are returned.
  /// - Throws: ``StoreError``, `CancellationError`.
  func send(_ request: S3Request, accepting: Set<Int> = []) async throws -> S3Answer {
    var failures = 0
    while true {
      let (failed, retryAfter): (StoreError, Duration?)
      do {
        let answer = try await once(request)
        if answer.isSuccess || accepting.contains(answer.status) { return answer }
        let failure = failure(answer, request)
        guard failure.isPassing else { throw failure.error }
        (failed, retryAfter) = (failure.error, failure.retryAfter)
      } catch let silence as S3Silence {
        (failed, retryAfter) = (unavailable(silence, request), nil)
      }
      failures += 1
      try await pause(afterFailures: failures, failed, retryAfter: retryAfter)
    }
  }

  /// Waits before the next try.
  /// - Throws: `failed` when there is none.
  func pause(afterFailures failures: Int, _ failed: StoreError, retryAfter: Duration? = nil) async throws {
    guard let pause = retry.pause(afterFailures: failures, retryAfter: retryAfter) else {
      guard failures > 1 else { throw failed }
      throw StoreError(failed.code, "\(failed.message) Tried \(failures) times.", status: failed.status)
    }
    try await Task.sleep(for: pause)
  }

  func failure(_ answer: S3Answer, _ request: S3Request) -> S3Failure {
    S3Failure(answer, doing: request.action, configuration)
  }

  func unavailable(_ silence: S3Silence, _ request: S3Request) -> StoreError {
    StoreError(
      .unavailable,
      "\(configuration.address) could not \(request.action): \(configuration.origin) cannot be reached: "
        + "\(silence.reason).")
  }

  /// One try, with the whole answer.
  /// - Throws: ``S3Silence``, ``StoreError`` `malformedAnswer` for a longer answer, `CancellationError`.
  func once(_ request: S3Request) async throws -> S3Answer {
    let response = try await open(request)
    return S3Answer(
      status: response.status, headers: response.headers, body: try await collect(response, request))
  }

  func collect(_ response: StreamedResponse, _ request: S3Request) async throws -> Data {
    var body = Data()
    while let chunk = try await next(response.body) {
      guard body.count + chunk.count <= request.limit else {
        throw StoreError(
          .malformedAnswer,
          "\(configuration.address) could not \(request.action): the answer has more than \(request.limit) bytes.")
      }
      body.append(chunk)
    }
    return body
  }

  /// The next bytes of a body; nil at its end.
  /// - Throws: ``S3Silence``, `CancellationError`.
  func next(_ body: ResponseBody) async throws -> Data? {
    do {
      return try await withThrowingTaskGroup(of: Data?.self) { group in
        group.addTask {
          var chunks = body.makeAsyncIterator()
          return try await chunks.next()
        }
        group.addTask {
          try await Task.sleep(for: Self.stall)
          throw S3Silence(mayHaveArrived: true, reason: "no data for \(Self.stall)")
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch {
      throw broken(error, mayHaveArrived: true)
    }
  }

  /// One try, with the body still to be read.
  /// - Throws: ``S3Silence``, `CancellationError`.
  func open(_ request: S3Request) async throws -> StreamedResponse {
    let body = request.body.map { TrackedBody(bytes: $0) }
    do {
      return try await transport.execute(signed(request, body))
    } catch {
      // Without a body, everything of the request may have left.
      throw broken(error, mayHaveArrived: body.map { $0.wasAsked || $0.bytes.isEmpty } ?? true)
    }
  }

  private func signed(_ request: S3Request, _ body: TrackedBody?) -> TransportRequest {
    let configuration = configuration
    let time = S3Signature.time(Date())
    let payload = request.body.map { SHA256Text.of($0) } ?? S3Signature.emptyPayload
    var fields =
      request.headers + [("host", configuration.host), ("x-amz-content-sha256", payload), ("x-amz-date", time)]
    if let token = configuration.credentials.sessionToken { fields.append(("x-amz-security-token", token)) }
    let key = request.key.map { "/" + S3Signature.path(configuration.prefix + $0) } ?? ""
    let path = configuration.basePath + key
    let query = S3Signature.query(request.query)
    let subject = S3Signature.Subject(
      method: request.method.rawValue, path: path.isEmpty ? "/" : path, query: query, headers: fields, payload: payload)
    let signature = S3Signature(credentials: configuration.credentials, region: configuration.region)
    var headers = HTTPFields()
    headers[.userAgent] = Self.userAgent
    headers[.authorization] = signature.authorization(subject, time: time)
    for field in fields where field.name != "host" { headers.set(field.value, name: field.name) }
    if request.body != nil { headers[.contentType] = "application/octet-stream" }
    return TransportRequest(
      method: request.method, url: configuration.origin + subject.path + (query.isEmpty ? "" : "?\(query)"),
      headers: headers, body: body,
      headTimeout: (request.body?.count ?? 0) > Self.smallBody ? Self.uploadTimeout : Self.headTimeout,
      usesFreshConnection: request.isConditional)
  }

  private func broken(_ error: any Error, mayHaveArrived: Bool) -> any Error {
    if Task.isCancelled { return CancellationError() }
    guard let error = error as? TransportError else { return error }
    let reason = error.kind == .timedOut ? "no response in time" : Redactor().clean("\(error)", limit: 200)
    return S3Silence(mayHaveArrived: mayHaveArrived, reason: reason)
  }
}
