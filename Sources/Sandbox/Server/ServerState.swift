import NIOCore
import Synchronization

/// A listening server and what it serves from.
struct RunningServer: Sendable {
  /// Where connections are accepted.
  let listener: any Channel
  let task: Task<Void, any Error>
  let queue: GenerationQueue
  let events: EventHub

  var port: Int { listener.localAddress?.port ?? 0 }

  /// Stops accepting, hands over what was accepted, then closes all connections.
  ///
  /// NIO traps on a connection that was accepted but not yet handed over when the listener closes or its reader is
  /// cancelled (swift-nio issues 2637 and 2813).
  func stop() async {
    try? await listener.setOption(.autoRead, value: false).get()
    try? await Task.sleep(for: .milliseconds(50))
    try? await listener.close()
    task.cancel()
    _ = await task.result
  }
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
