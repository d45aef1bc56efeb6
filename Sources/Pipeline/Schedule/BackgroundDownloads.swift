import Ledger

/// Paid takes that no longer count, on their way to the workspace: they are kept, and no shot waits for them.
final class BackgroundDownloads: Sendable {
  struct Download: Sendable {
    let runner: ShotRunner
    let take: GenerationEntry
  }

  let queue: AsyncStream<Download>
  private let continuation: AsyncStream<Download>.Continuation

  init() { (queue, continuation) = AsyncStream.makeStream() }

  func add(_ take: GenerationEntry, _ runner: ShotRunner) {
    continuation.yield(Download(runner: runner, take: take))
  }

  /// No more will be added.
  func close() { continuation.finish() }
}
