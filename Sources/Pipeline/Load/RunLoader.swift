import Generation
import Ledger
import Presets
import Storyboard

/// The first step of a run: checks the plan, opens workspace, ledger and provider, and applies the service's own rules.
struct RunLoader: Sendable {
  let plan: ExecutionPlan
  let workspace: Workspace
  let options: RunOptions
  let library: PresetLibrary
  let emit: @Sendable (PipelineEvent) -> Void

  /// - Throws: ``StoryboardError`` `invalid` for a plan that cannot be run; ``LedgerError``; ``PipelineError``;
  ///   ``GenerationError``.
  func load() async throws -> RunContext {
    let plan = try await planWithinLiveLimits()
    let (storyboard, model, _) = try plan.usable()
    try workspace.prepare()
    let ledger = try Ledger(
      workspace: workspace.directory, stealsLock: options.stealsLock, failpoint: options.failpoint)
    workspace.removeLeftovers()
    let log = try RunLog(path: workspace.logPath)
    let report: @Sendable (PipelineEvent) -> Void = { [emit] event in
      log.write(event)
      emit(event)
    }
    report(
      .began(
        workspace: workspace.directory, provider: plan.provider, model: model.id, shots: storyboard.shots.map(\.id)))
    if let warning = ledger.stealWarning { report(.notice(warning)) }
    return try await log.recordingFailure(report) {
      let host = try await openHost()
      do {
        let lostAnswers = LostAnswers(
          ledger: ledger, workspace: workspace, host: host, options: options, emit: report)
        // What has been paid decides what is still to be paid.
        try await lostAnswers.settleEarlier()
        let images = LocalImageCache()
        let isolations = try Isolations(
          storyboard, model: model, ledger: ledger, workspace: workspace, images: images)
        let storyboard = isolations.storyboard
        let digests = ShotDigests(
          storyboard: storyboard, model: model, provider: plan.provider, images: images, ledger: ledger,
          anchorTakes: isolations.anchorTakes, startTakes: isolations.startTakes)
        try RenamedShots(storyboard: storyboard, digests: digests, ledger: ledger).adopt()
        let pending = PendingShots(
          storyboard: storyboard, digests: digests, ledger: ledger, lostAnswers: lostAnswers, retries: options.retries)
        var final = plan
        if asksCatalog, let model = plan.model, try !pending.read().isEmpty {
          final = try await checked(plan, model, host, report)
        }
        final.replacement = storyboard
        let context = try RunContext(
          plan: final, pendingShots: pending, lostAnswers: lostAnswers, workspace: workspace, ledger: ledger,
          host: host,
          options: options, log: log, emit: report)
        try recordStoryboard(context)
        return context
      } catch {
        await host.close()
        throw error
      }
    }
  }

  /// The in-process sandbox has no rules beyond the descriptors.
  private var asksCatalog: Bool { plan.isPaid || options.provider.baseURL != nil }

  private func openHost() async throws -> ProviderHost {
    try await ProviderHost.open(
      plan.provider, options: options.provider, library: library, model: plan.model,
      sandboxDirectory: workspace.sandboxDirectory)
  }

  /// The plan; one that only breaks limits which the service may have changed is checked against the service's own.
  private func planWithinLiveLimits() async throws -> ExecutionPlan {
    let planner = Planner(library: library)
    guard !plan.problems.isEmpty, asksCatalog, planner.breaksOnlyLiveLimits(plan), let model = plan.model,
      let host = try? await openHost()
    else { return plan }
    let answer = try? await ModelCatalog(host).ask(about: model.id)
    await host.close()
    guard let answer, answer.model != nil else { return plan }
    return planner.applying(answer, to: plan)
  }

  /// The plan checked against the service's own rules, before anything is paid.
  /// - Throws: ``StoryboardError`` `invalid` when a request breaks them.
  private func checked(
    _ plan: ExecutionPlan, _ model: ModelDescriptor, _ host: ProviderHost,
    _ report: @Sendable (PipelineEvent) -> Void
  ) async throws -> ExecutionPlan {
    if let warning = model.status.warning(about: model.id) { report(.notice(warning)) }
    var checked = plan
    if plan.live == nil {
      let answer = try await ModelCatalog(host).ask(about: model.id)
      checked = Planner(library: library).applying(answer, to: plan)
    }
    if let note = checked.live?.note { report(.notice(note)) }
    for difference in checked.live?.differences ?? [] {
      report(.notice("\(plan.provider) differs from the descriptor of \(model.id), and applies: \(difference)"))
    }
    _ = try checked.usable()
    return checked
  }

  private func recordStoryboard(_ context: RunContext) throws {
    try context.ledger.recordStoryboard(
      StoryboardEntry(
        path: context.plan.path, title: context.storyboard.title, digest: context.plan.digest,
        provider: context.plan.provider, model: context.model.id),
      shots: try context.storyboard.shots.map { shot in
        ShotEntry(id: shot.id, position: shot.index, digest: try context.digests.ownDigest(of: shot))
      })
  }
}
