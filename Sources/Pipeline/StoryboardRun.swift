import Foundation
import Ledger
public import Presets
import Storyboard

/// One storyboard in its workspace: generates what is missing, joins it, checks everything, and reports.
///
/// Running it again goes on where the last run ended, however that ended.
public struct StoryboardRun: Sendable {
  let plan: ExecutionPlan
  let workspace: Workspace
  private let options: RunOptions
  private let library: PresetLibrary
  private let emit: @Sendable (PipelineEvent) -> Void

  /// - Parameters:
  ///   - workspace: nil for the usual folder beside the storyboard.
  ///   - emit: called from any thread.
  public init(
    _ plan: ExecutionPlan, workspace: Workspace? = nil, options: RunOptions, library: PresetLibrary,
    emit: @escaping @Sendable (PipelineEvent) -> Void
  ) {
    self.plan = plan
    self.workspace = workspace ?? Workspace(besideStoryboard: plan.path)
    self.options = options
    self.library = library
    self.emit = emit
  }

  /// Plan, generate, verify, anchor, stitch, verify the master.
  /// - Throws: what stops everything; what stops one shot is in the summary.
  public func run() async throws -> RunSummary { try await work(assembling: true) }

  /// Only the clips and their anchors.
  public func generate() async throws -> RunSummary { try await work(assembling: false) }

  private func work(assembling: Bool) async throws -> RunSummary {
    ResidentMemory.trim()
    let plan = try await currentPlan()
    let (storyboard, model, spec) = try plan.usable()
    try workspace.prepare()
    let ledger = try Ledger(workspace: workspace.directory)
    workspace.removeLeftovers()
    let log = try RunLog(path: workspace.logPath)
    let tell: @Sendable (PipelineEvent) -> Void = { [emit] event in
      log.write(event)
      emit(event)
    }
    tell(
      .began(
        workspace: workspace.directory, provider: plan.provider, model: model.id, shots: storyboard.shots.map(\.id)))
    do {
      let media = MediaQueue()
      let (plan, outcomes) = try await generate(plan, ledger, media, tell)
      var master: MasterRecord?
      var failure: (any Error)?
      let takes = outcomes.compactMap(\.take)
      if assembling, takes.count == storyboard.shots.count {
        let assembler = Assembler(
          storyboard: storyboard, model: model.id, spec: spec, workspace: workspace, media: media,
          ledger: ledger, isStandIn: !plan.isPaid, embedsPrompts: options.embedsPrompts,
          writesTimeline: options.writesTimeline,
          emit: tell)
        do {
          master = try await assembler.assemble(
            takes, earlier: RunReport.master(inReport: workspace.reportPath))
        } catch {
          failure = error
        }
      }
      if failure is CancellationError { throw CancellationError() }
      try RunReport(plan, version: options.version, outcomes: outcomes, ledger: ledger, master: master)
        .write(to: workspace.reportPath)
      if let failure { throw failure }
      let summary = try summary(plan, outcomes, ledger, master)
      tell(.ended(isGood: summary.isGood))
      return summary
    } catch {
      if error is CancellationError {
        tell(.notice("stopped; running again goes on from here"))
      } else {
        log.write(.notice("stopped: \(error)"))
      }
      throw error
    }
  }

  /// The plan, or where only limits stand against it that the service may have changed, one made with the service's own.
  private func currentPlan() async throws -> ExecutionPlan {
    guard !plan.problems.isEmpty, asksCatalogue, Planner(library: library).isCurable(plan), let model = plan.model,
      let host = try? await openHost()
    else { return plan }
    let answer = try? await Catalogue(host).ask(about: model.id)
    await host.close()
    guard let answer, answer.model != nil else { return plan }
    return try Planner(library: library).plan(plan.path, provider: plan.provider, live: answer)
  }

  /// The sandbox in this process says what the descriptors say.
  private var asksCatalogue: Bool { plan.isPaid || options.provider.baseURL != nil }

  private func openHost() async throws -> ProviderHost {
    try await ProviderHost.open(
      plan.provider, options: options.provider, library: library, model: plan.model,
      sandboxDirectory: workspace.sandboxDirectory)
  }

