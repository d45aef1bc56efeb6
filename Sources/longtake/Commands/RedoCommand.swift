import ArgumentParser
import Files
import Generation
import Ledger
import Pipeline
import Presets
import Review

struct RedoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redo", abstract: "Mark shots, and the shots anchored on them, for regeneration by the next run.",
    discussion: """
      Shows what the next run will regenerate and its cost, asks, and prints the marked shots. Earlier takes stay on disk \
      and in the ledger ('longtake pick' restores one). A generation still in progress is downloaded by the next run as a \
      kept take unless --cancel ends it, which needs the provider's key: OXEN_API_KEY or FAL_KEY. A shot whose request may \
      have been accepted, because its answer was lost, is only marked with --accept-double-payment.
      """)

  @Argument(help: "Storyboard, YAML or JSON.", completion: .file())
  var storyboard: String

  @Option(name: .customLong("shot"), parsing: .upToNextOption, help: ArgumentHelp("Ids of shots.", valueName: "id"))
  var shots: [String] = []

  @Option(
    help: ArgumentHelp(
      "Regenerate the shots that reviewers rejected in this export of a review page.", valueName: "file"),
    completion: .file())
  var decisions: String?

  @Flag(
    help: """
      Regenerate one shot between its neighbours: from the last frame of the shot before to the first frame of the shot \
      after, which stays; the master is patched. Needs a model with an end image.
      """)
  var between = false

  @Flag(help: "Cancel generations of these shots that are in progress.")
  var cancel = false

  @Flag(
    name: .customLong("accept-double-payment"),
    help: "Regenerate shots whose earlier request may have been accepted and paid.")
  var acceptsDoublePayment = false

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address for --cancel (default: the provider's own, or OXEN_BASE_URL).", valueName: "url"))
  var baseURL: String?

  @OptionGroup var arguments: WorkspaceArguments
  @OptionGroup var lock: LockOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !shots.isEmpty || decisions != nil else {
      throw ValidationError("Name at least one shot with --shot, or a file with --decisions.")
    }
    guard !between || (shots.count == 1 && decisions == nil) else { throw ValidationError("--between takes one shot.") }
  }

  func run() async throws {
    common.apply()
    let decisions = try decisions.map { try Decisions(path: $0) }
    let shots = shots + (decisions?.rejected ?? []).filter { !self.shots.contains($0) }
    if let decisions { DecisionNotes.warn(decisions, arguments.workspace(of: storyboard), about: "decision") }
    guard !shots.isEmpty else { return Terminal.note("no shot is rejected; nothing was changed") }
    let run = try arguments.storyboardRun(storyboard, variables: variables, presets: presets, lock: lock)
    let regeneration = try run.regeneration(redoing: shots)
    if between { return try await redoBetween(run, shots[0], regeneration) }
    if shots.count == 1, regeneration.shots.count > 1, let alone = try? run.isolatedRedo(of: shots[0]) {
      Terminal.note(Self.comparison(alone, regeneration))
    }
    try regeneration.requireSinglePayment(unless: acceptsDoublePayment)
    try await arguments.confirm(regeneration, for: "redo")
    if cancel { try await cancel(regeneration.inFlight) }
    let marked = try run.redo(shots, acceptingDoublePayment: acceptsDoublePayment, agreed: true)
    Answer.lines(marked)
    Terminal.note("the next run regenerates \(counted(marked.count, "shot"))")
    let left = cancel ? [] : regeneration.inFlight
    guard !left.isEmpty else { return }
    let names = left.map { "\($0.shot) take \($0.take)" }.joined(separator: ", ")
    Terminal.note("still in progress: \(names); the next run downloads \(left.count == 1 ? "it" : "them")")
  }

  private func redoBetween(_ run: StoryboardRun, _ shot: String, _ regeneration: Regeneration) async throws {
    let redo = try run.isolatedRedo(of: shot)
    Terminal.note(Self.comparison(redo, regeneration))
    try regeneration.only(redo).requireSinglePayment(unless: acceptsDoublePayment)
    try await arguments.confirm(regeneration.only(redo), for: "redo")
    if cancel { try await cancel(regeneration.inFlight.filter { $0.shot == redo.shot }) }
    try run.redoBetween(redo.shot, acceptingDoublePayment: acceptsDoublePayment, agreed: true)
    Answer.line(redo.shot)
    let start = redo.previous.map { "from the last frame of \($0) " } ?? ""
    Terminal.note(
      "the next run regenerates \(redo.shot) \(start)to the first frame of \(redo.next), and keeps the rest")
  }

  /// What both ways would cost.
  private static func comparison(_ redo: IsolatedRedo, _ regeneration: Regeneration) -> String {
    func price(_ cost: USD?) -> String { cost.map { "\($0)" } ?? "an unpublished price" }
    return "\(redo.shot) alone, between its neighbours (--between): \(price(redo.cost)); with what is made from it, "
      + "\(regeneration.shots.joined(separator: ", ")): \(price(regeneration.cost))"
  }

  private func cancel(_ entries: [GenerationEntry]) async throws {
    let workspace = arguments.workspace(of: storyboard)
    let configuration = try presets.configuration(besides: storyboard)
    for entry in entries {
      guard let id = entry.remoteID else { continue }
      let state = try await Cancellation(workspace: workspace, baseURL: baseURL, configuration: configuration)
        .cancel(entry, id)
      Terminal.note("\(entry.shot) take \(entry.take): \(state.rawValue)")
    }
  }
}
