public import ArgumentParser
public import Logging

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Write nothing for people to stderr, only errors.")
  var quiet = false

  @Option(
    name: .customLong("log-level"),
    help: "How much the program logs to stderr: trace, debug, info, notice, warning, error.")
  var logLevel: Logger.Level = .warning

  func apply() {
    Terminal.setQuiet(quiet)
    LogDestination.install(level: logLevel)
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Sends the log to stderr, once.
enum LogDestination {
  private static let bootstrapped: Void = LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }

  static func install(level: Logger.Level) {
    _ = bootstrapped
    current.store(level)
  }

  static let current = LevelBox()

  /// A logger at the level the user asked for.
  static func logger(_ label: String) -> Logger {
    var logger = Logger(label: label)
    logger.logLevel = current.load()
    return logger
  }
}
