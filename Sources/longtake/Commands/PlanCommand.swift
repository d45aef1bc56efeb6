import ArgumentParser
import Generation
import Pipeline
import Presets
import Storyboard
import Timing

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Check a storyboard and show what would be sent, without sending anything.",
    discussion: """
      Every mistake is reported at once, each with its line; the status is 65 then. With --live the service's catalogue is \
      asked for the model's own rules and price, which count before the descriptor's; nothing is generated or paid.
      """)

  @Argument(help: "A storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(help: "sandbox, oxen or fal; goes before the storyboard's own.")
  var provider: ProviderName?

  @Flag(help: "Ask the service's catalogue for the model's parameters and price.")
  var live = false

  @Option(name: .customLong("base-url"), help: "The API's address instead of the usual one, for --live.")
  var baseURL: String?

  @Flag(help: "The plan on stdout, as JSON.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let planner = Planner(library: try presets.library())
    var plan = try planner.plan(storyboard, provider: provider?.rawValue)
    if live, let model = plan.model {
      let answer = try await ask(plan.provider, about: model.id)
      plan = try planner.plan(storyboard, provider: plan.provider, live: answer)
      if let note = plan.live?.note { Terminal.warning(note) }
      for difference in plan.live?.differences ?? [] {
        Terminal.warning("\(plan.provider) says otherwise of \(model.id), and counts: \(difference)")
      }
    }
    if json { try Output.json(PlanReport(plan)) }
    guard plan.problems.isEmpty else {
      let count = plan.problems.count == 1 ? "1 problem" : "\(plan.problems.count) problems"
      Terminal.error("\(storyboard): \(count)")
      for problem in plan.problems { Terminal.note("  \(problem)") }
      throw ExitStatus.badInput
    }
    if let model = plan.model, let warning = model.status.warning(about: model.id) { Terminal.warning(warning) }
    show(plan)
  }

  private func ask(_ provider: String, about model: String) async throws -> CatalogueAnswer {
    let host = try await ProviderHost.open(
      provider, options: ProviderArguments.options(baseURL: baseURL), library: try presets.library(),
      sandboxDirectory: nil)
    do {
      let answer = try await Catalogue(host).ask(about: model)
      await host.close()
      return answer
    } catch {
      await host.close()
      throw error
    }
  }

  private func show(_ plan: ExecutionPlan) {
    Terminal.note("\(plan.storyboard?.title ?? storyboard): \(plan.provider), \(plan.model?.id ?? "")")
    for shot in plan.shots {
      let start =
        (shot.dependsOn.map { "starts from \($0)" } ?? "starts by itself")
        + (shot.endsOn.map { ", ends on the beginning of \($0)" } ?? "")
        + (shot.anchorSearch.map { ", the best of its last \($0) frames starts the next" } ?? "")
      let cost = shot.cost.map { "\($0)" } ?? "price not known"
      Terminal.note("  \(shot.id): \(shot.seconds.map { "\($0.plain) s" } ?? "length not known"), \(start), \(cost)")
      if let request = shot.request {
        Terminal.note("    \(JSONValue.object(request.parameters).canonicalJSON)")
      }
    }
    for conversion in plan.conversions { Terminal.note("  \(conversion)") }
    let total = plan.seconds.map { "\($0.plain) s" } ?? "length not known"
    let cost = plan.cost.map { "\($0)" } ?? "price not known"
    let note = plan.isPaid ? "" : " (the sandbox is a stand-in and costs nothing)"
    Terminal.note("  together \(total), \(cost)\(note)")
  }
}
