import AsyncHTTPClient
import Foundation
public import Logging
import NIOHTTP1
public import Presets

/// fal: a queue of its own for every endpoint, a blocking call, and storage for images.
///
/// The key goes to fal's API hosts only, never to the signed addresses of uploads and clips. Requests are not listed
/// anywhere, so one whose answer was lost is never sent again unasked. Has to be closed with ``close()``.
public final class FalProvider: Provider {
  /// Looks after a cancellation was taken, to see whether it came in time.
  private static let looksAfterCancel = 3
  /// What the ingress, which stands before the queue and signs its pages, answers when nothing behind it took the request.
  private static let ingressFailures: Set<Int> = [502, 503, 504]
  private static let ingress = Data("nginx".utf8)
  private static let requestIDHeader = "x-fal-request-id"
  private static let submitPatience: Duration = .seconds(120)

  public static let usualName = "fal"

  public let name: String
  public let waitMode: WaitMode
  public var takesPerRequest: Int { 1 }

  let configuration: FalConfiguration
  let session: HTTPSession
  let client: ServiceClient
  private let storage: FalStorage

  var log: Logger { session.log }
  var watch: JobPoller {
    JobPoller(name: name, failure: client.failure, log: log, shownID: FalRequest.requestID(inJobID:)) {
      try await self.job($0)
    }
  }

  /// - Parameter name: what messages and the ledger call this service.
  public init(
    name: String = usualName, configuration: FalConfiguration, waitMode: WaitMode = .sse, logger: Logger? = nil
  ) throws {
    self.name = name
    self.waitMode = waitMode
    self.configuration = configuration
    let redactor = Redactor(key: configuration.key)
    session = try HTTPSession(
      bases: [configuration.runBase, configuration.queueBase, configuration.restBase],
      authorization: "Key \(configuration.key.secret)", redactor: redactor,
      log: logger ?? Logger(label: "longtake.\(name)") { _ in SwiftLogNoOpLogHandler() })
    client = ServiceClient(
      session: session, retry: configuration.retry,
      failure: ServiceFailure(service: name, keyVariable: "FAL_KEY", redactor: redactor),
      isSafeToRepeat: { [queue = configuration.queueBase] in
        Self.isSafeToRepeat($0, isQueued: $1.url.absoluteString.hasPrefix(queue.absoluteString + "/"))
      })
    storage = FalStorage(client: client, base: configuration.restBase)
  }

  /// As fal's own client tells it, but for a 502 or 504 to a blocking call, behind which the model may have been at work. A
  /// request id in the head means that the queue had it.
  private static func isSafeToRepeat(_ answer: HTTPAnswer, isQueued: Bool) -> Bool {
    if answer.status == 408 { return true }
    guard ingressFailures.contains(answer.status), answer.headers.first(name: requestIDHeader) == nil else {
      return false
    }
    return answer.status == 503 || (isQueued && answer.body.range(of: ingress) != nil)
  }

  public func close() async throws { try await session.close() }

  public func publish(_ image: LocalImage) async throws -> String { try await storage.publish(image) }

  // MARK: - Sending

  /// Takes are requests of their own; see ``takesPerRequest``.
  public func enqueue(
    _ request: GenerationRequest, journal: (any SendJournal)?
  ) async throws -> [GenerationJob] {
    guard waitMode != .sync else {
      throw GenerationError(.unsupported, "Waiting by sync has no queue; use poll or sse.")
    }
    let call = try post(request, to: configuration.queueBase, patience: Self.submitPatience)
    return try await ParallelTakes.gather(request.takes, log: log) {
      [try await self.submit(call, request.model, journal)]
    }
  }

  private func submit(
    _ call: HTTPCall, _ model: String, _ journal: (any SendJournal)?
  ) async throws -> GenerationJob {
    let queue = configuration.queueBase
    func isNamedFailure(_ response: HTTPClientResponse) -> Bool {
      response.status.code >= 500 && response.headers.contains(name: Self.requestIDHeader)
    }
    return try await client.send(
      call, .paid, doing: "take a generation of \(model)", accepting: isNamedFailure, journal: journal
    ) { response in
      let told = response.headers.first(name: Self.requestIDHeader)
      var request: FalRequest?
      do {
        let answer = try await session.read(response, limit: HTTPSession.answerLimit, from: call.url)
        request = JSONText.decode(answer.body).flatMap {
          FalRequest(answer: $0, endpoint: model, queue: queue, isOwn: session.isOwn)
        }
      } catch let broken as ExchangeFailure {
        log.warning("the answer to a submit broke", metadata: ["reason": "\(broken.reason)"])
      }
      request = request ?? told.flatMap { FalRequest(id: $0, of: model, queue: queue) }
      if isNamedFailure(response), let named = request {
        request = try await isQueued(named) ? named : nil
      }
      guard let request else {
        throw GenerationError(
          .answerLost,
          "\(name) answered a request with HTTP \(response.status.code) and names none in its queue: it may have been accepted "
            + "and paid. Look for it before sending it again.", status: Int(response.status.code))
      }
      return GenerationJob(id: request.jobID(queue: queue), state: .queued, model: model)
    }
  }

  /// Whether the queue knows a request that was answered with a failure.
  private func isQueued(_ request: FalRequest) async throws -> Bool {
    do {
      _ = try await job(request.jobID(queue: configuration.queueBase))
      return true
    } catch let error as GenerationError where error.code == .notFound {
      return false
    }
  }

