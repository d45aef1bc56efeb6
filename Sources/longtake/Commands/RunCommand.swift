import ArgumentParser
import Pipeline

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Make the master of a storyboard: plan, generate, verify, anchor, stitch, verify.",
    discussion: """
      Running it again resumes: finished shots are neither regenerated nor paid again. The workspace holds clips, \
      anchors, master.mp4, review/index.html (the page to look at), contact-sheet.jpg, report.json, ledger.sqlite and run.log; \
      and deliverables/, where the storyboard's 'deliver' names delivery presets (see 'longtake deliver --list-presets').

      \(RunArguments.environmentHelp) SOURCE_DATE_EPOCH sets the master's creation time; \
      LONGTAKE_SIGN_COMMAND signs delivered files, as for 'longtake deliver'.
      """)

  @Argument(help: "Storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Flag(
    name: .customLong("embed-prompts"),
    help: "Write the prompts into the master's metadata, not only their digest.")
  var embedPrompts = false

  @Flag(help: "Write timeline.otio into the workspace: the master's timeline as OpenTimelineIO.")
  var otio = false

  @Flag(name: .customLong("no-review"), help: "Leave out the review page.")
  var noReview = false

  @OptionGroup var variables: VariableOptions
  @OptionGroup var arguments: RunArguments
  @OptionGroup var lock: LockOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let run = try arguments.storyboardRun(
      storyboard, variables: variables, presets: presets, lock: lock, drawing: RunProgress()
    ) {
      $0.embedsPrompts = embedPrompts
      $0.writesTimeline = otio
      $0.writesReview = !noReview
      $0.signCommand = SignVariable.command()
    }
    try RunSummaryReport.show(try await run.run(), json: arguments.json)
  }
}
