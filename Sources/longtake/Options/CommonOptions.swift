public import ArgumentParser
public import Logging
import Presets

/// Options of every subcommand.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Write only errors to stderr: no progress, notes or warnings.")
  var quiet = false

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp(
      "Log to stderr from this level: trace, debug, info, notice, warning, error.", valueName: "level"))
  var logLevel: Logger.Level = .warning

  func apply() {
    Terminal.setQuiet(quiet)
    Log.start(at: logLevel)
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Where to look for presets.
struct PresetOptions: ParsableArguments {
  @Option(
    name: .customLong("presets"),
    help: ArgumentHelp(
      "Search this folder of presets first (default: LONGTAKE_PRESETS, then the bundled ones).", valueName: "dir"),
    completion: .directory)
  var directory: String?

  func library() throws -> PresetLibrary { try PresetLibrary(directory: directory) }
}
