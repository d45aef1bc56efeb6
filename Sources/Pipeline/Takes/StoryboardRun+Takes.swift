import Foundation
public import Generation
public import Ledger
public import Presets
import Storyboard

/// What the next run would regenerate after a redo or a pick, known before anything is changed.
public struct Regeneration: Sendable {
  /// Ids of the shots that the next run would generate, in the order of the storyboard.
  public let shots: [String]
  /// Ids of shots for which another, already paid take becomes the chosen one.
  public let restored: [String]
  /// Of all takes of ``shots``; nil when a price is not known.
  public let cost: USD?
  public let provider: String
  /// Whether a generation costs money.
  public let isPaid: Bool
  /// Generations of these shots that the service may still be working on.
  public let inFlight: [GenerationEntry]
  /// Takes of these shots whose request may have been accepted and was not found.
  public let uncertain: [GenerationEntry]
  /// What each shot costs, to be agreed to; empty when a price is not known or nothing is paid.
  let agreements: [Agreement]
  /// Numbers of the takes of ``restored`` that count again.
  let restoredTakes: [Int64]

  /// - Throws: ``PipelineError`` `uncertain` when a shot could be paid twice and that is not accepted.
  public func requireSinglePayment(unless isAccepted: Bool) throws {
    guard !isAccepted, let first = uncertain.first else { return }
    let names = uncertain.map { "\($0.shot) take \($0.take)" }.joined(separator: ", ")
    throw PipelineError(
      .uncertain,
      "\(names) may have been accepted and paid: the answer was lost. 'longtake run' looks for it at \(first.provider) "
        + "again; add --accept-double-payment to pay for another all the same. Nothing was changed.")
  }

  /// The same for a shot that is redone between its neighbours.
  public func only(_ redo: IsolatedRedo) -> Regeneration {
    Regeneration(
      shots: [redo.shot], restored: [], cost: redo.cost, provider: provider, isPaid: isPaid,
      inFlight: inFlight.filter { $0.shot == redo.shot }, uncertain: uncertain.filter { $0.shot == redo.shot },
      agreements: agreements.filter { $0.shot == redo.shot }, restoredTakes: [])
  }
}

extension StoryboardRun {
  /// What redoing shots would regenerate: those shots, and all that are made from their frames.
  /// - Throws: ``StoryboardError`` `invalid` or `unknownShot`; ``LedgerError`` `notFound` where nothing has been run.
  public func regeneration(redoing ids: [String]) throws -> Regeneration {
    let (storyboard, targets, _) = try plan.usable()
    let shots = try storyboard.withDependents(ids)
    let ledger = try existingLedger()
    let wanted = Set(shots.map(\.id))
    let providers = Dictionary(
      storyboard.shots.map { ($0.id, targets.provider(of: $0)) }, uniquingKeysWith: { first, _ in first })
    let lost = Set(
      try ledger.openIntents().filter { $0.blocksSending && $0.provider == providers[$0.shot] }.map(\.number))
    let generations = try ledger.generations().filter { wanted.contains($0.shot) }
    return regeneration(
      of: shots, restored: [], targets: targets, inFlight: generations.filter(Self.isInFlight),
      uncertain: generations.filter { $0.state == .uncertain && lost.contains($0.intent) })
  }

  /// Marks shots to be regenerated; those made from their frames follow by themselves. Earlier takes are kept, also those
  /// still under way.
  /// - Parameters:
  ///   - acceptsDoublePayment: whether shots may be sent whose earlier request may have been accepted.
  ///   - isAgreed: whether the user has agreed to the cost; then the next run does not ask for it again.
  /// - Returns: ids of all shots that will be generated.
  /// - Throws: as ``regeneration(redoing:)`` does; ``PipelineError`` `uncertain` when a shot could be paid twice.
  public func redo(
    _ ids: [String], acceptingDoublePayment acceptsDoublePayment: Bool = false, agreed isAgreed: Bool = false
  ) throws -> [String] {
    let regeneration = try regeneration(redoing: ids)
    try regeneration.requireSinglePayment(unless: acceptsDoublePayment)
    let ledger = try writableLedger()
    try ledger.recordRedo(
      ids, dependents: regeneration.shots.filter { !ids.contains($0) },
      releasing: acceptsDoublePayment ? regeneration.shots : [], agreed: isAgreed ? regeneration.agreements : [])
    return regeneration.shots
  }

  /// What picking a take of a shot would regenerate.
  /// - Throws: ``PipelineError`` `shotFailed` with the reason when the take cannot be picked; as
  ///   ``regeneration(redoing:)`` does.
  public func regeneration(picking shot: String, take number: Int) throws -> Regeneration {
    let (storyboard, targets, _) = try plan.usable()
    _ = try storyboard.withDependents([shot])
    let ledger = try existingLedger()
    let take = try pickable(shot, number, in: ledger)
    let before = try digests(storyboard, targets, ledger).chosenTakes()
    let isolated = try endsIsolation(take, storyboard, targets, ledger) ? shot : nil
    let digests = try digests(storyboard, targets, ledger, except: isolated)
    let after = try digests.chosenTakes(picking: take)
    guard after[shot] != nil else { throw try outOfDate(take, storyboard, digests, before) }
    let others = storyboard.shots.filter { $0.id != shot }
    // A shot that never had a clip is not regenerated; it is still to be generated.
    let lost = others.filter { before[$0.id] != nil && after[$0.id] == nil }
    let restored = others.filter { other in after[other.id].map { $0.number != before[other.id]?.number } ?? false }
    return regeneration(
      of: lost, restored: restored.map(\.id), targets: targets,
      restoredTakes: after.values.filter { $0.shot != shot && $0.isRestorable }.map(\.number))
  }

