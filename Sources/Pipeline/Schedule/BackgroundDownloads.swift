import Ledger
import Synchronization

/// Paid takes that do not count, on their way to the workspace: they are kept, and neither a shot nor the master waits for
/// them. What is left when the run ends, the next one fetches.
final class BackgroundDownloads: Sendable {
  /// How far one is.
  enum Phase: Sendable {
    case asking
    /// The service is still generating it, or the run still works on what counts.
    case waiting
    /// It is downloaded or verified.
    case moving
  }

  private struct State {
    var phases: [Int64: Phase] = [:]
    var isWorkDone = false
    var waiters: [Int64: CheckedContinuation<Void, Never>] = [:]
  }

  private struct Download: Sendable {
    let runner: ShotRunner
    let take: GenerationEntry
  }

  /// How long they may move on at the end of a run.
  private static let grace: Duration = .seconds(10)
  private static let look: Duration = .milliseconds(20)

  private let queue: AsyncStream<Download>
  private let continuation: AsyncStream<Download>.Continuation
  private let state = Mutex(State())

  init() { (queue, continuation) = AsyncStream.makeStream() }

  func add(_ take: GenerationEntry, _ runner: ShotRunner) {
    let isNew = state.withLock { $0.phases.updateValue(.asking, forKey: take.number) == nil }
    if isNew { continuation.yield(Download(runner: runner, take: take)) }
  }

  /// Records how far a take is, if it is one of these.
  func note(_ take: GenerationEntry, _ phase: Phase) {
    state.withLock { if $0.phases[take.number] != nil { $0.phases[take.number] = phase } }
  }

  /// Returns once the run has done what counts: decoding clips before would take time from it.
  func waitForWork(_ take: GenerationEntry) async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        guard !state.isWorkDone else { return true }
        state.phases[take.number] = .waiting
        state.waiters[take.number] = continuation
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  /// Runs work with downloads beside it. When the work is done, they may end within a short time; nothing waits for what the
  /// service is still generating.
  func beside<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.run() }
      defer {
        continuation.finish()
        endWork()
        group.cancelAll()
      }
      let value = try await work()
      continuation.finish()
      endWork()
      let clock = ContinuousClock()
      let deadline = clock.now + Self.grace
      while isMoving, clock.now < deadline { try await clock.sleep(for: Self.look) }
      return value
    }
  }

  private var isMoving: Bool { state.withLock { $0.phases.values.contains { $0 != .waiting } } }

  private func endWork() {
    let waiters = state.withLock { state in
      state.isWorkDone = true
      for number in state.waiters.keys { state.phases[number] = .moving }
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  private func run() async {
    await withTaskGroup(of: Void.self) { group in
      for await download in queue {
        group.addTask {
          await download.runner.finishInBackground(download.take)
          self.state.withLock { $0.phases[download.take.number] = nil }
        }
      }
    }
  }
}
