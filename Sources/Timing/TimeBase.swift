/// The length in seconds of one tick of a timestamp, for example 1/12288.
public struct TimeBase: Sendable, Hashable, CustomStringConvertible {
  public let rational: Rational

  public static let microseconds = TimeBase(unchecked: Rational(1, 1_000_000))

  /// Nil unless the base is defined and above zero.
  public init?(_ rational: Rational) {
    guard rational.isPositive else { return nil }
    self.rational = rational
  }

  public init?(_ numerator: Int64, _ denominator: Int64) { self.init(Rational(numerator, denominator)) }

  private init(unchecked rational: Rational) { self.rational = rational }

  /// Seconds from a count of ticks, exactly.
  public func seconds(_ ticks: Int64) -> Rational { rational * ticks }

  /// The tick nearest to a time in seconds; halves away from zero. Nil when the time is undefined or out of range.
  public func ticks(_ seconds: Rational) -> Int64? { (seconds / rational).rounded }

  /// Ticks of another base in this one; halves away from zero. Nil when out of range.
  public func rescale(_ ticks: Int64, from other: TimeBase) -> Int64? { self.ticks(other.seconds(ticks)) }

  public var description: String { rational.fraction }
}
