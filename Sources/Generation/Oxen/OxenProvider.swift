import Foundation
import HTTPTypes
public import Logging
public import Presets
public import Storyboard

/// The Oxen hub, and whatever speaks its protocol: the sandbox uses the same client with another name and base address.
///
/// Must be closed with ``close()``, which ends its connections and its event stream.
public final class OxenProvider: Provider {
  public let name: String
  public let waitMode: WaitMode

  public var pollInterval: Duration { configuration.settings.pollInterval }
  let configuration: OxenConfiguration
  let session: HTTPSession
  let client: ServiceClient
  let address: APIAddress
  let feed: EventFeed
  private let uploader: OxenUploader
  private let generations: GenerationList

  var log: Logger { session.log }
  private var waiter: JobWaiter {
    JobWaiter(
      name: name, failure: client.failure, log: log, settings: configuration.settings, localTrouble: localTrouble
    ) { try await self.job($0) }
  }
  private let localTrouble: (@Sendable () async -> GenerationError?)?

  /// - Parameters:
  ///   - name: the service's name in messages and in the ledger.
  ///   - localTrouble: called when a generation has failed: the reason may lie on this machine, where the service runs
  ///     here.
  public init(
    name: String = ProviderKind.oxen.rawValue, configuration: OxenConfiguration, waitMode: WaitMode = .sse,
    logger: Logger? = nil,
    localTrouble: (@Sendable () async -> GenerationError?)? = nil
  ) throws {
    self.name = name
    self.localTrouble = localTrouble
    self.waitMode = waitMode
    self.configuration = configuration
    let redactor = Redactor(key: configuration.key)
    session = try HTTPSession(
      bases: [configuration.baseURL], authorization: "Bearer \(configuration.key.secret)", redactor: redactor,
      log: logger ?? Logger(label: "longtake.\(name)") { _ in SwiftLogNoOpLogHandler() },
      settings: configuration.settings)
    client = ServiceClient(
      session: session, retry: configuration.settings.retry,
      failure: ServiceFailure(service: name, keyVariable: ProviderKind.oxen.keyVariable ?? "", redactor: redactor),
      refusals: .oxen)
    address = APIAddress(base: configuration.baseURL)
    generations = GenerationList(client: client, address: address)
    feed = EventFeed(
      stream: EventStream(
        session: session, url: try address("events"), silence: configuration.settings.streamSilence,
        retry: configuration.settings.retry))
    uploader = OxenUploader(client: client, address: address, configuration: configuration)
  }

  public func close() async throws {
    await feed.close()
    session.close()
  }

  public func publish(_ image: ImageUpload) async throws -> String { try await uploader.publish(image) }

  public func forgetUpload(_ image: ImageUpload) async { await uploader.forget(image) }

  // MARK: - Sending

  public func enqueue(
    _ request: GenerationRequest, journal: (any SendJournal)?
  ) async throws -> [GenerationJob] {
    guard waitMode != .sync else {
      throw GenerationError(.unsupported, "The wait mode sync has no queue. Use poll or sse.")
    }
    if waitMode == .sse, try await !feed.ready(within: configuration.settings.streamTimeout) {
      log.warning("event stream unreachable; polling instead")
    }
    var body = try body(of: request)
    if request.takes > 1 { body["num_generations"] = .integer(Int64(request.takes)) }
    let call = try post(body, to: address("ai", "queue"))
    let answer = try await client.send(
      call, .paid, doing: "accept a generation with \(request.model)", journal: journal)
    let jobs = OxenResponse.accepted(answer.body)
    guard !jobs.isEmpty else {
      throw GenerationError(
        .answerLost,
        "\(name) accepted the request but its response names no generation.", status: answer.status)
    }
    if jobs.count != request.takes {
      log.warning("unexpected number of takes", metadata: ["requested": "\(request.takes)", "got": "\(jobs.count)"])
    }
    return jobs
  }

