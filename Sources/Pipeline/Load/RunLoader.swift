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
    let (storyboard, targets, _) = try plan.usable()
    try workspace.prepare()
    let ledger = try Ledger(
      workspace: workspace.directory, stealsLock: options.stealsLock, takeStore: options.sharing?.takes,
      failpoint: options.failpoint)
    if let sharing = options.sharing { try ledger.restore(sharing.records) }
    workspace.removeLeftovers()
    let log = try RunLog(path: workspace.logPath)
    let report: @Sendable (PipelineEvent) -> Void = { [emit] event in
      log.write(event)
      emit(event)
    }
    report(
      .began(
        workspace: workspace.directory, provider: plan.providers, model: plan.models,
        shots: storyboard.shots.map(\.id)))
    if let warning = ledger.stealWarning { report(.notice(warning)) }
    return try await log.recordingFailure(report) {
      let hosts = try await openHosts(targets, storyboard)
      do {
        let lostAnswers = LostAnswers(
          ledger: ledger, workspace: workspace, hosts: hosts, options: options, emit: report)
        // What has been paid decides what is still to be paid. Of many machines, each looks for its own shot's requests.
        if options.sharing == nil { try await lostAnswers.settleEarlier() }
        let images = LocalImageCache()
        let isolations = try Isolations(
          storyboard, targets: targets, ledger: ledger, workspace: workspace, images: images)
        let storyboard = isolations.storyboard
        let digests = ShotDigests(
          storyboard: storyboard, targets: targets, images: images, ledger: ledger,
          anchorTakes: isolations.anchorTakes, startTakes: isolations.startTakes)
        try RenamedShots(storyboard: storyboard, digests: digests, ledger: ledger).adopt()
        let pending = PendingShots(
          storyboard: storyboard, digests: digests, ledger: ledger, lostAnswers: lostAnswers, retries: options.retries)
        var final = plan
        let read = try pending.read()
        if !read.isEmpty { final = try await checked(plan, targets, read.all, hosts, report) }
        final.replacement = storyboard
        let context = try RunContext(
          plan: final, pendingShots: pending, lostAnswers: lostAnswers, workspace: workspace, ledger: ledger,
          hosts: hosts, options: options, log: log, emit: report)
        try recordStoryboard(context)
        return context
      } catch {
        await hosts.close()
        throw error
      }
    }
  }

  /// The in-process sandbox has no rules beyond the descriptors.
  private func asksCatalog(of target: ShotTarget) -> Bool { target.isPaid || options.provider.baseURL != nil }

  private func openHosts(_ targets: ShotTargets, _ storyboard: Storyboard) async throws -> ProviderHosts {
    try await ProviderHosts.open(
      targets, of: storyboard.shots, options: options.provider, library: library,
      sandboxDirectory: workspace.sandboxDirectory)
  }

  /// The plan; one that only breaks limits which the service may have changed is checked against the service's own.
  private func planWithinLiveLimits() async throws -> ExecutionPlan {
    let planner = Planner(library: library)
    guard !plan.problems.isEmpty, let targets = plan.targets, let storyboard = plan.storyboard,
      planner.breaksOnlyLiveLimits(plan)
    else { return plan }
    let asked = targets.distinct(of: storyboard.shots).filter(asksCatalog)
    guard !asked.isEmpty, let hosts = try? await openHosts(targets, storyboard) else { return plan }
    let answers = try? await answers(about: asked, hosts)
    await hosts.close()
    guard let answers, answers.contains(where: { $0.model != nil }) else { return plan }
    return planner.applying(answers, to: plan)
  }

  private func answers(about targets: [ShotTarget], _ hosts: ProviderHosts) async throws -> [CatalogAnswer] {
    var answers: [CatalogAnswer] = []
    for target in targets {
      guard let host = hosts[target.provider] else { continue }
      answers.append(try await ModelCatalog(host).ask(about: target.model.id))
    }
    return answers
  }

  /// The plan checked against the service's own rules, before anything is paid.
  /// - Throws: ``StoryboardError`` `invalid` when a request breaks them.
  private func checked(
    _ plan: ExecutionPlan, _ targets: ShotTargets, _ shots: [Shot], _ hosts: ProviderHosts,
    _ report: @Sendable (PipelineEvent) -> Void
  ) async throws -> ExecutionPlan {
    let asked = targets.distinct(of: shots).filter(asksCatalog)
    guard !asked.isEmpty else { return plan }
    for target in asked {
      if let warning = target.model.status.warning(about: target.model.id) { report(.notice(warning)) }
    }
    var checked = plan
    if plan.live.isEmpty {
      checked = Planner(library: library).applying(try await answers(about: asked, hosts), to: plan)
    }
    for live in checked.live {
      if let note = live.note { report(.notice(note)) }
      for difference in live.differences {
        report(.notice("\(live.provider) differs from the descriptor of \(live.model), and applies: \(difference)"))
      }
    }
    _ = try checked.usable()
    return checked
  }

  private func recordStoryboard(_ context: RunContext) throws {
    try context.ledger.recordStoryboard(
      StoryboardEntry(
        path: context.plan.path, title: context.storyboard.title, digest: context.plan.digest,
        provider: context.plan.providers, model: context.plan.models),
      shots: try context.storyboard.shots.map { shot in
        ShotEntry(id: shot.id, position: shot.index, digest: try context.digests.ownDigest(of: shot))
      })
  }
}
