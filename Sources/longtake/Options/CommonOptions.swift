public import ArgumentParser
import Libav
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

  @Option(
    help: ArgumentHelp(
      "Limits of what is read from a media file: \(LimitsArgument.names) (default: \(LimitsArgument.defaults)).",
      valueName: "name=n,…"))
  var limits: LimitsArgument?

  func apply() {
    if let limits { MediaLimits.set(limits.limits) }
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
