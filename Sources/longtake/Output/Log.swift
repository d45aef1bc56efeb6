import Logging
import Synchronization

/// The program's log: to stderr, at the level of `--log-level`.
enum Log {
  private static let bootstrapped: Void = LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
  private static let level = Mutex(Logger.Level.warning)

  static func start(at level: Logger.Level) {
    _ = bootstrapped
    self.level.withLock { $0 = level }
  }

  static func logger(_ label: String) -> Logger {
    var logger = Logger(label: label)
    logger.logLevel = level.withLock { $0 }
    return logger
  }
}
