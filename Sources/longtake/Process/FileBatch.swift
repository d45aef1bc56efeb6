import Foundation
import Libav

/// The same work on many files, several at a time, reported in the order of the command line.
enum FileBatch {
  /// A file that fails is reported, and the others go on; a closed pipe ends the work.
  /// - Parameters:
  ///   - jobs: files worked on at a time.
  ///   - work: gets a file's number and how many threads to use.
  ///   - show: prints a file's answer.
  ///   - failed: also gets what `work` threw.
  /// - Returns: the status of the first file that failed; nil when none did.
  /// - Throws: `CancellationError`, and what `show` throws.
  static func run<Value: Sendable>(
    _ files: [String], jobs: Int = 1, work: @escaping @Sendable (Int, Threading) throws -> Value,
    show: (Int, Value) throws -> Void, failed: (Int, any Error) -> Void = { _, _ in }
  ) async throws -> ExitStatus? {
    let workers = min(jobs, files.count)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let threading: Threading = workers > 1 ? .count(max(1, cores / workers)) : .automatic
    return try await withThrowingTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
      var waiting = files.indices.makeIterator()
      var done: [Int: Result<Value, any Error>] = [:]
      var next = 0
      var failure: ExitStatus?
      for _ in 0..<workers {
        if let number = waiting.next() { group.addTask { (number, Result { try work(number, threading) }) } }
      }
      while let (number, result) = try await group.next() {
        done[number] = result
        while let ready = done.removeValue(forKey: next) {
          switch ready {
          case .success(let value): try show(next, value)
          case .failure(let error):
            if error is CancellationError { throw error }
            let status = Failure.report(error, file: files[next])
            failure = failure ?? status
            failed(next, error)
          }
          next += 1
        }
        try Task.checkCancellation()
        guard !Answer.isClosed else {
          group.cancelAll()
          break
        }
        if let number = waiting.next() { group.addTask { (number, Result { try work(number, threading) }) } }
      }
      return failure
    }
  }
}
