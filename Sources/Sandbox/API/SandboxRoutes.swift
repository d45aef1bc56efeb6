import Foundation
import Hummingbird
import Logging
import NIOCore
import Presets
import Synchronization

/// The routes of the hub's protocol, under `/api` and at the root, and their handlers.
struct SandboxRoutes: Sendable {
  typealias Context = SandboxContext

  /// Bytes of a JSON body, which may hold images as `data:` addresses.
  static let maxRequest = 64 * 1024 * 1024
  /// Bytes of an upload.
  static let maxUpload = 256 * 1024 * 1024

  let queue: GenerationQueue
  let events: EventHub
  let repositories: RepositoryStore
  let catalogue: ModelCatalogue
  let address: ResultAddress
  let keepAlive: Duration
  let log: Logger
  let faults: FaultScript?

  func router() -> Router<Context> {
    let router = Router(context: Context.self)
    if let faults { router.add(middleware: FaultPlayer(faults, log: log)) }
    router.add(middleware: ErrorResponses())
    for prefix in ["", "/api"] {
      let open = router.group(RouterPath(prefix))
      open.get("repos/:namespace/:name/file/**", use: download)
      let group = open.add(middleware: KeyCheck())
      group.post("ai/queue", use: enqueue)
      group.get("ai/queue", use: list)
      group.get("ai/queue/:id", use: show)
      group.delete("ai/queue/:id", use: cancel)
      group.post("ai/videos/generate", use: generate)
      group.get("ai/models", use: listModels)
      group.get("ai/models/search", use: searchModels)
      group.get("ai/models/:id", use: showModel)
      group.get("events", use: stream)
      group.post("repos", use: createRepository)
      group.put("repos/:namespace/:name/file/**", use: upload)
    }
    addFal(to: router)
    router.get("\(ResultAddress.folder)/:file", use: result)
    return router
  }

  // MARK: the queue

  private func enqueue(_ request: Request, _ context: Context) async throws -> Response {
    let records = try await queue.enqueue(try await request.json())
    return try .json([
      "generations": .array(
        records.map { ["generation_id": .string($0.id), "status": .string($0.status.rawValue)] })
    ])
  }

  private func list(_ request: Request, _ context: Context) async throws -> Response {
    let filter = GenerationFilter(
      namespace: request.query("namespace"), model: request.query("model"), status: request.query("status"),
      mediaType: request.query("media_type"), repository: request.query("repo"), folder: request.query("folder"))
    let records = await queue.list(filter)
    return try .json([
      "count": .integer(Int64(records.count)),
      "generations": .array(records.map { $0.json(resultURL: address.url($0)) }),
    ])
  }

  private func show(_ request: Request, _ context: Context) async throws -> Response {
    guard let record = await queue.record(context.parameters.get("id") ?? "") else { throw APIFailure.notFound }
    return try .json(record.json(resultURL: address.url(record)))
  }

  private func cancel(_ request: Request, _ context: Context) async throws -> Response {
    guard let record = try await queue.cancel(context.parameters.get("id") ?? "") else { throw APIFailure.notFound }
    return try .json(["generation_id": .string(record.id), "status": .string(record.status.rawValue)])
  }

  /// The synchronous call: enqueues and waits.
  private func generate(_ request: Request, _ context: Context) async throws -> Response {
    let body = try await request.json()
    let format = body["response_format"]?.stringValue ?? "url"
    guard ["url", "b64_json"].contains(format) else {
      throw APIFailure.invalid("response_format must be url or b64_json")
    }
    var videos: [JSONValue] = []
    var created = Date().timeIntervalSince1970
    for queued in try await queue.enqueue(body) {
      guard let record = await queue.outcome(of: queued.id) else { throw APIFailure.notFound }
      guard record.status == .succeeded else {
        throw APIFailure.model(record.errorMessage ?? "The generation ended as \(record.status.rawValue)")
      }
      created = record.completedAt ?? created
      var video: [String: JSONValue] = [:]
      if format == "url" {
        video["url"] = address.url(record).map { .string($0) }
      } else {
        let data = try Data(contentsOf: URL(fileURLWithPath: queue.clipPath(record.id)))
        video["b64_json"] = .string(data.base64EncodedString())
      }
      if let note = record.note { video["sandbox_note"] = .string(note) }
      videos.append(.object(video))
    }
    return try .json([
      "model": body["model"] ?? .null, "created": .integer(Int64(created)), "videos": .array(videos),
    ])
  }

  // MARK: events

  /// The event stream; it subscribes before the response head is sent.
  private func stream(_ request: Request, _ context: Context) async throws -> Response {
    let (id, texts) = await events.subscribe()
    let (events, pause) = (events, keepAlive)
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"],
      body: ResponseBody { writer in
        do {
          try await writer.write(ByteBuffer(string: ": longtake sandbox\n\n"))
          for await text in Self.withComments(texts, every: pause) { try await writer.write(ByteBuffer(string: text)) }
          await events.unsubscribe(id)
          try await writer.finish(nil)
        } catch {
          await events.unsubscribe(id)
          throw error
        }
      })
  }

  /// The events, and a comment whenever none came for a while.
  private static func withComments(_ texts: AsyncStream<String>, every pause: Duration) -> AsyncStream<String> {
    AsyncStream { continuation in
      let forward = Task {
        let clock = ContinuousClock()
        let last = LastMoment(clock.now)
        let idle = Task {
          while !Task.isCancelled {
            let due = last.value + pause
            if clock.now >= due {
              continuation.yield(": keep-alive\n\n")
              last.set(clock.now)
            } else {
              try await Task.sleep(until: due, clock: clock)
            }
          }
        }
        for await text in texts {
          continuation.yield(text)
          last.set(clock.now)
        }
        idle.cancel()
        continuation.finish()
      }
      continuation.onTermination = { _ in forward.cancel() }
    }
  }
}

/// The context of a request, with its connection, so that a fault can close it.
struct SandboxContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Closes the connection at once.
  func cut() async { try? await channel.close(mode: .all).get() }
}

/// The time of the last event.
private final class LastMoment: Sendable {
  private let moment: Mutex<ContinuousClock.Instant>

  init(_ moment: ContinuousClock.Instant) { self.moment = Mutex(moment) }

  var value: ContinuousClock.Instant { moment.withLock { $0 } }
  func set(_ value: ContinuousClock.Instant) { moment.withLock { $0 = value } }
}
