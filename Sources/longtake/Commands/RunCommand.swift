import ArgumentParser
import Pipeline

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Make the master of a storyboard: plan, generate, verify, anchor, stitch, verify.",
    discussion: """
      Running it again goes on where it ended, however it ended: what is generated and paid is kept. The files lie in \
      the workspace: clips, anchors, master.mp4, contact-sheet.jpg, report.json, ledger.sqlite and run.log.
      """)

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Flag(
    name: .customLong("embed-prompts"),
    help: "Write the prompts themselves into the master's metadata, not only their digest.")
  var embedPrompts = false

  @Flag(help: "Write timeline.otio into the workspace: the master's timeline for editing programs.")
  var otio = false

  @OptionGroup var arguments: RunArguments

  func run() async throws {
    arguments.common.apply()
    let production = try arguments.production(storyboard, drawing: RunProgress()) {
      $0.embedsPrompts = embedPrompts
      $0.writesTimeline = otio
    }
    try RunEnding.show(try await production.run(), json: arguments.json)
  }
}
