/// A span of time, `[start, end)`, in seconds.
public struct TimeRange: Sendable, Hashable, Codable {
  public let start: Rational
  public let end: Rational

  public init(start: Rational, end: Rational) {
    self.start = start
    self.end = Swift.max(start, end)
  }

  public init(start: Rational, duration: Rational) { self.init(start: start, end: start + duration) }

  public var duration: Rational { end - start }
  public func contains(_ time: Rational) -> Bool { start <= time && time < end }
}
