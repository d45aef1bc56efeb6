import ArgumentParser
import Pipeline

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Generate and verify the clips of a storyboard, and their anchors, only.",
    discussion: RunArguments.environmentHelp)

  @Argument(help: "Storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @OptionGroup var variables: VariableOptions
  @OptionGroup var arguments: RunArguments
  @OptionGroup var lock: LockOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let run = try arguments.storyboardRun(
      storyboard, variables: variables, presets: presets, lock: lock, drawing: RunProgress())
    try RunSummaryReport.show(try await run.generate(), json: arguments.json)
  }
}
