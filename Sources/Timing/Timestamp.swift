/// A point in time: a count of ticks in a time base.
public struct Timestamp: Sendable, Hashable, Comparable {
  public let ticks: Int64
  public let base: TimeBase

  public init(_ ticks: Int64, _ base: TimeBase) {
    self.ticks = ticks
    self.base = base
  }

  public var seconds: Rational { base.seconds(ticks) }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.seconds < b.seconds }
  public static func == (a: Timestamp, b: Timestamp) -> Bool { a.seconds == b.seconds }
  public func hash(into hasher: inout Hasher) { hasher.combine(seconds) }
}
