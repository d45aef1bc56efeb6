import Synchronization

/// Requests that were sent and not yet answered, by digest.
///
/// While an equal request of another shot waits for its answer, a generation in the service's list may be that shot's: a
/// search for a lost answer must wait until it is settled.
final class RequestsInFlight: Sendable {
  private static let pause: Duration = .milliseconds(50)
  private let counts = Mutex<[String: Int]>([:])

  func begin(_ digest: String) { counts.withLock { $0[digest, default: 0] += 1 } }

  func end(_ digest: String) {
    counts.withLock { counts in
      let left = (counts[digest] ?? 1) - 1
      counts[digest] = left > 0 ? left : nil
    }
  }

  /// Waits until no equal request is unanswered.
  /// - Throws: `CancellationError`.
  func waitUntilSettled(_ digest: String) async throws {
    while counts.withLock({ $0[digest] != nil }) { try await Task.sleep(for: Self.pause) }
  }
}
