import Synchronization

/// A sandbox that listens.
struct Running: Sendable {
  let port: Int
  let task: Task<Void, any Error>
  let desk: GenerationQueue
  let events: EventHub
}

/// Whether a sandbox listens, and where.
final class ServerState: Sendable {
  private let current = Mutex<Running?>(nil)

  var running: Running? { current.withLock { $0 } }

  func began(_ running: Running) { current.withLock { $0 = running } }

  /// What was running until now.
  func ended() -> Running? {
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
