import Foundation
import Verification

/// Verifies files, some at the same time, and tells of them in the order they were named.
struct VerifyBatch: Sendable {
  struct Outcome: Sendable {
    let path: String
    let result: Result<VerificationReport, any Error>
  }

  let verifier: Verifier
  let expectation: Expectation?
  let jobs: Int
  let showsProgress: Bool

  func outcomes(of paths: [String]) -> AsyncThrowingStream<Outcome, any Error> {
    AsyncThrowingStream { continuation in
      let work = Task {
        await withTaskGroup(of: (Int, Outcome).self) { group in
          var waiting = paths.enumerated().makeIterator()
          var done: [Int: Outcome] = [:]
          var next = 0
          for _ in 0..<min(jobs, paths.count) { start(waiting.next(), in: &group) }
          while let (index, outcome) = await group.next() {
            done[index] = outcome
            while let ready = done.removeValue(forKey: next) {
              continuation.yield(ready)
              next += 1
            }
            if !Task.isCancelled { start(waiting.next(), in: &group) }
          }
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }

  private func start(_ item: (offset: Int, element: String)?, in group: inout TaskGroup<(Int, Outcome)>) {
    guard let item else { return }
    group.addTask { (item.offset, Outcome(path: item.element, result: Result { try verify(item.element) })) }
  }

  private func verify(_ path: String) throws -> VerificationReport {
    try verifier.verify(path, expectation: expectation) { progress in
      guard showsProgress else { return }
      let part = progress.fraction.map { String(format: " (%.0f %%)", 100 * $0) } ?? ""
      Terminal.progress("\(path): \(progress.frames) frames\(part)")
    }
  }
}
