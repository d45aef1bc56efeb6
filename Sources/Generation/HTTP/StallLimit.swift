import Synchronization

/// A sign of life from work that must not stall.
final class Heartbeat: Sendable {
  private let elapsed: @Sendable () -> Duration
  private let last = Mutex(Duration.zero)

  init(_ clock: any Clock<Duration>) { elapsed = clock.stopwatch() }

  /// - Parameter extra: time that the next sign may take longer.
  func beat(extra: Duration = .zero) {
    let now = elapsed()
    last.withLock { $0 = now + extra }
  }

  var age: Duration { elapsed() - last.withLock { $0 } }
}

/// The work showed no sign of life for the given time.
struct Stalled: Error {
  let limit: Duration
}

/// A response goes on and on.
struct Endless: Error {
  let limit: Duration
}

/// Runs work that has to call ``Heartbeat/beat(extra:)`` at least every `limit`; cancels it and throws ``Stalled``
/// otherwise.
func withStallLimit<Value: Sendable>(
  _ limit: Duration, on clock: any Clock<Duration>, _ work: @Sendable @escaping (Heartbeat) async throws -> Value
) async throws -> Value {
  let heartbeat = Heartbeat(clock)
  return try await race(work: { try await work(heartbeat) }) {
    while true {
      let left = limit - heartbeat.age
      guard left > .zero else { throw Stalled(limit: limit) }
      try await clock.sleep(for: left)
    }
  }
}

/// Runs work and cancels it when `limit` has passed, throwing `error`.
func withDeadline<Value: Sendable>(
  _ limit: Duration, on clock: any Clock<Duration>,
  throwing error: @autoclosure @Sendable @escaping () -> GenerationError,
  _ work: @Sendable @escaping () async throws -> Value
) async throws -> Value {
  try await race(work: work) {
    try await clock.sleep(for: limit)
    throw error()
  }
}

/// The first of the two to end decides; the other is cancelled and awaited, so nothing is left running.
private func race<Value: Sendable>(
  work: @Sendable @escaping () async throws -> Value, guardian: @Sendable @escaping () async throws -> Never
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await work() }
    group.addTask { try await guardian() }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw CancellationError() }
    return value
  }
}
