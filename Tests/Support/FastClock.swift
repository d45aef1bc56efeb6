/// A clock that runs faster than real time, so that tests do not wait for pauses and time limits.
public struct FastClock: Clock {
  public struct Instant: InstantProtocol {
    let offset: Duration

    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  /// Seconds of this clock in one second.
  public let speed: Double
  private let start = ContinuousClock.now

  public init(speed: Double = 100) { self.speed = speed }

  public var now: Instant { Instant(offset: start.duration(to: .now) * speed) }
  public var minimumResolution: Duration { .nanoseconds(1) }

  public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await Task.sleep(for: max(.zero, deadline.offset - now.offset) / speed)
  }
}
