import ArgumentParser
import CVersion
import Dispatch
import Libav

/// The entry. Synchronous, because an asynchronous one opens files of its own before its first line.
@main
enum Entry {
  static func main() {
    StandardStreams.openClosed()
    Task { await Longtake.main() }
    dispatchMain()
  }
}

/// The program: one subcommand per job, each in `Commands`.
struct Longtake: AsyncParsableCommand {
  static let version = String(cString: lt_version)

  static let configuration = CommandConfiguration(
    commandName: "longtake",
    abstract: "From a storyboard to one long, verified 4K master.",
    discussion: """
      The answer of a command goes to stdout, a table or with --json one JSON object per line; progress, notes, warnings \
      and errors go to stderr. A failure with --json prints {"schema": "longtake.error/1", …}. A file name is never a \
      pattern, playlist or protocol; put names that start with a dash after --. Durations: 90s, 45m, 1h30m.

      --events writes events as JSON lines for other programs, --notify posts them: X-Longtake-Signature is sha256= and the \
      HMAC-SHA-256 of X-Longtake-Timestamp, a dot and the body by LONGTAKE_NOTIFY_SECRET.

      Exit status: 0 done, 1 the answer is no, 64 bad usage, 65 bad input, 66 input not found, 69 service unavailable, \
      70 internal error, 73 cannot create output, 74 I/O error, 75 interrupted and safe to run again, 77 not authorised, \
      130 on Ctrl-C.

      Environment: OXEN_API_KEY, OXEN_NAMESPACE, FAL_KEY (services); HTTPS_PROXY, NO_PROXY, LONGTAKE_CA_FILE (network); \
      LONGTAKE_PRESETS (folder of presets); LONGTAKE_PROFILE (profile of the configuration, see 'longtake help config'); \
      NO_COLOR; see the help of each command.
      """,
    version: version,
    subcommands: [
      RunCommand.self, PlanCommand.self, GenerateCommand.self, ExtendCommand.self, RedoCommand.self, PickCommand.self,
      JobsCommand.self, ForgetUploadsCommand.self, ModelsCommand.self, ProbeCommand.self, VerifyCommand.self,
      NativeCommand.self,
      FrameCommand.self, AnchorCommand.self, ThumbnailsCommand.self, SheetCommand.self, StitchCommand.self,
      DeliverCommand.self, ExportCommand.self, ReviewCommand.self, DecisionsCommand.self,
      SubmitCommand.self, StatusCommand.self, ApproveCommand.self, GatherCommand.self, StageCommand.self,
      SandboxCommand.self, MCPCommand.self, ConfigCommand.self, DoctorCommand.self,
      StoreCommand.self,
      ManualCommand.self,
    ])

  static func main() async {
    FrameMemory.keepSmall()
    LibavLogging.install()
    await Interruption.run {
      let status = await work()
      await Events.end(status)
      return status
    }
  }

  private static func work() async -> ExitStatus {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return .done
    } catch let status as ExitStatus {
      return status
    } catch {
      return Failure.report(error)
    }
  }
}
