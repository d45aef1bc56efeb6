import ArgumentParser
import Pipeline

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Only generate and verify the clips of a storyboard, and their anchors.")

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @OptionGroup var arguments: RunArguments

  func run() async throws {
    arguments.common.apply()
    let production = try arguments.production(storyboard, drawing: RunProgress())
    try RunEnding.show(try await production.generate(), json: arguments.json)
  }
}
