import Synchronization

/// Requests that were sent and not yet answered, by digest.
///
/// While an equal request of another shot waits for its answer, a generation in the service's list may be that shot's: a
/// search for a lost answer must wait until it is settled.
final class RequestsInFlight: Sendable {
  private struct Count {
    var unanswered = 0
    var begun = 0
  }

  private static let pause: Duration = .milliseconds(50)
  private let counts = Mutex<[String: Count]>([:])

  func begin(_ digest: String) {
    counts.withLock { counts in
      counts[digest, default: Count()].unanswered += 1
      counts[digest, default: Count()].begun += 1
    }
  }

  func end(_ digest: String) { counts.withLock { $0[digest]?.unanswered -= 1 } }

  /// Number of equal requests that this run has sent; a search that spans a change of it proves nothing.
  func begun(_ digest: String) -> Int { counts.withLock { $0[digest]?.begun ?? 0 } }

  /// The same of all requests, equal or not; nil while one is unanswered.
  func begunWithoutAny() -> Int? {
    counts.withLock { counts in
      counts.values.allSatisfy { $0.unanswered == 0 } ? counts.values.reduce(0) { $0 + $1.begun } : nil
    }
  }

  /// Waits until no equal request is unanswered.
  /// - Throws: `CancellationError`.
  func waitUntilSettled(_ digest: String) async throws {
    while counts.withLock({ ($0[digest]?.unanswered ?? 0) > 0 }) { try await Task.sleep(for: Self.pause) }
  }
}
