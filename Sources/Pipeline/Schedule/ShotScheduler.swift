import Generation
public import Ledger
import Storyboard

/// The result of one shot.
public struct ShotOutcome: Sendable {
  public let id: String
  /// The chosen take; nil when there is none.
  public let take: GenerationEntry?
  /// Why there is none.
  public let error: (any Error)?
  /// The failed shot that this one depends on.
  public let blockedBy: String?

  /// Relative to the workspace.
  public var clip: String? { take?.clip?.path }
}

/// Generates the shots, each as soon as the frames it is made from exist.
struct ShotScheduler: Sendable {
  let context: RunContext

  /// - Returns: one outcome per shot, in the order of the storyboard.
  /// - Throws: `CancellationError` and ``LedgerError``; a shot that fails stops only those made from it.
  func run() async throws -> [ShotOutcome] {
    let outcomes = try await runShots()
    return context.storyboard.shots.compactMap { shot in outcomes.first { $0.id == shot.id } }
  }

  private func runShots() async throws -> [ShotOutcome] {
    var waiting = context.storyboard.shots
    var outcomes: [String: ShotOutcome] = [:]
    try await withThrowingTaskGroup(of: ShotOutcome.self) { group in
      var running = 0
      while !waiting.isEmpty || running > 0 {
        for shot in waiting {
          guard let blocker = blocker(of: shot, outcomes) else { continue }
          context.emit(.shot(shot.id, take: nil, .blocked(by: blocker)))
          outcomes[shot.id] = ShotOutcome(id: shot.id, take: nil, error: nil, blockedBy: blocker)
          waiting.removeAll { $0.id == shot.id }
        }
        while running < max(1, context.options.jobs), let ready = waiting.first(where: { isReady($0, outcomes) }) {
          waiting.removeAll { $0.id == ready.id }
          let takes = outcomes.compactMapValues(\.take)
          group.addTask { try await run(ready, after: takes) }
          running += 1
        }
        // Nothing runs: what is left was blocked just now, or could only wait for itself.
        guard running > 0, let finished = try await group.next() else {
          if waiting.contains(where: { blocker(of: $0, outcomes) != nil }) { continue }
          break
        }
        running -= 1
        outcomes[finished.id] = finished
      }
    }
    return Array(outcomes.values)
  }

  private func isReady(_ shot: Shot, _ outcomes: [String: ShotOutcome]) -> Bool {
    context.storyboard.dependencies(of: shot).allSatisfy { outcomes[$0.id]?.take != nil }
  }

  /// The failed shot that this one depends on, directly or through others.
  private func blocker(of shot: Shot, _ outcomes: [String: ShotOutcome]) -> String? {
    context.storyboard.dependencies(of: shot).lazy.compactMap { outcomes[$0.id] }.first { $0.take == nil }
      .map { $0.blockedBy ?? $0.id }
  }

  private func run(_ shot: Shot, after takes: [String: GenerationEntry]) async throws -> ShotOutcome {
    do {
      guard let sources = context.digests.sources(of: shot, among: takes) else {
        throw PipelineError(.shotFailed, "the clips that shot \(shot.id) is made from are missing")
      }
      let runner = try ShotRunner(context: context, shot: shot, sources: sources)
      return ShotOutcome(id: shot.id, take: try await runner.run(), error: nil, blockedBy: nil)
    } catch {
      if error is CancellationError || error is LedgerError { throw error }
      try Task.checkCancellation()
      context.emit(.shot(shot.id, take: nil, .failed("\(error)")))
      return ShotOutcome(id: shot.id, take: nil, error: error, blockedBy: nil)
    }
  }
}
