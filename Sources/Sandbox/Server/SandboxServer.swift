import Files
import Foundation
import Hummingbird
public import Logging
import NIOCore
public import Presets

/// The offline generation API: the hub's protocol on loopback, with clips that are really rendered.
///
/// A simulator: clips are painted from the prompt's words and a seed, not made by a model, and are marked so.
/// It sends no requests and accepts any non-empty key.
public final class SandboxServer: Sendable {
  /// How a sandbox behaves; the defaults are those of `longtake sandbox`.
  public struct Configuration: Sendable {
    /// Where generations, clips and uploads are kept; a later sandbox on the same directory continues from them. Nil
    /// makes a temporary directory that is removed at the end.
    public var directory: String?
    /// A loopback address.
    public var host = "127.0.0.1"
    /// 0 picks a free port.
    public var port = 0
    /// Divides both sides of a clip; tests need no 4K.
    public var sizeDivisor = 1
    /// Seconds that a generation waits before it is rendered.
    public var latency: Duration = .zero
    /// Minimum seconds of a generation, so that a client that enqueues first and then opens the event stream, as the
    /// published examples do, receives the event.
    public var shortestGeneration = 2.0
    /// Clips rendered side by side.
    public var concurrentRenders = 1
    /// Seconds until a result's address expires.
    public var linkLifetime = 3_600.0
    /// Seconds between the comments on an idle event stream.
    public var keepAlive: Duration = .seconds(15)
    /// Models offered besides the published ones; they replace those of the same id.
    public var models: [ModelDescriptor] = []
    /// Scripted faults; nil for none.
    public var faults: FaultScript?
    public var log = Logger(label: "longtake.sandbox")

    public init(directory: String? = nil) { self.directory = directory }
  }

  /// Where generations, clips and uploads are kept.
  public let directory: String
  private let settings: Configuration
  private let isTemporary: Bool
  private let state: ServerState

  /// Prepares a sandbox without listening yet.
  /// - Throws: ``SandboxError`` when the host is not loopback or the directory cannot be made.
  public init(_ configuration: Configuration) throws {
    guard ["127.0.0.1", "::1", "localhost"].contains(configuration.host) else {
      throw SandboxError(.notLoopback, "the sandbox listens on loopback only, not on \(configuration.host)")
    }
    settings = configuration
    isTemporary = configuration.directory == nil
    directory =
      configuration.directory
      ?? FileManager.default.temporaryDirectory.appending(path: "longtake-sandbox-\(UUID().uuidString)")
      .path(percentEncoded: false)
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw SandboxError(
        .cannotStore, "cannot create the sandbox's directory \(directory): \(error.localizedDescription)")
    }
    state = ServerState()
  }

  /// Starts listening and resumes the generations that an earlier sandbox left unfinished.
  /// - Returns: the port.
  /// - Throws: ``SandboxError`` when the port is taken or the directory cannot be used.
  @discardableResult
  public func start() async throws -> Int {
    let events = EventHub()
    let links = SignedLink(lifetime: settings.linkLifetime)
    let repositories = RepositoryStore(directory: "\(directory)/repositories")
    let maker = ClipMaker(
      catalogue: ModelCatalogue(PublishedModels.all, descriptors: settings.models), repositories: repositories,
      sizeDivisor: max(1, settings.sizeDivisor), scratch: "\(directory)/scratch")
    let address = ResultAddress(links: links, state: state, host: settings.host)
    let queue = GenerationQueue(directory: directory, maker: maker, settings: settings) { record in
      guard let event = record.event(resultURL: address.url(record)), let data = try? JSONOutput.data(event) else {
        return
      }
      await events.publish(
        "event: media_generation_completed\ndata: \(String(decoding: data, as: UTF8.self))\n\n" + Self.padding)
    }
    let router = SandboxRoutes(
      queue: queue, events: events, repositories: repositories, catalogue: maker.catalogue, address: address,
      keepAlive: settings.keepAlive, log: settings.log, faults: settings.faults
    ).router()
    // Hummingbird logs every connection that ``stop()`` closes as an error.
    var quiet = settings.log
    quiet.logLevel = .critical
    let (listeners, found) = AsyncStream.makeStream(of: (any Channel).self)
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: "longtake-sandbox"),
      onServerRunning: { channel in
        found.yield(channel)
        found.finish()
      }, logger: quiet)
    let running = Task {
      defer { found.finish() }
      try await application.run()
    }
    guard let listener = await listeners.first(where: { _ in true }) else {
      let reason = await running.result
      throw SandboxError(
        .cannotListen, "cannot listen on \(settings.host):\(settings.port): \(Self.message(of: reason))")
    }
    state.start(RunningServer(listener: listener, task: running, queue: queue, events: events))
    do {
      try await queue.restore()
    } catch {
      await stop()
      throw SandboxError(.cannotStore, "cannot use the sandbox's directory \(directory): \(error)")
    }
    settings.log.notice(
      "longtake sandbox on http://\(settings.host):\(port)/api: a simulator of generation services; no model runs"
    )
    return port
  }

  /// The port listened on; 0 before the start.
  public var port: Int { state.running?.port ?? 0 }

  /// Replaces the hub's `https://hub.oxen.ai/api`.
  public var baseURL: String { state.origin(host: settings.host) + "/api" }

  /// Root of fal's hosts: its paths `run`, `queue` and `rest` replace `fal.run`, `queue.fal.run` and `rest.fal.ai`.
  public var falBaseURL: String { state.origin(host: settings.host) }

  /// Ends streams, rendering and listening. Unfinished generations stay in the directory; a temporary directory is
  /// removed.
  public func stop() async {
    guard let running = state.stop() else { return }
    await running.events.close()
    await running.queue.close()
    await running.stop()
    if isTemporary { try? FileManager.default.removeItem(atPath: directory) }
  }

  /// Why a clip could not be written, for example a full disk; nil if none failed so.
  public func storageFailure() async -> String? { await state.running?.queue.storageFailure }

  /// Waits until the sandbox has ended, by ``stop()`` or by a failure.
  public func wait() async {
    guard let running = state.running else { return }
    _ = await running.task.result
  }

  /// A comment after every event: readers that buffer 4 KiB, like Debian's awk in the published shell example, would
  /// otherwise hold the event back until the block is full.
  private static let padding = ":" + String(repeating: " ", count: 4_096) + "\n\n"

  private static func message(of result: Result<Void, any Error>) -> String {
    if case .failure(let error) = result { "\(error)" } else { "the server ended at once" }
  }
}
