public import Timing

/// An exact amount of US dollars, in millionths.
public struct USD: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// Millionths of a dollar.
  public let micro: Int64

  public static let zero = USD(micro: 0)

  public init(micro: Int64) { self.micro = micro }

  /// Reads a decimal such as `"0.42"`; nil for anything else, a negative amount, or parts below a millionth.
  public init?(parsing text: String) {
    guard let dollars = Rational(parsing: text), dollars >= .zero, !text.contains("/"), !text.contains(":") else {
      return nil
    }
    let micro = dollars * 1_000_000
    guard micro.isDefined, micro.denominator == 1 else { return nil }
    self.init(micro: micro.numerator)
  }

  /// This price per second for a number of seconds, rounded up to a millionth; saturates.
  public func times(_ seconds: Rational) -> USD {
    let exact = seconds * micro
    return (-exact).floor.map { USD(micro: -$0) } ?? USD(micro: .max)
  }

  public static func + (a: USD, b: USD) -> USD {
    let (sum, overflow) = a.micro.addingReportingOverflow(b.micro)
    return USD(micro: overflow ? .max : sum)
  }
  public static func * (a: USD, count: Int) -> USD { a.times(Rational(count)) }
  public static func < (a: USD, b: USD) -> Bool { a.micro < b.micro }

  /// Dollars as a plain decimal with at least two places: `3.78`, `0.0525`.
  public var decimal: String {
    let (whole, rest) = micro.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    var places = String(repeating: "0", count: 6 - String(rest).count) + String(rest)
    while places.count > 2, places.hasSuffix("0") { places.removeLast() }
    return (micro < 0 ? "-" : "") + "\(whole).\(places)"
  }

  public var description: String { "$\(decimal)" }
}
