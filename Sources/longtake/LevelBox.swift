import Logging
import Synchronization

/// The log level of this run.
final class LevelBox: Sendable {
  private let level = Mutex(Logger.Level.warning)

  func store(_ value: Logger.Level) { level.withLock { $0 = value } }
  func load() -> Logger.Level { level.withLock { $0 } }
}
