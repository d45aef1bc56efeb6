import ArgumentParser
import Generation
import Pipeline
import Presets
import Storyboard
import Timing

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Check a storyboard and show what would be sent, without sending anything.",
    discussion: "Every mistake is reported at once, each with its line; the status is 65 then.")

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(help: "sandbox, oxen or fal; goes before the storyboard's own.")
  var provider: ProviderName?

  @Flag(help: "The plan on stdout, as JSON.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let plan = try Planner(library: try presets.library()).plan(storyboard, provider: provider?.rawValue)
    if json { try Output.json(PlanReport(plan)) }
    guard plan.problems.isEmpty else {
      let count = plan.problems.count == 1 ? "1 problem" : "\(plan.problems.count) problems"
      Terminal.error("\(storyboard): \(count)")
      for problem in plan.problems { Terminal.note("  \(problem)") }
      throw ExitStatus.badInput
    }
    show(plan)
  }

  private func show(_ plan: ExecutionPlan) {
    Terminal.note("\(plan.storyboard?.title ?? storyboard): \(plan.provider), \(plan.model?.id ?? "")")
    for shot in plan.shots {
      let start = shot.dependsOn.map { "starts from \($0)" } ?? "starts by itself"
      let cost = shot.cost.map { "\($0)" } ?? "price not known"
      Terminal.note("  \(shot.id): \(shot.seconds.map { "\($0.plain) s" } ?? "length not known"), \(start), \(cost)")
      if let request = shot.request {
        Terminal.note("    \(JSONValue.object(request.parameters).canonicalJSON)")
      }
    }
    let total = plan.seconds.map { "\($0.plain) s" } ?? "length not known"
    let cost = plan.cost.map { "\($0)" } ?? "price not known"
    let note = plan.isPaid ? "" : " (the sandbox is a stand-in and costs nothing)"
    Terminal.note("  together \(total), \(cost)\(note)")
  }
}
