import AsyncHTTPClient
import Foundation
public import Logging
import NIOHTTP1
public import Presets

/// The Oxen hub, and whatever speaks its protocol: the sandbox is the same client with another name and base address.
///
/// Has to be closed with ``close()``, which ends its connections and its event stream.
public final class OxenProvider: Provider {
  public let name: String
  public let waitMode: WaitMode

  let configuration: OxenConfiguration
  let session: HTTPSession
  let client: ServiceClient
  let address: HubAddress
  let feed: EventFeed
  private let store: AnchorStore

  var log: Logger { session.log }
  var watch: JobPoller {
    JobPoller(name: name, failure: client.failure, log: log, localTrouble: localTrouble) { try await self.job($0) }
  }
  private let localTrouble: (@Sendable () async -> GenerationError?)?

  /// - Parameters:
  ///   - name: what messages and the ledger call this service.
  ///   - localTrouble: asked when a generation has failed: a service on this machine may know a reason that is this
  ///     machine's own.
  public init(
    name: String = "oxen", configuration: OxenConfiguration, waitMode: WaitMode = .sse, logger: Logger? = nil,
    localTrouble: (@Sendable () async -> GenerationError?)? = nil
  ) throws {
    self.name = name
    self.localTrouble = localTrouble
    self.waitMode = waitMode
    self.configuration = configuration
    let redactor = Redactor(key: configuration.key)
    session = try HTTPSession(
      bases: [configuration.baseURL], authorization: "Bearer \(configuration.key.secret)", redactor: redactor,
      log: logger ?? Logger(label: "longtake.\(name)") { _ in SwiftLogNoOpLogHandler() })
    client = ServiceClient(
      session: session, retry: configuration.retry,
      failure: ServiceFailure(service: name, keyVariable: "OXEN_API_KEY", redactor: redactor))
    address = HubAddress(base: configuration.baseURL)
    feed = EventFeed(
      session: session, url: try address("events"), silence: configuration.streamSilence, retry: configuration.retry)
    store = AnchorStore(client: client, address: address, configuration: configuration)
  }

  public func close() async throws {
    await feed.close()
    try await session.close()
  }

  public func publish(_ image: LocalImage) async throws -> String { try await store.publish(image) }

  // MARK: - Sending

  public func enqueue(
    _ request: GenerationRequest, journal: (any SendJournal)?
  ) async throws -> [GenerationJob] {
    guard waitMode != .sync else {
      throw GenerationError(.unsupported, "Waiting by sync has no queue; use poll or sse.")
    }
    if waitMode == .sse, try await !feed.ready(within: configuration.streamPatience) {
      log.warning("the event stream cannot be reached; asking in intervals instead")
    }
    var body = try body(of: request)
    if request.takes > 1 { body["num_generations"] = .integer(Int64(request.takes)) }
    let call = try post(body, to: address("ai", "queue"))
    let answer = try await client.send(call, .paid, doing: "take a generation of \(request.model)", journal: journal)
    guard let jobs = HubAnswer.jobs(answer.body), !jobs.isEmpty else {
      throw GenerationError(
        .answerLost, "\(name) took the request but its answer names no generation. Look for it before sending again.",
        status: answer.status)
    }
    if jobs.count != request.takes {
      log.warning("another number of takes", metadata: ["asked": "\(request.takes)", "given": "\(jobs.count)"])
    }
    return jobs
  }

