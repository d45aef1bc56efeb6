/// A duration as it is written: `90s`, `45m`, `1h30m`, `250ms`, or plain seconds.
public struct DurationText: Sendable, Hashable {
  /// Units in seconds, largest first.
  private static let units: [(name: String, seconds: Rational)] = [
    ("h", Rational(3600)), ("m", Rational(60)), ("s", .one), ("ms", Rational(1, 1000)),
  ]

  /// Never negative.
  public let seconds: Rational
  /// Whether it was written with a unit.
  public let hasUnit: Bool

  public init(seconds: Int) {
    self.seconds = Rational(seconds)
    hasUnit = true
  }

  /// Nil when the text is none of these forms, or too long to count.
  public init?(parsing text: String) {
    var rest = text[...]
    var total = Rational.zero
    var units = Self.units[...]
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Rational(parsing: number) else { return nil }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(name.count)
      if name.isEmpty, rest.isEmpty, units.count == Self.units.count {
        (seconds, hasUnit) = (value, false)
        return
      }
      guard let index = units.firstIndex(where: { $0.name == name }) else { return nil }
      total = total + value * units[index].seconds
      units = units[(index + 1)...]
    }
    guard !text.isEmpty, total.isDefined else { return nil }
    (seconds, hasUnit) = (total, true)
  }

  /// Whole hours, minutes and seconds, or decimal seconds.
  public var text: String {
    guard seconds.denominator == 1 else { return "\(seconds.doubleValue)s" }
    var rest = seconds.numerator
    guard rest > 0 else { return "0s" }
    return Self.units.dropLast().reduce(into: "") { text, unit in
      let count = rest / unit.seconds.numerator
      if count > 0 { text += "\(count)\(unit.name)" }
      rest %= unit.seconds.numerator
    }
  }
}
