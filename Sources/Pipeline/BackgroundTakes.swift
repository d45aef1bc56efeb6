import Ledger

/// Paid takes that do not count any more, on their way to the workspace: kept, but nobody waits for them.
final class BackgroundTakes: Sendable {
  struct BackgroundTake: Sendable {
    let runner: ShotRunner
    let take: GenerationEntry
  }

  let list: AsyncStream<BackgroundTake>
  private let continuation: AsyncStream<BackgroundTake>.Continuation

  init() { (list, continuation) = AsyncStream.makeStream() }

  func add(_ take: GenerationEntry, _ runner: ShotRunner) { continuation.yield(BackgroundTake(runner: runner, take: take)) }

  /// No more will come.
  func close() { continuation.finish() }
}
