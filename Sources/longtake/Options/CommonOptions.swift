public import ArgumentParser
import Foundation
import Libav
public import Logging

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

  @Option(
    help: ArgumentHelp(
      "Also write events as JSON lines (longtake.event/1) to a file, fd:N or - (stdout, with --json).",
      valueName: "file"), completion: .file())
  var events: String?

  @Option(
    help: ArgumentHelp(
      "Post events, except progress, to this address, signed with LONGTAKE_NOTIFY_SECRET.", valueName: "url"))
  var notify: String?

  func apply() {
    if let limits { MediaLimits.set(limits.limits) }
    Terminal.setQuiet(quiet)
    Log.start(at: logLevel)
    guard events != nil || notify != nil else { return }
    do {
      try Events.open(events.map { try EventTarget($0) }, notify: notify)
    } catch {
      Foundation.exit(Failure.report(error).code)
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
