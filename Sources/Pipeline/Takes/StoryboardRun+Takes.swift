import Foundation
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

  /// The same for a shot that is redone between its neighbours.
  public func only(_ redo: IsolatedRedo) -> Regeneration {
    Regeneration(
      shots: [redo.shot], restored: [], cost: redo.cost, provider: provider, isPaid: isPaid,
      inFlight: inFlight.filter { $0.shot == redo.shot })
  }
}

extension StoryboardRun {
  /// What redoing shots would regenerate: those shots, and all that are made from their frames.
  /// - Throws: ``StoryboardError`` `invalid` or `unknownShot`; ``LedgerError`` `notFound` where nothing has been run.
  public func regeneration(redoing ids: [String]) throws -> Regeneration {
    let (storyboard, model, _) = try plan.usable()
    let shots = try storyboard.withDependents(ids)
    let ledger = try existingLedger()
    let wanted = Set(shots.map(\.id))
    return regeneration(
      of: shots, restored: [], model: model,
      inFlight: try ledger.generations().filter { wanted.contains($0.shot) && Self.isInFlight($0) })
  }

  /// Marks shots to be regenerated; those made from their frames follow by themselves. Earlier takes are kept, also those
  /// still under way.
  /// - Returns: ids of all shots that will be generated.
  public func redo(_ ids: [String]) throws -> [String] {
    let (storyboard, _, _) = try plan.usable()
    let regenerated = try storyboard.withDependents(ids).map(\.id)
    _ = try existingLedger()
    let ledger = try writableLedger()
    try ledger.forgetIsolations(of: regenerated)
    try ledger.recordRedo(ids)
    return regenerated
  }

  /// What picking a take of a shot would regenerate.
  /// - Throws: ``PipelineError`` `shotFailed` with the reason when the take cannot be picked; as
  ///   ``regeneration(redoing:)`` does.
  public func regeneration(picking shot: String, take number: Int) throws -> Regeneration {
    let (storyboard, model, _) = try plan.usable()
    _ = try storyboard.withDependents([shot])
    let ledger = try existingLedger()
    let take = try pickable(shot, number, in: ledger)
    let before = try digests(storyboard, model, ledger).chosenTakes(in: ledger)
    let isolated = try endsIsolation(take, storyboard, model, ledger) ? shot : nil
    let digests = try digests(storyboard, model, ledger, except: isolated)
    let after = try digests.chosenTakes(in: ledger, picking: take)
    guard after[shot] != nil else { throw try outOfDate(take, storyboard, digests, before) }
    let others = storyboard.shots.filter { $0.id != shot }
    // A shot that never had a clip is not regenerated; it is still to be generated.
    let lost = others.filter { before[$0.id] != nil && after[$0.id] == nil }
    let restored = others.filter { other in after[other.id].map { $0.number != before[other.id]?.number } ?? false }
    return regeneration(of: lost, restored: restored.map(\.id), model: model, inFlight: [])
  }

  /// Makes a verified take the chosen one of its shot.
  /// - Throws: as ``regeneration(picking:take:)`` does.
  public func pick(_ shot: String, take number: Int) throws {
    _ = try regeneration(picking: shot, take: number)
    let (storyboard, model, _) = try plan.usable()
    let ledger = try writableLedger()
    if try endsIsolation(try pickable(shot, number, in: ledger), storyboard, model, ledger) {
      try ledger.forgetIsolations(of: [shot])
    }
    try ledger.recordPicked(generation: try pickable(shot, number, in: ledger).number)
  }

  /// Whether a take was made before its shot was redone between its neighbours, so that picking it undoes that.
  private func endsIsolation(
    _ take: GenerationEntry, _ storyboard: Storyboard, _ model: ModelDescriptor, _ ledger: Ledger
  ) throws -> Bool {
    let digests = try digests(storyboard, model, ledger)
    guard digests.anchorTakes[take.shot] != nil else { return false }
    return try digests.chosenTakes(in: ledger, picking: take)[take.shot] == nil
  }

  private func existingLedger() throws -> Ledger { try Ledger(readingWorkspace: workspace.directory) }

  func writableLedger() throws -> Ledger {
    let ledger = try Ledger(
      workspace: workspace.directory, stealsLock: options.stealsLock, failpoint: options.failpoint)
    if let warning = ledger.stealWarning { emit(.notice(warning)) }
    return ledger
  }

  private static func isInFlight(_ entry: GenerationEntry) -> Bool {
    !entry.isSuperseded && [.pending, .submitted, .processing].contains(entry.state)
  }

  private func regeneration(
    of shots: [Shot], restored: [String], model: ModelDescriptor, inFlight: [GenerationEntry]
  ) -> Regeneration {
    let budget = Budget(model: model, isPaid: plan.isPaid, limit: nil)
    return Regeneration(
      shots: shots.map(\.id), restored: restored, cost: budget.cost(of: shots), provider: plan.provider,
      isPaid: plan.isPaid, inFlight: inFlight)
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
    guard take.provider == plan.provider else {
      throw PipelineError(
        .shotFailed,
        "take \(number) of shot \(shot) is from the provider \(take.provider), not \(plan.provider); add "
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
          try digests.digest(of: shot, sources) == take.contentDigest
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