  public func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let call = try post(request, to: configuration.runBase, patience: configuration.syncPatience)
    return try await ParallelTakes.gather(request.takes, log: log) { [try await self.run(call, request.model, journal)] }
  }

  private func run(
    _ call: HTTPCall, _ model: String, _ journal: (any SendJournal)?
  ) async throws -> GenerationResult {
    let (configuration, name) = (configuration, name)
    return try await client.send(call, .paid, doing: "generate with \(model)", journal: journal) { response in
      var reason = "it names no video"
      do {
        let answer = try await session.read(
          response, limit: HTTPSession.answerLimit, from: call.url, stall: configuration.syncPatience)
        if let address = JSONText.decode(answer.body).flatMap(FalAnswer.video) {
          return .address(url: address, jobID: nil)
        }
      } catch let broken as ExchangeFailure {
        reason = broken.reason
      }
      throw GenerationError(
        .answerLost,
        "\(name) generated, but its answer could not be read: \(reason). Look for the clip before paying again.",
        status: Int(response.status.code))
    }
  }

  private func post(_ request: GenerationRequest, to base: URL, patience: Duration) throws -> HTTPCall {
    let parts = request.model.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2 else {
      throw GenerationError(
        .unsupported, "\(client.failure.redactor.clean(request.model, limit: 120)) is no endpoint of fal: owner/app.")
    }
    return HTTPCall(
      method: .POST, url: try HubAddress(base: base).url(parts),
      payload: .init(bytes: try JSONText.encode(.object(request.parameters)), contentType: "application/json"),
      headTimeout: patience)
  }

  // MARK: - Asking

  public func job(_ id: String) async throws -> GenerationJob {
    let request = try FalRequest(jobID: id, queue: configuration.queueBase)
    let shown = client.failure.redactor.clean(request.requestID, limit: 80)
    let answer = try await client.send(
      HTTPCall(method: .GET, url: request.statusWithLogs), doing: "tell of request \(shown)")
    guard let json = JSONText.decode(answer.body), let status = FalAnswer.status(json) else {
      throw GenerationError(.malformedAnswer, "\(name) told of request \(shown) in a form that cannot be read.")
    }
    switch status.state {
    case .succeeded: return try await finished(id, request, shown)
    case .failed:
      // The result says more, where it can be had: which field, and what of it.
      let more = try? await finished(id, request, shown)
      let words = [more?.errorMessage, status.error].compactMap { $0 }.first { !$0.isEmpty }
      return GenerationJob(id: id, state: .failed, errorMessage: words)
    default: return GenerationJob(id: id, state: status.state, errorMessage: status.error)
    }
  }

  /// Asks for the result of a request that has ended.
  private func finished(_ id: String, _ request: FalRequest, _ shown: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .GET, url: request.response)
    let answer = try await client.send(
      call, doing: "give the result of request \(shown)", accepting: Self.verdicts.union(Self.failing))
    if (200..<300).contains(answer.status) {
      guard let json = JSONText.decode(answer.body) else {
        throw GenerationError(.malformedAnswer, "\(name) gave the result of \(shown) in a form that cannot be read.")
      }
      return GenerationJob(id: id, state: .succeeded, resultURL: FalAnswer.video(json))
    }
    let words = FalAnswer.refusal(answer.body) ?? ServiceFailure.words(in: answer.body)
    guard Self.verdicts.contains(answer.status) || FalAnswer.refusal(answer.body) != nil else {
      throw client.failure.error(
        status: answer.status, body: answer.body, doing: "give the result of request \(shown)")
    }
    let isCancelled = FalAnswer.tellsOfCancellation(words)
    return GenerationJob(
      id: id, state: isCancelled ? .cancelled : .failed, errorMessage: words.isEmpty ? "HTTP \(answer.status)" : words)
  }

  /// What a result may answer when the model did not make one.
  private static let verdicts: Set<Int> = [400, 422]
  /// The same, if a model's own words come with it.
  private static let failing: Set<Int> = [500]

  /// Always throws: nothing lists what was sent.
  public func find(_ request: GenerationRequest, since: Double) async throws -> [GenerationJob] {
    throw GenerationError(
      .answerLost,
      "The answer to a request of \(client.failure.redactor.clean(request.model, limit: 120)) was lost, and \(name) "
        + "lists no requests by which it could be found: it may have been accepted and paid. Look at the account; "
        + "then 'longtake redo' of the shot makes the next run send it again.")
  }

  public func cancel(_ id: String) async throws -> GenerationJob {
    let request = try FalRequest(jobID: id, queue: configuration.queueBase)
    let shown = client.failure.redactor.clean(request.requestID, limit: 80)
    let answer = try await client.send(
      HTTPCall(method: .PUT, url: request.cancel), doing: "cancel request \(shown)", accepting: [400])
    for look in 1...Self.looksAfterCancel {
      do {
        let job = try await job(id)
        if job.state.isFinal { return job }
        if answer.status != 400, job.state == .queued { return GenerationJob(id: id, state: .cancelled) }
        if look == Self.looksAfterCancel { return job }
      } catch let error as GenerationError where error.code == .notFound {
        return GenerationJob(id: id, state: .cancelled)
      }
      try await Task.sleep(for: client.retry.pause(afterFailure: 1))
    }
    return GenerationJob(id: id, state: .processing)
  }

  public func models(search: String?) async throws -> [JSONValue] { throw Self.noCatalogue }
  public func model(_ id: String) async throws -> JSONValue { throw Self.noCatalogue }

  private static let noCatalogue = GenerationError(
    .unsupported, "fal publishes no catalogue that could be asked; see the bundled descriptors with --offline.")

  // MARK: - Fetching

  public func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile {
    let fetch = ResultFetch(
      name: name, session: session, retry: configuration.retry, stall: configuration.transferStall,
      largest: configuration.largestClip, base: configuration.queueBase, carriesKey: false)
    return try await fetch.download(result, to: path, progress: progress) { try await self.job($0).resultURL }
  }
}
