import ArgumentParser
import Files
import Pipeline
import Settings
import Store

struct GatherCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather", abstract: "Make an ordinary workspace of a run in a store.",
    discussion: """
      'longtake jobs --workspace', 'pick', 'redo' and 'review' then work on it. The storyboard is in storyboard/ of the \
      workspace. Environment: \(StoreOptions.variables).
      """)

  @Argument(help: "Run.")
  var name: String

  @OptionGroup var place: StoreOptions

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Folder of the workspace, which must not have a ledger yet.", valueName: "dir"),
    completion: .directory)
  var directory: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  /// `gather --json`.
  private struct Report: Encodable {
    let schema = "longtake.gather/1"
    let run: String
    let workspace: String
    let storyboard: String
  }

  func run() async throws {
    common.apply()
    let store = try place.open(environment: try presets.configuration().environment)
    defer { store.close() }
    let workspace = Workspace(directory: directory)
    let path = try await StoredRun.load(name, from: store).gather(into: workspace, from: store)
    if json {
      try Answer.json(Report(run: name, workspace: workspace.directory, storyboard: path))
    } else {
      Answer.line("\(name): \(workspace.directory)")
    }
  }
}
