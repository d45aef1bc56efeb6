import Foundation
import Synchronization

/// Work on a thread of its own; libav's handles stay on it.
///
/// `@unchecked Sendable`: the outcome is guarded by `condition`.
package final class BackgroundWork<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var outcome: Result<Value, any Error>?
  private let isCancelled = Atomic(false)

  /// - Parameter body: calls its parameter often, which throws once the work is cancelled.
  package init(named name: String, _ body: @escaping @Sendable (_ check: () throws -> Void) throws -> Value) {
    let thread = Thread { [self] in
      let result = Result {
        try body { if isCancelled.load(ordering: .relaxed) { throw CancellationError() } }
      }
      condition.withLock {
        outcome = result
        condition.broadcast()
      }
    }
    thread.name = name
    thread.start()
  }

  /// Waits for the end of the work.
  package func value() throws -> Value {
    try condition.withLock {
      while true {
        if let outcome { return try outcome.get() }
        condition.wait()
      }
    }
  }

  /// Ends the work soon, and waits for that.
  package func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    _ = try? value()
  }
}
