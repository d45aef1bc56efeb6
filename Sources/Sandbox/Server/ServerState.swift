import Synchronization

/// A listening server and what it serves from.
struct RunningServer: Sendable {
  let port: Int
  let task: Task<Void, any Error>
  let queue: GenerationQueue
  let events: EventHub
}

/// Whether a sandbox listens, and where.
final class ServerState: Sendable {
  private let current = Mutex<RunningServer?>(nil)

  var running: RunningServer? { current.withLock { $0 } }

  func start(_ running: RunningServer) { current.withLock { $0 = running } }

  /// The server that was running.
  func stop() -> RunningServer? {
    current.withLock { now in
      defer { now = nil }
      return now
    }
  }

  /// `http://host:port`.
  func origin(host: String) -> String {
    "http://\(host.contains(":") ? "[\(host)]" : host):\(running?.port ?? 0)"
  }
}
