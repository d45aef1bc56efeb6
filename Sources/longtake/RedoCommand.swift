import ArgumentParser
import Pipeline

struct RedoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redo", abstract: "Mark shots, and those anchored on them, to be generated again.",
    discussion: "The earlier takes stay on the disk and in the ledger. The next 'run' generates and pays the new ones.")

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(name: .customLong("shot"), parsing: .upToNextOption, help: "Ids of shots.")
  var shots: [String]

  @Option(help: "Where everything is kept.", completion: .directory)
  var workspace: String?

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !shots.isEmpty else { throw ValidationError("Name at least one shot with --shot.") }
  }

  func run() throws {
    common.apply()
    let library = try presets.library()
    let plan = try Planner(library: library).plan(storyboard)
    let place = workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
    let production = Production(plan, workspace: place, options: RunOptions(), library: library) { _ in }
    let marked = try production.redo(shots)
    for shot in marked { Output.line(shot) }
    Terminal.note("\(marked.count) shot\(marked.count == 1 ? "" : "s") will be generated again by the next run")
  }
}