  /// Takes are requests of their own, in parallel; see ``ParallelTakes``.
  public func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let call = try post(
      body(of: request), to: address("ai", "videos", "generate"), timeout: configuration.settings.syncTimeout)
    return try await ParallelTakes.gather(request.takes, log: log) {
      try await self.generateOne(call, request.model, into: directory, journal)
    }
  }

  private func generateOne(
    _ call: HTTPCall, _ model: String, into directory: String, _ journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let settings = configuration.settings
    return try await client.send(call, .paid, doing: "generate with \(model)", journal: journal) { response in
      do {
        return try await SyncResponse.read(response, into: directory, settings)
      } catch let error as GenerationError where error.code == .localFile {
        throw error
      } catch {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        let reason = (error as? GenerationError)?.message ?? "The connection broke."
        throw GenerationError(
          .answerLost,
          "\(name) generated the clip but its response could not be read. \(reason)", status: response.status)
      }
    }
  }

  private func body(of request: GenerationRequest) throws -> [String: JSONValue] {
    guard (1...4).contains(request.takes) else {
      throw GenerationError(.unsupported, "One request takes 1 to 4 takes, not \(request.takes).")
    }
    var body = request.parameters
    body["model"] = .string(request.model)
    return body
  }

  private func post(_ body: [String: JSONValue], to url: URL, timeout: Duration = .seconds(120)) throws -> HTTPCall {
    HTTPCall(
      method: .post, url: url,
      payload: .init(bytes: try JSONText.encode(.object(body)), contentType: "application/json"),
      headTimeout: timeout)
  }

  // MARK: - Jobs and models

  public func job(_ id: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .get, url: try address("ai", "queue", id))
    let answer = try await client.send(
      call, doing: "report generation \(client.failure.redactor.clean(id, limit: 80))")
    guard let json = JSONText.decode(answer.body),
      let job = OxenResponse.job(json) ?? json["generation"].flatMap(OxenResponse.job)
    else {
      let shown = client.failure.redactor.clean(id, limit: 80)
      let status = JSONText.decode(answer.body).flatMap { ($0["status"] ?? $0["generation"]?["status"])?.stringValue }
      throw GenerationError(
        .malformedAnswer,
        "\(name) reported generation \(shown) in an unknown form"
          + (status.map { ", with status \"\(client.failure.redactor.clean($0, limit: 40))\"." } ?? "."))
    }
    return job
  }

  public func search(for lost: LostRequest) async throws -> LostRequestSearch {
    var order: [String] = []
    var listed: [String: GenerationJob] = [:]
    var search = LostRequestSearch()
    var differences: [Double] = []
    var trouble: GenerationError?
    // Active ones first: a job that ends between two lists is then in the later one.
    for status in [nil] + GenerationJob.State.allCases.filter(\.isFinal).map(\.rawValue) {
      let list: GenerationList.Listing
      do {
        list = try await generations.read(model: lost.request.model, status: status)
      } catch let error as GenerationError {
        // What the other lists have counts all the same.
        trouble = trouble ?? error
        continue
      }
      search.isComplete = search.isComplete && list.isComplete
      if let time = list.serviceTime { differences.append(time - Date().timeIntervalSince1970) }
      for job in list.jobs where listed.updateValue(job, forKey: job.id) == nil { order.append(job.id) }
    }
    differences += listed.values.compactMap { job in
      lost.known[job.id].flatMap { $0 }.flatMap { submitted in job.enqueuedAt.map { $0 - submitted } }
    }
    let match = RequestMatch(
      request: lost.request,
      since: RequestMatch.earliest(
        sent: lost.sentAt, now: Date().timeIntervalSince1970, differences: differences))
    for job in order.compactMap({ listed[$0] }) where lost.known[job.id] == nil {
      try await add(job, to: &search, match)
    }
    if let trouble {
      guard !search.matches.isEmpty else { throw trouble }
      search.isComplete = false
    }
    return search
  }

  /// Sorts a listed job in; what its row leaves open is asked for by its id.
  private func add(_ row: GenerationJob, to search: inout LostRequestSearch, _ match: RequestMatch) async throws {
    var job = row
    var result = match.result(row)
    if result == .open || result == .likely {
      do {
        job = row.completed(by: try await self.job(row.id))
        result = match.result(job)
      } catch let error as GenerationError where [.notFound, .malformedAnswer].contains(error.code) {
        log.info("a listed generation cannot be read", metadata: ["reason": "\(error.message)"])
      }
    }
    switch result {
    case .equal: search.matches.append(job)
    case .likely: search.likely.append(job)
    case .open: search.undecided += 1
    case .different: break
    }
  }

  public func cancel(_ id: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .delete, url: try address("ai", "queue", id))
    _ = try await client.send(call, doing: "cancel generation \(client.failure.redactor.clean(id, limit: 80))")
    return try await job(id)
  }

  public func models(search: String?) async throws -> [JSONValue] {
    let url =
      try search.map { try address("ai", "models", "search", query: [("search", $0)]) } ?? address("ai", "models")
    let answer = try await client.send(HTTPCall(method: .get, url: url), doing: "list its models")
    guard let models = OxenResponse.models(answer.body) else {
      throw GenerationError(.malformedAnswer, "\(name) listed its models in an unknown form.")
    }
    return models
  }

  public func model(_ id: String) async throws -> JSONValue {
    let call = HTTPCall(method: .get, url: try address("ai", "models", id))
    let answer = try await client.send(
      call, doing: "describe the model \(client.failure.redactor.clean(id, limit: 120))")
    guard let json = JSONText.decode(answer.body), json.objectValue != nil else {
      throw GenerationError(.malformedAnswer, "\(name) described a model in an unknown form.")
    }
    return json["model"].flatMap { $0.objectValue == nil ? nil : $0 } ?? json
  }

  // MARK: - Waiting and downloading

  public func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    try await waiter.wait(for: id, timeout: timeout) {
      guard self.waitMode == .sse else { return try await self.waiter.poll(id, progress: progress) }
      let subscription = await self.feed.subscribe(to: id)
      do {
        let result = try await self.waiter.follow(
          id, subscription.signals, subscription.continuation, isConnected: { await self.feed.isConnected },
          progress: progress)
        await self.feed.unsubscribe(subscription)
        return result
      } catch {
        await self.feed.unsubscribe(subscription)
        throw error
      }
    }
  }

  public func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile {
    let download = ResultDownload(
      name: name, session: session, settings: configuration.settings, base: configuration.baseURL)
    return try await download.download(result, to: path, progress: progress) { try await self.job($0).resultURL }
  }
}
