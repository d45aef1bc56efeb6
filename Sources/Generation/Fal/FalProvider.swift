import Foundation
import HTTPTypes
public import Logging
public import Presets
public import Storyboard
import Synchronization

/// fal: one queue per endpoint, a blocking call, and storage for images.
///
/// The key goes to fal's API hosts only, never to the signed addresses of uploads and clips. A request whose response was
/// lost is looked for in the history of its endpoint. Must be closed with ``close()``.
public final class FalProvider: Provider {
  /// Status requests after a cancellation was accepted, to see whether it came in time.
  private static let cancelLookLimit = 3
  private static let requestIDHeader = "x-fal-request-id"
  private static let submitTimeout: Duration = .seconds(120)

  public let name: String
  public let waitMode: WaitMode
  public var pollInterval: Duration { configuration.settings.pollInterval }
  public var takesPerRequest: Int { 1 }

  /// fal never charges for its own errors (500 and above); for a refusal of the input it may, where the model had begun.
  public func mayCharge(forFailure status: Int?) -> Bool { status.map { (400..<500).contains($0) } ?? false }

  let configuration: FalConfiguration
  let session: HTTPSession
  let client: ServiceClient
  private let uploader: FalUploader

  var log: Logger { session.log }
  private var waiter: JobWaiter {
    JobWaiter(
      name: name, failure: client.failure, log: log, settings: configuration.settings,
      shownID: FalRequest.requestID(inJobID:)
    ) { try await self.job($0) }
  }

  /// - Parameter name: the service's name in messages and in the ledger.
  public init(
    name: String = ProviderKind.fal.rawValue, configuration: FalConfiguration, waitMode: WaitMode = .sse,
    logger: Logger? = nil
  ) throws {
    self.name = name
    self.waitMode = waitMode
    self.configuration = configuration
    let redactor = Redactor(key: configuration.key)
    session = try HTTPSession(
      bases: [configuration.runBase, configuration.queueBase, configuration.restBase, configuration.apiBase],
      authorization: "Key \(configuration.key.secret)", redactor: redactor,
      log: logger ?? Logger(label: "longtake.\(name)") { _ in SwiftLogNoOpLogHandler() },
      settings: configuration.settings)
    client = ServiceClient(
      session: session, retry: configuration.settings.retry,
      failure: ServiceFailure(service: name, keyVariable: ProviderKind.fal.keyVariable ?? "", redactor: redactor),
      refusals: .fal)
    uploader = FalUploader(client: client, base: configuration.restBase)
  }

  public func close() async throws { session.close() }

  public func publish(_ image: ImageUpload) async throws -> String { try await uploader.publish(image) }

  public func forgetUpload(_ image: ImageUpload) async { await uploader.forget(image) }

  // MARK: - Sending

  /// Takes are requests of their own; see ``takesPerRequest``.
  public func enqueue(
    _ request: GenerationRequest, journal: (any SendJournal)?
  ) async throws -> [GenerationJob] {
    guard waitMode != .sync else {
      throw GenerationError(.unsupported, "The wait mode sync has no queue. Use poll or sse.")
    }
    let call = try post(request, to: configuration.queueBase, timeout: Self.submitTimeout)
    return try await ParallelTakes.gather(request.takes, log: log) {
      [try await self.submit(call, request.model, journal)]
    }
  }

  private func submit(
    _ call: HTTPCall, _ model: String, _ journal: (any SendJournal)?
  ) async throws -> GenerationJob {
    let queue = configuration.queueBase
    return try await client.send(
      call, .paid, doing: "accept a generation with \(model)", accepting: Self.isNamedFailure, journal: journal
    ) { response in
      var request: FalRequest?
      do {
        let answer = try await session.read(response, limit: HTTPSession.bodyLimit, from: call.url)
        request = JSONText.decode(answer.body).flatMap {
          FalRequest(answer: $0, endpoint: model, queue: queue, isOwn: session.isOwn)
        }
      } catch let failure as ExchangeFailure {
        log.warning("the response to a submit broke off", metadata: ["reason": "\(failure.reason)"])
      }
      request = request ?? named(by: response, model)
      if Self.isNamedFailure(response), let named = request {
        request = try await isQueued(named) ? named : nil
      }
      guard let request else {
        throw GenerationError(
          .answerLost,
          "\(name) may have accepted and charged a request: it answered HTTP \(response.status) without a request id.",
          status: response.status)
      }
      return GenerationJob(id: request.jobID(queue: queue), state: .queued, model: model)
    }
  }

  /// Whether the service failed after it had given the request an id, so that it may have accepted it.
  private static func isNamedFailure(_ response: StreamedResponse) -> Bool {
    response.status >= 500 && response.headers.contains(name: requestIDHeader)
  }

