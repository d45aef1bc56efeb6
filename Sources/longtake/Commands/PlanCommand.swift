import ArgumentParser
import Settings
import Delivery
import Files
import Generation
import Pipeline
import Presets
import Storyboard
import Timing

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Check a storyboard and show its requests, length and cost, without sending anything.",
    discussion: """
      Reports every mistake at once, each with its line, and exits with 65. --live reads the model's rules and price from \
      the service's catalogue, which override the bundled descriptor; it generates and pays nothing, and needs \
      OXEN_API_KEY for oxen, which also reads OXEN_BASE_URL, HTTPS_PROXY, NO_PROXY and LONGTAKE_CA_FILE.
      """)

  @Argument(help: "Storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(help: "Provider; overrides the storyboard.")
  var provider: ProviderKind?

  @Option(
    help: ArgumentHelp(
      "Workspace folder of the run, which must be writable (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Flag(help: "Read the model's rules and price from the service.")
  var live = false

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address for --live (default: the provider's own, or OXEN_BASE_URL).", valueName: "url"))
  var baseURL: String?

  @Flag(help: "Print the plan as a JSON object.")
  var json = false

  @OptionGroup var variables: VariableOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let configuration = try presets.configuration(besides: storyboard)
    let planner = Planner(library: try presets.library(configuration), defaultProvider: configuration[.provider])
    var plan = try planner.plan(storyboard, provider: provider?.rawValue, variables: variables.values)
    let targets = plan.targets?.distinct(of: plan.storyboard?.shots ?? []) ?? []
    if live, !targets.isEmpty {
      plan = planner.applying(try await ask(about: targets, configuration), to: plan)
      for findings in plan.live {
        if let note = findings.note { Terminal.warning(note) }
        for difference in findings.differences {
          Terminal.warning("\(findings.provider) overrides the descriptor of \(findings.model): \(difference)")
        }
      }
    }
    if json { try Answer.json(PlanReport(plan)) }
    guard plan.problems.isEmpty else {
      Terminal.error(
        (["\(storyboard): \(counted(plan.problems.count, "problem"))"] + plan.problems.map { "  \($0)" })
          .joined(separator: "\n"))
      throw ExitStatus.badInput
    }
    let place = workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
    if let refusal = place.refusal { throw PipelineError(.cannotCreate, refusal) }
    for model in targets.map(\.model) {
      if let warning = model.status.warning(about: model.id) { Terminal.warning(warning) }
    }
    if !json { Answer.lines(lines(plan)) }
  }

  private func ask(
    about targets: [ShotTarget], _ configuration: EffectiveConfiguration
  ) async throws -> [CatalogAnswer] {
    var answers: [CatalogAnswer] = []
    for target in targets {
      let host = try await ProviderHost.open(
        target.provider, options: configuration.providerOptions(baseURL: baseURL),
        library: try presets.library(configuration), sandboxDirectory: nil)
      answers.append(try await host.closing { try await ModelCatalog(host).ask(about: target.model.id) })
    }
    return answers
  }

  private func lines(_ plan: ExecutionPlan) -> [String] {
    var lines = ["\(plan.storyboard?.title ?? storyboard): \(plan.providers), \(plan.models)"]
    for shot in plan.shots {
      let start =
        (shot.dependsOn.map { "starts from \($0)" } ?? "starts a chain")
        + (shot.endsOn.map { ", ends on the first frame of \($0)" } ?? "")
        + (shot.anchorSearch.map { ", anchor: the best of its last \(counted($0, "frame"))" } ?? "")
      let isOwn = shot.provider != plan.provider || shot.model != plan.model?.id
      let place = isOwn ? ", \(shot.model) at \(shot.provider)" : ""
      let cost = shot.cost.map { "\($0)" } ?? "unknown price"
      lines.append(
        "  \(shot.id): \(shot.seconds.map { "\($0.plain) s" } ?? "unknown length"), \(start)\(place), \(cost)")
      if let request = shot.request {
        lines.append("    \(JSONValue.object(request.parameters).canonicalJSON)")
      }
    }
    lines += plan.conversions.map { "  \($0)" }
    if !plan.deliveries.isEmpty {
      lines.append("  delivered as: \(plan.deliveries.map(\.recipe.id).joined(separator: ", "))")
    }
    let length = plan.seconds.map { "\($0.plain) s" } ?? "unknown length"
    let cost = plan.cost.map { "\($0)" } ?? "unknown price"
    let note = plan.isPaid ? "" : " (sandbox: simulated, free)"
    lines.append("  total: \(counted(plan.shots.count, "shot")), \(length), \(cost)\(note)")
    return lines
  }
}
