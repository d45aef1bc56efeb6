import Foundation
import Synchronization
public import Testing

#if os(Linux)
  import Glibc
#endif

/// Runs the tests of a suite on a few threads of their own.
///
/// Tests of media block their thread for seconds; on Swift's shared threads, of which there is one per core, they would
/// delay the tests that wait for a server or a clock. The number of threads also limits how much memory and how many
/// codec threads are in use at once.
public struct MediaTrait: SuiteTrait, TestTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { testCase == nil ? nil : self }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadPoolExecutor.media) { try await function() }
  }
}

extension Trait where Self == MediaTrait {
  /// The test decodes, encodes or waits for `ffmpeg`.
  public static var media: Self { Self() }
}

/// A fixed number of threads that run jobs in the order they come.
private final class ThreadPoolExecutor: TaskExecutor {
  /// One thread for each core, but at least two, since each often waits for `ffmpeg`.
  static let media = ThreadPoolExecutor(threads: max(2, ProcessInfo.processInfo.activeProcessorCount))

  private let jobs = Mutex<[UnownedJob]>([])
  private let available = DispatchSemaphore(value: 0)

  init(threads: Int) {
    for _ in 0..<threads {
      let thread = Thread { [self] in
        #if os(Linux)
          // Here a thread has a priority of its own, and hands it on to codec threads and to `ffmpeg`.
          setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #endif
        while true {
          available.wait()
          let job = jobs.withLock { $0.removeFirst() }
          job.runSynchronously(on: asUnownedTaskExecutor())
        }
      }
      // As the main thread has: some codecs need it.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    available.signal()
  }
}
