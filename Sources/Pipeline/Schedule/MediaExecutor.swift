import Dispatch

/// Decodes and encodes one job at a time, off the threads that network code runs on.
///
/// 4K frames are large: verifying two shots at once would double the memory without being faster.
final class MediaExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "longtake.media")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs blocking work, which sees the cancellation of the calling task.
  func run<Value: Sendable>(_ work: @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(self) { try await Self.call(work) }
  }

  @concurrent private static func call<Value: Sendable>(_ work: @Sendable () throws -> Value) async throws -> Value {
    try Task.checkCancellation()
    return try work()
  }
}
