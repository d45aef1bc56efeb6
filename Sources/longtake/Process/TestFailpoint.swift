import Foundation
import Ledger
import Synchronization

/// Ends the process where a test wants it: `LONGTAKE_FAILPOINT=<name>[:<n>[:stop]]`, when the failpoint is reached for the
/// n-th time (default: 1); with `stop` it is stopped by SIGSTOP instead, and goes on after SIGCONT. For tests only; names are those of ``Failpoint``.
enum TestFailpoint {
  static let variable = "LONGTAKE_FAILPOINT"
  /// As a shell reports a process that was killed.
  private static let status: Int32 = 137

  /// Nil when the variable is not set.
  /// - Throws: ``UsageError`` for a name that does not exist.
  static func hook() throws -> Failpoint.Hook? {
    guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return nil }
    let parts = text.split(separator: ":")
    guard let point = Failpoint(rawValue: String(parts[0])), let count = parts.count == 1 ? 1 : Int(parts[1]),
      count > 0,
      parts.count < 3 || parts[2] == "stop"
    else { throw UsageError("\(variable)=\(text): no such failpoint") }
    let left = Countdown(from: count)
    let stops = parts.count == 3
    return { reached in
      guard reached == point, left.reachesZero() else { return }
      if stops { raise(SIGSTOP) } else { _exit(status) }
    }
  }

  private final class Countdown: Sendable {
    private let count: Mutex<Int>

    init(from count: Int) { self.count = Mutex(count) }

    func reachesZero() -> Bool {
      count.withLock {
        $0 -= 1
        return $0 == 0
      }
    }
  }
}
