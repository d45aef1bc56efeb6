import Ledger

/// Paid takes that do not count any more, on their way to the workspace: kept, but nobody waits for them.
final class Strays: Sendable {
  struct Stray: Sendable {
    let runner: ShotRunner
    let take: GenerationEntry
  }

  let list: AsyncStream<Stray>
  private let continuation: AsyncStream<Stray>.Continuation

  init() { (list, continuation) = AsyncStream.makeStream() }

  func add(_ take: GenerationEntry, _ runner: ShotRunner) { continuation.yield(Stray(runner: runner, take: take)) }

  /// No more will come.
  func close() { continuation.finish() }
}