  /// Takes are requests of their own, side by side. When some of them fail, the clips of the others are given (they are
  /// paid) and the failures are logged; the first failure is thrown only when there is no clip at all.
  public func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let call = try post(
      body(of: request), to: address("ai", "videos", "generate"), patience: configuration.syncPatience)
    return try await ParallelTakes.gather(request.takes, log: log) {
      try await self.generateOne(call, request.model, into: directory, journal)
    }
  }

  private func generateOne(
    _ call: HTTPCall, _ model: String, into directory: String, _ journal: (any SendJournal)?
  ) async throws -> [GenerationResult] {
    let configuration = configuration
    return try await client.send(call, .paid, doing: "generate with \(model)", journal: journal) { response in
      do {
        return try await SyncAnswer.read(
          response, into: directory, patience: configuration.syncPatience, stall: configuration.transferStall,
          largest: configuration.largestClip)
      } catch let error as GenerationError where error.code == .localFile {
        throw error
      } catch {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        let reason = (error as? GenerationError)?.message ?? "the connection broke."
        throw GenerationError(
          .answerLost,
          "\(name) generated, but its answer could not be read: \(reason) Look for the clip before "
            + "paying again.", status: Int(response.status.code))
      }
    }
  }

  private func body(of request: GenerationRequest) throws -> [String: JSONValue] {
    guard (1...4).contains(request.takes) else {
      throw GenerationError(.unsupported, "One request makes 1 to 4 takes, not \(request.takes).")
    }
    var body = request.parameters
    body["model"] = .string(request.model)
    return body
  }

  private func post(_ body: [String: JSONValue], to url: URL, patience: Duration = .seconds(120)) throws -> HTTPCall {
    HTTPCall(
      method: .POST, url: url,
      payload: .init(bytes: try JSONText.encode(.object(body)), contentType: "application/json"),
      headTimeout: patience)
  }

  // MARK: - Asking

  public func job(_ id: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .GET, url: try address("ai", "queue", id))
    let answer = try await client.send(
      call, doing: "tell of generation \(client.failure.redactor.clean(id, limit: 80))")
    guard let json = JSONText.decode(answer.body),
      let job = HubAnswer.job(json) ?? json["generation"].flatMap(HubAnswer.job)
    else {
      let shown = client.failure.redactor.clean(id, limit: 80)
      let status = JSONText.decode(answer.body).flatMap { ($0["status"] ?? $0["generation"]?["status"])?.stringValue }
      throw GenerationError(
        .malformedAnswer,
        "\(name) told of generation \(shown) in a form that cannot be read"
          + (status.map { ": its status is \"\(client.failure.redactor.clean($0, limit: 40))\"." } ?? "."))
    }
    return job
  }

  public func find(_ request: GenerationRequest, since: Double) async throws -> [GenerationJob] {
    var order: [String] = []
    var found: [String: GenerationJob] = [:]
    // Active ones first: a job that ends between two lists is then in the later one.
    for status in [nil] + GenerationJob.State.allCases.filter(\.isFinal).map(\.rawValue) {
      let (jobs, theirs) = try await list(model: request.model, status: status)
      let earliest = RequestMatch.earliest(sent: since, now: Date().timeIntervalSince1970, theirs: theirs)
      let match = RequestMatch(request: request, since: earliest)
      for job in jobs where match.accepts(job) {
        if found.updateValue(job, forKey: job.id) == nil { order.append(job.id) }
      }
    }
    return order.compactMap { found[$0] }
  }

  /// The jobs, and the service's time in Unix seconds where it tells it.
  private func list(model: String, status: String?) async throws -> ([GenerationJob], Double?) {
    let url = try address("ai", "queue", query: [("model", model)] + (status.map { [("status", $0)] } ?? []))
    let answer = try await client.send(HTTPCall(method: .GET, url: url), doing: "list the generations")
    guard let jobs = HubAnswer.jobs(answer.body) else {
      throw GenerationError(.malformedAnswer, "\(name) listed the generations in a form that cannot be read.")
    }
    return (jobs, answer.headers.first(name: "Date").flatMap(HTTPDate.parse)?.timeIntervalSince1970)
  }

  public func cancel(_ id: String) async throws -> GenerationJob {
    let call = HTTPCall(method: .DELETE, url: try address("ai", "queue", id))
    _ = try await client.send(call, doing: "cancel generation \(client.failure.redactor.clean(id, limit: 80))")
    return try await job(id)
  }

  public func models(search: String?) async throws -> [JSONValue] {
    let url =
      try search.map { try address("ai", "models", "search", query: [("search", $0)]) } ?? address("ai", "models")
    let answer = try await client.send(HTTPCall(method: .GET, url: url), doing: "list its models")
    guard let models = HubAnswer.models(answer.body) else {
      throw GenerationError(.malformedAnswer, "\(name) listed its models in a form that cannot be read.")
    }
    return models
  }

  public func model(_ id: String) async throws -> JSONValue {
    let call = HTTPCall(method: .GET, url: try address("ai", "models", id))
    let answer = try await client.send(
      call, doing: "tell of the model \(client.failure.redactor.clean(id, limit: 120))")
    guard let json = JSONText.decode(answer.body), json.objectValue != nil else {
      throw GenerationError(.malformedAnswer, "\(name) told of a model in a form that cannot be read.")
    }
    return json["model"].flatMap { $0.objectValue == nil ? nil : $0 } ?? json
  }
}
