import Generation
public import Ledger
import Storyboard

/// What became of one shot.
public struct ShotOutcome: Sendable {
  public let id: String
  /// The take that counts; nil when there is none.
  public let take: GenerationEntry?
  /// Why there is none.
  public let error: (any Error)?
  /// The failed shot that this one would have started from.
  public let blockedBy: String?

  /// Relative to the workspace.
  public var clip: String? { take?.clip?.path }
}

/// The generation stage: chains side by side, the shots of a chain one after the other.
struct Generator: Sendable {
  let stage: GenerationStage

  /// - Returns: one outcome per shot, in the order of the storyboard.
  /// - Throws: `CancellationError` and ``LedgerError``; what fails in one chain does not stop the others.
  func run() async throws -> [ShotOutcome] {
    var waiting = stage.storyboard.chains[...]
    var outcomes: [String: ShotOutcome] = [:]
    try await withThrowingTaskGroup(of: [ShotOutcome].self) { group in
      for _ in 0..<max(1, stage.options.jobs) {
        if let chain = waiting.popFirst() { group.addTask { try await run(chain) } }
      }
      while let finished = try await group.next() {
        for outcome in finished { outcomes[outcome.id] = outcome }
        if let chain = waiting.popFirst() { group.addTask { try await run(chain) } }
      }
    }
    return stage.storyboard.shots.compactMap { outcomes[$0.id] }
  }

  private func run(_ chain: [Shot]) async throws -> [ShotOutcome] {
    var outcomes: [ShotOutcome] = []
    var previous: GenerationEntry?
    var failed: String?
    for (index, shot) in chain.enumerated() {
      if let failed {
        stage.emit(.shot(shot.id, take: nil, .blocked(by: failed)))
        outcomes.append(ShotOutcome(id: shot.id, take: nil, error: nil, blockedBy: failed))
        continue
      }
      do {
        let runner = try ShotRunner(
          stage: stage, shot: shot, previous: previous, needsAnchor: index + 1 < chain.count)
        let take = try await runner.run()
        previous = take
        outcomes.append(ShotOutcome(id: shot.id, take: take, error: nil, blockedBy: nil))
      } catch {
        if error is CancellationError || error is LedgerError { throw error }
        try Task.checkCancellation()
        failed = shot.id
        stage.emit(.shot(shot.id, take: nil, .failed("\(error)")))
        outcomes.append(ShotOutcome(id: shot.id, take: nil, error: error, blockedBy: nil))
      }
    }
    return outcomes
  }
}
