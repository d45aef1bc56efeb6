import Generation
import Ledger
import Store
import Storyboard

extension StageRun {
  /// `submit`, `poll` and `collect` of one shot.
  func take(
    _ stage: StageJob.Stage, _ plan: ExecutionPlan, _ stored: StoredRun, _ folder: String
  ) async throws -> StageTake {
    guard let id = job.shot else {
      throw PipelineError(.invalidPlan, "the job of '\(stage.rawValue)' needs 'shot'.")
    }
    let (storyboard, targets, _) = try plan.usable()
    guard let shot = storyboard.shots.first(where: { $0.id == id }) else {
      throw PipelineError(
        .invalidPlan, "the run has no shot '\(id)'; it has \(storyboard.shots.map(\.id).joined(separator: ", ")).")
    }
    if stage == .submit, targets.isPaid(shot) { try requireConsent(to: plan) }
    return try await session(plan, stored, folder, maySend: stage == .submit) { session in
      let context = session.context
      let chosen = try context.digests.chosenTakes()
      guard let sources = context.digests.sources(of: shot, among: chosen) else {
        throw PipelineError(
          .shotFailed, "the shots that \(id) is made from have no clip that counts; run their stages first.")
      }
      try requirePicksCount(context, of: [shot])
      try await fetchSources(sources, context)
      if stage == .submit {
        try session.takes.requireFree(id)
        context.agreed.add(shot.takes, of: id)
      }
      let runner = try ShotRunner(context: context, shot: shot, sources: sources)
      if stage == .collect { try await fetchClips(of: shot, runner, context) }
      do {
        _ = try await runner.reach(stage.goal)
      } catch let error as PipelineError where error.code == .shotFailed || error.code == .uncertain {
        return try result(of: shot, runner, context, failure: error)
      } catch let error as GenerationError where error.code.isAnswer {
        return try result(of: shot, runner, context, failure: PipelineError(.shotFailed, error.message))
      }
      return try result(of: shot, runner, context, failure: nil)
    }
  }

  private func requireConsent(to plan: ExecutionPlan) throws {
    guard job.consent == plan.consentToken else {
      let cost = plan.cost.map { "\($0)" } ?? "an amount that is not published"
      throw PipelineError(
        .needsConsent,
        "the job's 'consent' is not that of this plan, which costs \(cost): run the stage 'plan', have a person agree, and "
          + "give the token that it returns. Nothing was sent.")
    }
  }

  /// The images of the frames that a shot starts and ends on.
  private func fetchSources(_ sources: SourceTakes, _ context: RunContext) async throws {
    for (take, kind) in [(sources.start, AnchorKind.last), (sources.end, .first)] {
      guard let take, let anchor = try context.ledger.anchor(of: take.number, kind) else { continue }
      try await fetch([anchor.file], to: context.workspace)
    }
  }

  /// Clips that are still to be verified or whose frames are still to be extracted; without them they would be downloaded
  /// again.
  private func fetchClips(of shot: Shot, _ runner: ShotRunner, _ context: RunContext) async throws {
    let snapshot = try context.ledger.snapshot(of: shot.id)
    let takes = snapshot.currentTakes(runner.digests).filter { $0.state == .downloaded }
    let chosen = snapshot.chosenTake(runner.digests)
    for clip in (takes + [chosen].compactMap(\.self)).compactMap(\.clip) { try await fetchOrDrop(clip, context) }
    if let chosen {
      let anchors = try AnchorKind.allCases.compactMap { try context.ledger.anchor(of: chosen.number, $0)?.file }
      try await fetch(anchors, to: context.workspace)
    }
  }

  /// A clip that the store has lost is downloaded from the service again.
  private func fetchOrDrop(_ clip: ClipEntry, _ context: RunContext) async throws {
    do {
      try await fetch([clip], to: context.workspace)
    } catch let error as StoreError where error.code == .damaged || error.code == .notFound {
      context.emit(.notice("\(error)"))
      try await store.delete(try BlobStore.key(clip.sha256))
    }
  }

  /// What the store now has of a shot.
  private func result(
    of shot: Shot, _ runner: ShotRunner, _ context: RunContext, failure: PipelineError?
  ) throws -> StageTake {
    let snapshot = try context.ledger.snapshot(of: shot.id)
    let takes = snapshot.currentTakes(runner.digests)
    let take = snapshot.chosenTake(runner.digests) ?? takes.last { $0.state != .notAccepted } ?? takes.last
    var anchors: [String: Blob] = [:]
    for kind in AnchorKind.allCases {
      guard let take, let file = try context.ledger.anchor(of: take.number, kind)?.file else { continue }
      anchors[kind.rawValue] = Blob(sha256: file.sha256, bytes: file.bytes)
    }
    // Also of a take beside the one that counts.
    let isUncertain = failure?.code == .uncertain || snapshot.openIntents.contains { $0.state == .uncertain }
    return StageTake(shot.id, take, anchors: anchors, isUncertain: isUncertain, error: failure?.message)
  }
}

extension StageJob.Stage {
  fileprivate var goal: ShotRunner.Goal {
    switch self {
    case .submit: .submitted
    case .poll: .generated
    default: .done
    }
  }
}

extension GenerationError.Code {
  /// Whether the service has answered with a no that a person has to look at; others are trouble that passes.
  fileprivate var isAnswer: Bool {
    [.insufficientCredits, .refused, .generationFailed, .cancelled, .notFound, .damagedDownload].contains(self)
  }
}
