/// The distance between two questions to a service, spread so that many waiters do not ask at once.
struct JitteredInterval: Sendable {
  let middle: Duration
  /// Part of `middle` that a pause may differ by.
  let spread: Double

  /// The next pause.
  func next() -> Duration { middle * Double.random(in: (1 - spread)...(1 + spread)) }
}
