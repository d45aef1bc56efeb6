import Foundation
import Ledger
import Presets
import Storyboard

extension StoryboardRun {
  /// What doing shots again would have generated again: they, and all that are made from their frames.
  /// - Throws: ``StoryboardError`` `invalid` or `unknownShot`; ``LedgerError`` `notFound` where nothing has been run.
  public func renewal(redoing ids: [String]) throws -> Renewal {
    let (storyboard, model, _) = try plan.usable()
    let shots = try storyboard.withDependents(ids)
    let ledger = try existingLedger()
    let wanted = Set(shots.map(\.id))
    return renewal(
      of: shots, regained: [], model: model,
      inFlight: try ledger.generations().filter { wanted.contains($0.shot) && Self.isInFlight($0) })
  }

  /// Marks shots to be generated again; those made from their frames follow by themselves. Earlier takes stay, and what is
  /// still under way becomes a kept take.
  /// - Returns: ids of all shots that will be generated.
  public func redo(_ ids: [String]) throws -> [String] {
    let (storyboard, _, _) = try plan.usable()
    let renewed = try storyboard.withDependents(ids).map(\.id)
    _ = try existingLedger()
    try Ledger(workspace: workspace.directory).markRedo(ids)
    return renewed
  }

  /// What choosing a take of a shot would have generated again.
  /// - Throws: ``PipelineError`` `shotFailed` when the take cannot be chosen, saying why; as ``renewal(redoing:)`` does.
  public func renewal(picking shot: String, take number: Int) throws -> Renewal {
    let (storyboard, model, _) = try plan.usable()
    _ = try storyboard.withDependents([shot])
    let ledger = try existingLedger()
    let take = try pickable(shot, number, in: ledger)
    let digests = ContentDigests(
      storyboard: storyboard, model: model, provider: plan.provider, frames: ImageFiles())
    let before = try digests.countingTakes(in: ledger)
    let after = try digests.countingTakes(in: ledger, choosing: take)
    guard after[shot] != nil else { throw try unfitting(take, storyboard, digests, before) }
    let others = storyboard.shots.filter { $0.id != shot }
    // Shots that never had a clip are not made again; they are simply still to be made.
    let renewed = others.filter { before[$0.id] != nil && after[$0.id] == nil }
    let regained = others.filter { other in after[other.id].map { $0.number != before[other.id]?.number } ?? false }
    return renewal(of: renewed, regained: regained.map(\.id), model: model, inFlight: [])
  }

  /// Makes a verified take the one that counts for its shot.
  /// - Throws: as ``renewal(picking:take:)`` does.
  public func pick(_ shot: String, take number: Int) throws {
    _ = try renewal(picking: shot, take: number)
    let ledger = try Ledger(workspace: workspace.directory)
    try ledger.recordChosen(generation: try pickable(shot, number, in: ledger).number)
  }

  private func existingLedger() throws -> Ledger { try Ledger(readingWorkspace: workspace.directory) }

  private static func isInFlight(_ entry: GenerationEntry) -> Bool {
    !entry.isSuperseded && [.intended, .submitted, .processing].contains(entry.state)
  }

  private func renewal(
    of shots: [Shot], regained: [String], model: ModelDescriptor, inFlight: [GenerationEntry]
  ) -> Renewal {
    let cost = shots.reduce(USD?.some(.zero)) { sum, shot in
      sum.flatMap { known in shot.cost(with: model).map { known + $0 } }
    }
    return Renewal(
      shots: shots.map(\.id), regained: regained, cost: plan.isPaid ? cost : .zero, provider: plan.provider,
      isPaid: plan.isPaid, inFlight: inFlight)
  }

  private func pickable(_ shot: String, _ number: Int, in ledger: Ledger) throws -> GenerationEntry {
    let takes = try ledger.generations(shot: shot)
    let good = takes.filter { $0.state == .verified }.map { "\($0.take)" }
    let choice = good.isEmpty ? "it has none that is." : "those that are: \(good.joined(separator: ", "))."
    guard let take = takes.first(where: { $0.take == number }) else {
      throw PipelineError(.shotFailed, "shot \(shot) has no take \(number); a take must be checked and good: \(choice)")
    }
    guard take.state == .verified else {
      throw PipelineError(
        .shotFailed,
        "take \(number) of shot \(shot) is \(take.state.rawValue); a take must be checked and good: \(choice)")
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

  /// Why a good take does not belong to the shot as it stands.
  private func unfitting(
    _ take: GenerationEntry, _ storyboard: Storyboard, _ digests: ContentDigests, _ before: [String: GenerationEntry]
  ) throws -> any Error {
    guard let shot = storyboard.shot(take.shot) else {
      return PipelineError(.shotFailed, "the storyboard has no shot \(take.shot)")
    }
    let ledger = try existingLedger()
    for needed in storyboard.dependencies(of: shot) {
      for other in try ledger.generations(shot: needed.id) where other.state == .verified {
        var takes = before
        takes[needed.id] = other
        guard let seeds = digests.seeds(of: shot, among: takes),
          try digests.digest(of: shot, seeds) == take.contentDigest
        else { continue }
        return PipelineError(
          .shotFailed,
          "take \(take.take) of shot \(shot.id) was made from take \(other.take) of shot \(needed.id), which does not count "
            + "now; first 'longtake pick … \(needed.id) \(other.take)'.")
      }
    }
    return PipelineError(
      .shotFailed,
      "take \(take.take) of shot \(shot.id) was made for another text or other frames than the storyboard has now; set "
        + "them back to use it.")
  }
}
