import CLibav
public import Timing

/// A fraction as a file writes it, not in lowest terms.
public struct UnreducedFraction: Sendable, Hashable, CustomStringConvertible {
  public let numerator: Int64
  public let denominator: Int64

  public init(_ numerator: Int64, _ denominator: Int64) {
    self.numerator = numerator
    self.denominator = denominator
  }

  init(_ value: AVRational) { self.init(Int64(value.num), Int64(value.den)) }

  public var value: Rational { Rational(numerator, denominator) }
  /// `34000/50000`.
  public var description: String { "\(numerator)/\(denominator)" }
}