  /// Makes a verified take the chosen one of its shot.
  /// - Parameter isAgreed: whether the user has agreed to the cost; then the next run does not ask for it again.
  /// - Throws: as ``regeneration(picking:take:)`` does.
  public func pick(_ shot: String, take number: Int, agreed isAgreed: Bool = false) throws {
    let regeneration = try regeneration(picking: shot, take: number)
    let (storyboard, targets, _) = try plan.usable()
    let ledger = try writableLedger()
    let take = try pickable(shot, number, in: ledger)
    try ledger.recordPicked(
      generation: take.number, restoring: regeneration.restoredTakes,
      endingIsolation: try endsIsolation(take, storyboard, targets, ledger),
      agreed: isAgreed ? regeneration.agreements : [])
  }

  /// Whether a take was made before its shot was redone between its neighbours, so that picking it undoes that.
  private func endsIsolation(
    _ take: GenerationEntry, _ storyboard: Storyboard, _ targets: ShotTargets, _ ledger: Ledger
  ) throws -> Bool {
    let digests = try digests(storyboard, targets, ledger)
    guard digests.anchorTakes[take.shot] != nil else { return false }
    return try digests.chosenTakes(picking: take)[take.shot] == nil
  }

  private func existingLedger() throws -> Ledger { try Ledger(readingWorkspace: workspace.directory) }

  func writableLedger() throws -> Ledger {
    let ledger = try Ledger(
      workspace: workspace.directory, stealsLock: options.stealsLock, failpoint: options.failpoint)
    if let warning = ledger.stealWarning { emit(.notice(warning)) }
    return ledger
  }

  private static func isInFlight(_ entry: GenerationEntry) -> Bool {
    !entry.isSuperseded && [.submitted, .processing].contains(entry.state)
  }

  private func regeneration(
    of shots: [Shot], restored: [String], targets: ShotTargets, inFlight: [GenerationEntry] = [],
    uncertain: [GenerationEntry] = [], restoredTakes: [Int64] = []
  ) -> Regeneration {
    let budget = Budget(targets: targets, limit: nil)
    let paid = shots.filter(targets.isPaid)
    let agreements = paid.compactMap { shot in
      budget.cost(of: [shot]).map { Agreement(shot: shot.id, provider: targets.provider(of: shot), cost: $0) }
    }
    let providers = shots.isEmpty ? plan.providers : targets.providers(of: shots).joined(separator: ", ")
    return Regeneration(
      shots: shots.map(\.id), restored: restored, cost: budget.cost(of: shots), provider: providers,
      isPaid: shots.isEmpty ? plan.isPaid : !paid.isEmpty, inFlight: inFlight, uncertain: uncertain,
      agreements: agreements, restoredTakes: restoredTakes)
  }

  private func pickable(_ shot: String, _ number: Int, in ledger: Ledger) throws -> GenerationEntry {
    let takes = try ledger.generations(shot: shot)
    let good = takes.filter { $0.state == .verified }.map { "\($0.take)" }
    let choice = good.isEmpty ? "it has no verified take." : "its verified takes: \(good.joined(separator: ", "))."
    guard let take = takes.first(where: { $0.take == number }) else {
      throw PipelineError(.shotFailed, "shot \(shot) has no take \(number); \(choice)")
    }
    guard take.state == .verified else {
      throw PipelineError(
        .shotFailed,
        "take \(number) of shot \(shot) is \(take.state.rawValue), not verified; \(choice)")
    }
    let (storyboard, targets, _) = try plan.usable()
    let provider = storyboard.shot(shot).map(targets.provider) ?? plan.provider
    guard take.provider == provider else {
      throw PipelineError(
        .shotFailed,
        "take \(number) of shot \(shot) is from the provider \(take.provider), not \(provider); add "
          + "--provider \(take.provider)."
      )
    }
    return take
  }

  /// Why a verified take does not belong to the shot as it is now.
  private func outOfDate(
    _ take: GenerationEntry, _ storyboard: Storyboard, _ digests: ShotDigests, _ before: [String: GenerationEntry]
  ) throws -> any Error {
    guard let shot = storyboard.shot(take.shot) else {
      return PipelineError(.shotFailed, "the storyboard has no shot \(take.shot)")
    }
    let ledger = try existingLedger()
    for needed in storyboard.dependencies(of: shot) {
      for other in try ledger.generations(shot: needed.id) where other.state == .verified {
        var takes = before
        takes[needed.id] = other
        guard let sources = digests.sources(of: shot, among: takes),
          try digests.digests(of: shot, sources)?.all.contains(take.contentDigest) == true
        else { continue }
        return PipelineError(
          .shotFailed,
          "take \(take.take) of shot \(shot.id) was made from take \(other.take) of shot \(needed.id), which is not the chosen "
            + "one; first 'longtake pick … \(needed.id) \(other.take)'.")
      }
    }
    return PipelineError(
      .shotFailed,
      "take \(take.take) of shot \(shot.id) was made for other prompts or images than the storyboard has now; restore them "
        + "to use it.")
  }
}

extension GenerationEntry {
  /// Whether a generation that the service reports as cancelled may have been charged: unless it certainly never began.
  public func mayCost(cancelledAs job: GenerationJob) -> Bool {
    if state == .processing || startedAt != nil || job.startedAt != nil { return true }
    // A service that reports no times does not show it.
    return job.enqueuedAt == nil
  }
}