  private func generate(
    _ plan: ExecutionPlan, _ ledger: Ledger, _ media: MediaQueue, _ tell: @escaping @Sendable (PipelineEvent) -> Void
  ) async throws -> (ExecutionPlan, [ShotOutcome]) {
    let host = try await openHost()
    ResidentMemory.trim()
    do {
      var plan = plan
      var stage = try stage(plan, ledger, host, media, tell)
      if asksCatalogue, try !stage.shotsToSend().isEmpty {
        plan = try await checked(plan, host, tell)
        stage = try self.stage(plan, ledger, host, media, tell)
      }
      let (storyboard, model) = (stage.storyboard, stage.model)
      try ledger.recordStoryboard(
        StoryboardEntry(
          path: plan.path, title: storyboard.title, digest: plan.digest, provider: plan.provider, model: model.id),
        shots: try storyboard.shots.map { shot in
          ShotEntry(id: shot.id, position: shot.index, digest: try stage.digests.digest(of: shot, .none))
        })
      try await requireConsent(stage)
      let outcomes = try await ShotScheduler(stage: stage).run()
      await host.close()
      return (plan, outcomes)
    } catch {
      await host.close()
      throw error
    }
  }

  private func stage(
    _ plan: ExecutionPlan, _ ledger: Ledger, _ host: ProviderHost, _ media: MediaQueue,
    _ tell: @escaping @Sendable (PipelineEvent) -> Void
  ) throws -> RunContext {
    let (storyboard, model, _) = try plan.usable()
    return try RunContext(
      storyboard: storyboard, model: model, workspace: workspace, ledger: ledger, host: host, options: options,
      media: media, emit: tell)
  }

  /// The plan by what the service itself says of the model, before anything is paid.
  /// - Throws: ``StoryboardError`` `invalid` when a request breaks the service's rules.
  private func checked(
    _ plan: ExecutionPlan, _ host: ProviderHost, _ tell: @Sendable (PipelineEvent) -> Void
  ) async throws -> ExecutionPlan {
    guard let model = plan.model else { return plan }
    if let warning = model.status.warning(about: model.id) { tell(.notice(warning)) }
    let answer = try await Catalogue(host).ask(about: model.id)
    let live = try Planner(library: library).plan(plan.path, provider: plan.provider, live: answer)
    if let note = live.live?.note { tell(.notice(note)) }
    for difference in live.live?.differences ?? [] {
      tell(.notice("\(plan.provider) says otherwise of \(model.id) than its descriptor, and counts: \(difference)"))
    }
    _ = try live.usable()
    return live
  }

  /// Asks before money is spent.
  private func requireConsent(_ stage: RunContext) async throws {
    guard stage.host.isPaid else { return }
    let shots = try stage.shotsToSend()
    guard !shots.isEmpty else { return }
    let cost = shots.reduce(USD?.some(.zero)) { sum, shot in
      sum.flatMap { known in shot.cost(with: stage.model).map { known + $0 } }
    }
    let retries = shots.reduce(USD?.some(.zero)) { sum, shot in
      sum.flatMap { known in stage.costPerTake(of: shot).map { known + $0 * options.retries } }
    }
    let spending = try stage.ledger.spent()
    let question = SpendingQuestion(
      provider: plan.provider, model: stage.model.id, shots: shots.map(\.id), cost: cost, retries: retries,
      spent: USD(micro: spending.paid) + USD(micro: spending.uncertain))
    if let limit = options.maximumCost, let cost, question.spent + cost > limit {
      throw PipelineError(
        .overBudget,
        "generating \(question.shots.joined(separator: ", ")) costs about \(cost) and this workspace has paid or may have "
          + "paid \(question.spent): together more than --max-cost \(limit). Nothing was sent.")
    }
    let price = cost.map { "about \($0)" } ?? "an amount that is not published"
    guard let consent = options.consent else {
      throw PipelineError(
        .needsConsent,
        "generating \(question.shots.joined(separator: ", ")) at \(plan.provider) costs \(price); add --yes to agree. "
          + "Nothing was sent.")
    }
    guard await consent(question) else {
      throw PipelineError(.needsConsent, "not agreed to, so nothing was sent.")
    }
  }

  private func summary(
    _ plan: ExecutionPlan, _ outcomes: [ShotOutcome], _ ledger: Ledger, _ master: MasterRecord?
  ) throws -> RunSummary {
    let spending = try ledger.spent()
    let seconds = plan.shots.compactMap { shot in shot.seconds.map { (shot.id, $0) } }
    return RunSummary(
      workspace: workspace, shots: outcomes, seconds: Dictionary(seconds, uniquingKeysWith: { first, _ in first }),
      master: master, isStandIn: !plan.isPaid, spent: USD(micro: spending.paid),
      uncertain: USD(micro: spending.uncertain))
  }
}
