/// How patiently a service is asked, and what is accepted from it.
public struct ClientSettings: Sendable {
  /// The environment variable that sets ``pollInterval``, in seconds.
  public static let pollVariable = "LONGTAKE_POLL_SECONDS"
  private static let longestPollSeconds = 3600.0
  /// Hundreds may wait beside one stream, so what each asks meanwhile has to stay cheap, also on loopback.
  static let shortestSafetyNet: Duration = .seconds(40)

  /// The mean time between two status requests for a generation; each pause is 50–150 % of it.
  /// The services publish 10–30 s.
  public var pollInterval: Duration
  /// The same beside an event stream, where polling is only the safety net.
  public var safetyNetInterval: Duration
  /// Silence after which an event stream is taken for dead; the services send a comment every 15 s.
  public var streamSilence: Duration = .seconds(45)
  /// How long ``Provider/enqueue(_:)`` waits for the event stream before it goes on without one; polling
  /// carries on then.
  public var streamTimeout: Duration = .seconds(3)
  /// How long a blocking generation may take; 4K takes 5–15 minutes.
  public var syncTimeout: Duration = .seconds(45 * 60)
  /// How long an ordinary response may take to end, however steadily it comes.
  public var answerTime: Duration = .seconds(300)
  /// Silence after which a transfer is given up and retried.
  public var transferStall: Duration = .seconds(60)
  /// Bytes of the largest clip that is accepted.
  public var largestClip: Int64 = 8 << 30
  public var retry = RetryPolicy()
  public var network = NetworkSettings()
  /// Runs every pause, deadline and stall limit.
  public var clock: any Clock<Duration> = ContinuousClock()

  /// - Parameter pollInterval: nil for 20 s, or 0.5 s on loopback.
  init(pollInterval: Duration?, isLoopback: Bool) {
    self.pollInterval = pollInterval ?? (isLoopback ? .milliseconds(500) : .seconds(20))
    safetyNetInterval = pollInterval.map { $0 * 4 } ?? max(self.pollInterval * 4, Self.shortestSafetyNet)
  }

  /// The interval in ``pollVariable``; nil when it is not set.
  /// - Throws: ``GenerationError`` `unsupported` unless it is above 0 and at most 3600 s.
  static func pollInterval(in environment: [String: String]) throws -> Duration? {
    guard let text = environment[pollVariable], !text.isEmpty else { return nil }
    guard let seconds = Double(text), seconds > 0, seconds <= longestPollSeconds else {
      throw GenerationError(.unsupported, "\(pollVariable) must be a number of seconds above 0, at most 3600.")
    }
    return .seconds(seconds)
  }
}

extension Clock where Duration == Swift.Duration {
  /// A function that gives the time since this call.
  public func stopwatch() -> @Sendable () -> Duration {
    let start = now
    return { start.duration(to: self.now) }
  }
}
