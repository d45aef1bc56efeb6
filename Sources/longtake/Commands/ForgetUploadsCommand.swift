import ArgumentParser
import Files
import Ledger
import Pipeline

struct ForgetUploadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget-uploads",
    abstract: "Forget where images were uploaded, so that the next run uploads them again.",
    discussion: """
      For images that a store has deleted. Addresses older than an hour or than their signature are tested anyway before \
      they are sent to a model. Nothing is deleted at the store, and nothing is paid.
      """)

  @Argument(help: "Storyboard, YAML or JSON (default: the only workspace of the current folder).", completion: .file())
  var storyboard: String?

  @Option(
    help: ArgumentHelp("Workspace folder (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @OptionGroup var lock: LockOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let workspace = try WorkspaceSearch.one(workspace, of: storyboard)
    // An existing ledger only: nothing is created here.
    _ = try Ledger(readingWorkspace: workspace.directory)
    let ledger = try Ledger(
      workspace: workspace.directory, stealsLock: lock.steals, failpoint: try TestFailpoint.hook())
    if let warning = ledger.stealWarning { Terminal.warning(warning) }
    Answer.line("\(counted(try ledger.forgetUploads(), "upload")) forgotten")
  }
}