  /// The request that the headers of a response name.
  private func named(by response: StreamedResponse, _ model: String) -> FalRequest? {
    response.headers.first(name: Self.requestIDHeader).flatMap {
      FalRequest(id: $0, of: model, queue: configuration.queueBase)
    }
  }

  /// Whether the queue has a request that was answered with a failure; true while that cannot be found out, because then
  /// it may have been accepted.
  private func isQueued(_ request: FalRequest) async throws -> Bool {
    do {
      _ = try await job(request.jobID(queue: configuration.queueBase))
      return true
    } catch let error as GenerationError {
      return error.code != .notFound
    }
  }

  public func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let call = try post(request, to: configuration.runBase, timeout: configuration.settings.syncTimeout)
    return try await ParallelTakes.gather(request.takes, log: log) {
      [try await self.run(call, request.model, journal)]
    }
  }

  private enum BlockingAnswer {
    case clip(url: String)
    case failure(status: Int, of: FalRequest?)
  }

  private func run(
    _ call: HTTPCall, _ model: String, _ journal: (any SendJournal)?
  ) async throws -> GenerationResult {
    let (settings, name) = (configuration.settings, name)
    let answer: BlockingAnswer = try await client.send(
      call, .paid, doing: "generate with \(model)", accepting: Self.isNamedFailure, journal: journal
    ) { response in
      if Self.isNamedFailure(response) { return .failure(status: response.status, of: named(by: response, model)) }
      var reason = "it has no video"
      do {
        let answer = try await session.read(
          response, limit: HTTPSession.bodyLimit, from: call.url, stall: settings.syncTimeout)
        if let address = JSONText.decode(answer.body).flatMap(FalResponse.video) { return .clip(url: address) }
      } catch let failure as ExchangeFailure {
        reason = failure.reason
      }
      throw GenerationError(
        .answerLost,
        "\(name) generated the clip but its response could not be read: \(reason).", status: response.status)
    }
    switch answer {
    case .clip(let url): return .address(url: url, jobID: nil)
    case .failure(let status, let request): return try await outcome(of: request, failedWith: status, model)
    }
  }

  /// What became of a blocking call that failed after its request had an id: the queue may go on with it.
  private func outcome(of request: FalRequest?, failedWith status: Int, _ model: String) async throws
    -> GenerationResult
  {
    let lost = GenerationError(
      .answerLost,
      "\(name) may have accepted and charged a request to generate with \(model): it answered HTTP \(status), "
        + "and what became of the request cannot be found out.", status: status)
    guard let id = request?.jobID(queue: configuration.queueBase) else { throw lost }
    do {
      return try await wait(for: id, timeout: configuration.settings.syncTimeout) { _ in }
    } catch let error as GenerationError {
      // Only the request's own end proves anything: that the queue refuses to tell of it does not.
      guard let state = try? await job(id).state, [.failed, .cancelled].contains(state) else { throw lost }
      throw error
    }
  }

  private func post(_ request: GenerationRequest, to base: URL, timeout: Duration) throws -> HTTPCall {
    let parts = request.model.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2 else {
      throw GenerationError(
        .unsupported,
        "\(client.failure.redactor.clean(request.model, limit: 120)) is not an endpoint of fal, such as owner/app.")
    }
    return HTTPCall(
      method: .post, url: try APIAddress(base: base).url(parts),
      payload: .init(bytes: try JSONText.encode(.object(request.parameters)), contentType: "application/json"),
      headTimeout: timeout)
  }

  // MARK: - Jobs and models

  public func job(_ id: String) async throws -> GenerationJob {
    let request = try FalRequest(jobID: id, queue: configuration.queueBase)
    let shown = client.failure.redactor.clean(request.requestID, limit: 80)
    let answer = try await client.send(
      HTTPCall(method: .get, url: request.statusWithLogs), doing: "report request \(shown)")
    guard let json = JSONText.decode(answer.body), let status = FalResponse.status(json) else {
      throw GenerationError(.malformedAnswer, "\(name) reported request \(shown) in an unknown form.")
    }
    switch status.state {
    case .succeeded: return try await finished(id, request, shown)
    case .failed:
      // The result has the details, such as the field.
      let details = try? await finished(id, request, shown)
      let reason = [details?.errorMessage, status.error].compactMap { $0 }.first { !$0.isEmpty }
      return GenerationJob(id: id, state: .failed, errorMessage: reason, failureStatus: details?.failureStatus)
    default: return GenerationJob(id: id, state: status.state, errorMessage: status.error)
    }
  }

  /// The result of a request that has ended.
  private func finished(_ id: String, _ request: FalRequest, _ shown: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .get, url: request.response)
    let answer = try await client.send(
      call, doing: "return the result of request \(shown)", accepting: Self.refusals.union(Self.failures))
    if (200..<300).contains(answer.status) {
      guard let json = JSONText.decode(answer.body) else {
        throw GenerationError(.malformedAnswer, "\(name) returned the result of \(shown) in an unknown form.")
      }
      return GenerationJob(id: id, state: .succeeded, resultURL: FalResponse.video(json))
    }
    let reason = FalResponse.refusal(answer.body) ?? ServiceFailure.message(in: answer.body)
    guard Self.refusals.contains(answer.status) || FalResponse.refusal(answer.body) != nil else {
      throw client.failure.error(
        status: answer.status, body: answer.body, doing: "return the result of request \(shown)")
    }
    let isCancelled = FalResponse.isCancellation(reason)
    return GenerationJob(
      id: id, state: isCancelled ? .cancelled : .failed,
      errorMessage: reason.isEmpty ? "HTTP \(answer.status)" : reason, failureStatus: answer.status)
  }

  /// Statuses of a result when the model refused the request.
  private static let refusals: Set<Int> = [400, 422]
  /// The same, if the body has the model's message.
  private static let failures: Set<Int> = [500]

  public func search(for lost: LostRequest) async throws -> LostRequestSearch {
    try await history.search(for: lost)
  }

  /// A result is kept for minutes, and in the history for days.
  public func keptResult(of id: String, of request: LostRequest) async throws -> String? {
    try await history.result(of: FalRequest.requestID(inJobID: id), of: request)
  }

  private var history: FalHistory {
    // A search for a lost answer goes on for minutes by itself.
    var client = client
    client.retry = client.retry.brief
    return FalHistory(client: client, base: configuration.apiBase, queue: configuration.queueBase)
  }

  public func cancel(_ id: String) async throws -> GenerationJob {
    let request = try FalRequest(jobID: id, queue: configuration.queueBase)
    let shown = client.failure.redactor.clean(request.requestID, limit: 80)
    let answer = try await client.send(
      HTTPCall(method: .put, url: request.cancel), doing: "cancel request \(shown)", accepting: [400])
    for look in 1...Self.cancelLookLimit {
      do {
        let job = try await job(id)
        if job.state.isFinal { return job }
        if answer.status != 400, job.state == .queued { return GenerationJob(id: id, state: .cancelled) }
        if look == Self.cancelLookLimit { return job }
      } catch let error as GenerationError where error.code == .notFound {
        return GenerationJob(id: id, state: .cancelled)
      }
      try await session.clock.sleep(for: client.retry.pause(afterFailure: 1))
    }
    return GenerationJob(id: id, state: .processing)
  }

  public func models(search: String?) async throws -> [JSONValue] { throw Self.noCatalogue }
  public func model(_ id: String) async throws -> JSONValue { throw Self.noCatalogue }

  private static let noCatalogue = GenerationError(
    .unsupported, "fal has no model catalogue. See the bundled descriptors with --offline.")

  // MARK: - Waiting and downloading

  public func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    try await waiter.wait(for: id, timeout: timeout) {
      guard self.waitMode == .sse else { return try await self.waiter.poll(id, progress: progress) }
      let request = try FalRequest(jobID: id, queue: self.configuration.queueBase)
      let stream = EventStream(
        session: self.session, url: request.stream, silence: self.configuration.settings.streamSilence,
        retry: self.configuration.settings.retry)
      let (signals, continuation) = AsyncStream.makeStream(of: JobWaiter.Signal.self)
      defer { continuation.finish() }
      let isConnected = Mutex(false)
      return try await self.waiter.follow(
        id, signals, continuation, isConnected: { isConnected.withLock(\.self) }, progress: progress
      ) {
        await stream.listen { notice in
          switch notice {
          case .connected:
            isConnected.withLock { $0 = true }
            continuation.yield(.check)
          case .disconnected: isConnected.withLock { $0 = false }
          case .refused: break
          case .event(let event):
            guard let state = JSONText.decode(Data(event.data.utf8)).flatMap(FalResponse.status)?.state else { return }
            // The stream does not carry the result.
            continuation.yield(state.isFinal ? .check : .reported(GenerationJob(id: id, state: state)))
          }
        }
      }
    }
  }

  public func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile {
    let download = ResultDownload(
      name: name, session: session, settings: configuration.settings, base: configuration.queueBase)
    return try await download.download(result, to: path, progress: progress) { try await self.job($0).resultURL }
  }
}
