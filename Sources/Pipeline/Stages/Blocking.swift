import Dispatch
import Synchronization

/// Waits for asynchronous work where only a synchronous function can stand, as inside a transaction.
///
/// The work runs on threads of its own, so that it ends also when every thread of the pool waits for such work.
enum Blocking {
  private final class Threads: TaskExecutor {
    private let queue = DispatchQueue(label: "longtake.store", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  private static let threads = Threads()

  static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let answer = Answer<Value>()
    Task.detached(executorPreference: threads) {
      do {
        answer.set(.success(try await work()))
      } catch {
        answer.set(.failure(error))
      }
    }
    return try answer.wait().get()
  }

  private final class Answer<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>>(.failure(CancellationError()))
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: Result<Value, any Error>) {
      result.withLock { $0 = value }
      isThere.signal()
    }

    func wait() -> Result<Value, any Error> {
      isThere.wait()
      return result.withLock { $0 }
    }
  }
}
