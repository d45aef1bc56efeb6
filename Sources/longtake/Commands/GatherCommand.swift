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
      workspace. Environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL for s3: stores.
      """)

  @Argument(help: "Run.")
  var name: String

  @Option(help: ArgumentHelp("Store: file:///folder or s3://bucket/prefix.", valueName: "url"))
  var store: String

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
    let store = try ObjectStores.open(store, environment: try presets.configuration().environment)
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
