import ArgumentParser
import Files
import Foundation
import Pipeline
import Presets
import Settings
import Store
import Storyboard

struct SubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Hand storyboards to many machines: put them into a store, agree to the cost, start their workflows.",
    discussion: """
      The store is tested first: without conditional writes two machines could pay for the same shot. Submitting the same \
      storyboard again changes nothing. Variables make variants: each is a run of its own.

      --engine none puts the run into the store and starts nothing; 'longtake stage' then does its stages. For temporal, \
      longtake-temporal (workers/temporal) must be on the PATH or named in LONGTAKE_TEMPORAL_COMMAND. Environment: \
      \(StoreOptions.variables).
      """)

  @Argument(help: "Storyboards, YAML or JSON.", completion: .file())
  var storyboards: [String]

  @Option(help: ArgumentHelp("Name of the run (default: that of the storyboard and its variables).", valueName: "name"))
  var run: String?

  @Option(help: ArgumentHelp("Runs with the same project share --max-cost (default: each alone).", valueName: "name"))
  var project: String?

  @Option(help: "What drives the stages.")
  var engine: Engine = .temporal

  @Flag(help: "Wait for 'longtake approve' before the master is made.")
  var approve = false

  @Option(help: "Provider; overrides the storyboard.")
  var provider: ProviderKind?

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address (default: the provider's own, or OXEN_BASE_URL of each worker).", valueName: "url"))
  var baseURL: String?

  @Option(
    name: .customLong("anchor-store"),
    help: ArgumentHelp("Where to upload anchors; see 'longtake help run'.", valueName: "store"))
  var anchorStore: String?

  @Option(name: .customLong("max-cost"), help: ArgumentHelp("Maximum total cost of the project.", valueName: "usd"))
  var maximumCost: USD?

  @Flag(name: .customLong("yes"), help: "Accept the cost without asking.")
  var agrees = false

  @Flag(help: "Print a JSON object for each run.")
  var json = false

  @OptionGroup var place: StoreOptions
  @OptionGroup var engineOptions: EngineOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard run == nil || storyboards.count == 1 else {
      throw ValidationError("--run names one run; give one storyboard with it.")
    }
  }

  func run() async throws {
    common.apply()
    let configuration = try presets.configuration()
    let store = try place.open(environment: configuration.environment)
    defer { store.close() }
    let library = try presets.library(configuration)
    let plans = try storyboards.map { path in
      let plan = try Planner(library: library, defaultProvider: configuration[.provider])
        .plan(path, provider: provider?.rawValue, variables: variables.values)
      _ = try plan.usable()
      return plan
    }
    try await StoreSelfTest.require(store)
    var options = configuration.providerOptions(baseURL: baseURL, anchorStore: anchorStore)
    options.baseURL = baseURL
    var submissions: [Submission] = []
    for plan in plans {
      let stored = try await StoredRun.put(
        plan, as: run ?? name(of: plan), project: project, options: options, into: store)
      submissions.append(try await Submission(stored, in: store, address: place.url, library: library, maximumCost))
    }
    try await agree(to: submissions)
    for submission in submissions {
      let workflow =
        engine == .none
        ? nil : try await EngineCommand.run(["start"], input: .object(submission.start(approve, engineOptions)))
      if json {
        try Answer.json(submission.answer(workflow))
      } else {
        Answer.line(submission.line(workflow))
      }
    }
  }

  /// Of the file and the variables: each variant is a run of its own.
  private func name(of plan: ExecutionPlan) -> String {
    let file = URL(filePath: plan.path).deletingPathExtension().lastPathComponent
    let parts = [file] + variables.values.sorted { $0.key < $1.key }.map { "\($0.key)-\($0.value)" }
    let name = parts.joined(separator: "-").map { character in
      character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character)) ? character : "-"
    }
    return String(String(name).drop { !($0.isLetter || $0.isNumber) }.prefix(100))
  }

  private func agree(to submissions: [Submission]) async throws {
    let paid = submissions.filter(\.plan.paid)
    guard !paid.isEmpty, !agrees else { return }
    let costs = paid.map { $0.plan.costUSD.flatMap(USD.init(parsing:)) }
    let sum = costs.contains(nil) ? nil : costs.compactMap(\.self).reduce(.zero, +)
    let price = sum.map { "\($0)" } ?? "an amount that is not published"
    let question = "\(counted(paid.count, "storyboard")) will be generated for \(price)"
    guard Consent.canAsk else {
      throw PipelineError(.needsConsent, "\(question); add --yes to agree. Nothing was started.")
    }
    guard await Consent.ask("\(question).\nContinue?") else {
      throw PipelineError(.declined, "not agreed to, so nothing was started.")
    }
  }
}

/// A run in the store that a workflow can be started for.
private struct Submission: Sendable {
  let stored: StoredRun
  let address: String
  let plan: StagePlan
  let maximumCost: USD?

  init(
    _ stored: StoredRun, in store: any ObjectStore, address: String, library: PresetLibrary, _ maximumCost: USD?
  ) async throws {
    self.stored = stored
    self.address = address
    self.maximumCost = maximumCost
    let job = StageJob(store: address, run: stored.run)
    let stage = StageRun(job, store: store, options: StageRun.Options(), library: library, emit: { _ in })
    guard case .plan(let plan) = try await stage.run(.plan) else {
      throw PipelineError(.invalidPlan, "the run \(stored.run) has no plan")
    }
    self.plan = plan
  }

  /// What a workflow starts with.
  func start(_ approve: Bool, _ engine: EngineOptions) -> [String: JSONValue] {
    engine.fields.merging([
      "run": .string(stored.run), "store": .string(address), "title": plan.title.map(JSONValue.string) ?? .null,
      "consent": .string(plan.consent), "approve": .bool(approve),
      "max_cost_usd": maximumCost.map { .string($0.decimal) } ?? .null,
    ]) { $1 }
  }

  func answer(_ workflow: JSONValue?) -> SubmitReport {
    var report = SubmitReport(
      run: stored.run, store: address, consent: plan.consent, paid: plan.paid, shots: plan.shots.count)
    report.costUSD = plan.costUSD.flatMap(Double.init)
    report.workflow = workflow
    return report
  }

  func line(_ workflow: JSONValue?) -> String {
    let price = plan.paid ? plan.costUSD.map { "$\($0)" } ?? "unknown price" : "free"
    let state = workflow.map { $0["status"]?.stringValue ?? "started" } ?? "in the store, not started"
    return "\(stored.run): \(counted(plan.shots.count, "shot")), \(price), \(state)"
  }
}

/// `submit --json`: one run.
struct SubmitReport: Encodable {
  let schema = "longtake.submit/1"
  let run: String
  let store: String
  /// What the jobs of 'submit' need.
  let consent: String
  let paid: Bool
  let shots: Int
  @Nullable var costUSD: Double?
  /// As the engine's command printed it; null without an engine.
  @Nullable var workflow: JSONValue?

  private enum CodingKeys: String, CodingKey {
    case schema, run, store, consent, paid, shots, workflow
    case costUSD = "cost_usd"
  }
}
