/// An exact fraction of two 64-bit integers, always in lowest terms with a denominator ≥ 0.
///
/// A denominator of 0 is allowed and means "unknown" (libav writes `0/0` or `0/1` where a rate or ratio is not given);
/// see ``isDefined``. Arithmetic is done in 128 bits and reduced; a result that does not fit becomes ``undefined``, and has no
/// ``floor`` and no ``rounded``.
public struct Rational: Sendable, Hashable {
  public let numerator: Int64
  public let denominator: Int64

  public static let zero = Rational(0, 1)
  public static let one = Rational(1, 1)
  /// 0/0: a value that is not known.
  public static let undefined = Rational(0, 0)

  public init(_ numerator: Int64, _ denominator: Int64 = 1) {
    self.init(wide: Int128(numerator), Int128(denominator))
  }

  public init(_ value: Int) { self.init(Int64(value), 1) }

  /// Parses `"24000/1001"`, `"24000:1001"`, `"24"`, or a finite decimal such as `"23.976"` (taken literally, as 23976/1000).
  public init?(parsing text: some StringProtocol) {
    for separator: Character in ["/", ":"] where text.contains(separator) {
      let parts = text.split(separator: separator, omittingEmptySubsequences: false)
      guard parts.count == 2, let n = Int64(parts[0]), let d = Int64(parts[1]) else { return nil }
      self.init(n, d)
      return
    }
    let negative = text.hasPrefix("-")
    let magnitude = negative ? text.dropFirst() : text[...]
    let parts = magnitude.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, first.allSatisfy(\.isWholeNumberDigit) else { return nil }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard fraction.allSatisfy(\.isWholeNumberDigit), !(first.isEmpty && fraction.isEmpty),
      fraction.count <= 15, let value = Int64(first + fraction)
    else { return nil }
    let scale = (0..<fraction.count).reduce(Int64(1)) { product, _ in product * 10 }
    self.init(negative ? -value : value, scale)
  }

  init(wide numerator: Int128, _ denominator: Int128) {
    guard denominator != 0 else {
      self.numerator = 0
      self.denominator = 0
      return
    }
    let divisor = Self.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
    let sign: Int128 = denominator < 0 ? -1 : 1
    let n = sign * numerator / Int128(divisor)
    let d = sign * denominator / Int128(divisor)
    guard let fittingN = Int64(exactly: n), let fittingD = Int64(exactly: d) else {
      self.numerator = 0
      self.denominator = 0
      return
    }
    self.numerator = fittingN
    self.denominator = fittingD
  }

  private static func greatestCommonDivisor(_ a: UInt128, _ b: UInt128) -> UInt128 {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return x == 0 ? 1 : x
  }

  /// False for a value with denominator 0.
  public var isDefined: Bool { denominator != 0 }
  public var isPositive: Bool { isDefined && numerator > 0 }
  /// The nearest double, for display and statistics only; NaN when not defined.
  public var doubleValue: Double { isDefined ? Double(numerator) / Double(denominator) : .nan }
  /// One divided by the value; undefined for 0.
  public var reciprocal: Rational { Rational(denominator, numerator) }
  /// `"24000/1001"`, always with the denominator, as ffprobe writes rates.
  public var fraction: String { "\(numerator)/\(denominator)" }

  /// The largest integer not above the value; nil when undefined.
  public var floor: Int64? {
    guard isDefined else { return nil }
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The nearest integer; halves go away from zero, as libav's `AV_ROUND_NEAR_INF`. Nil when undefined.
  public var rounded: Int64? {
    guard isDefined else { return nil }
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    guard remainder.magnitude >= (denominator.magnitude - remainder.magnitude) else { return quotient }
    return numerator < 0 ? quotient - 1 : quotient + 1
  }

  public static func + (a: Rational, b: Rational) -> Rational {
    Rational(
      wide: Int128(a.numerator) * Int128(b.denominator) + Int128(b.numerator) * Int128(a.denominator),
      Int128(a.denominator) * Int128(b.denominator))
  }
  public static func - (a: Rational, b: Rational) -> Rational { a + Rational(-1) * b }
  public static func * (a: Rational, b: Rational) -> Rational {
    Rational(
      wide: Int128(a.numerator) * Int128(b.numerator), Int128(a.denominator) * Int128(b.denominator))
  }
  public static func / (a: Rational, b: Rational) -> Rational { a * b.reciprocal }
  public static func * (a: Rational, b: Int64) -> Rational { a * Rational(b) }
  public static prefix func - (a: Rational) -> Rational { Rational(-1) * a }
  public var magnitude: Rational { numerator < 0 ? -self : self }
}

extension Rational: Comparable {
  /// Undefined values sort before all others, so that an order always exists.
  public static func < (a: Rational, b: Rational) -> Bool {
    guard a.isDefined && b.isDefined else { return !a.isDefined && b.isDefined }
    return Int128(a.numerator) * Int128(b.denominator) < Int128(b.numerator) * Int128(a.denominator)
  }
}

extension Rational: CustomStringConvertible {
  public var description: String { fraction }
}

extension Rational: Codable {
  /// Encoded as the exact fraction, `"24000/1001"`.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Rational(parsing: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a fraction such as \"24000/1001\": \(text)"))
    }
    self = value
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(fraction)
  }
}

extension Character {
  fileprivate var isWholeNumberDigit: Bool { ("0"..."9").contains(self) }
}
