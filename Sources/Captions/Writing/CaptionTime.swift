import Timing

/// Times of cues as text.
enum CaptionTime {
  /// `00:01:02.345`, to the nearest millisecond.
  static func text(_ time: Rational, separator: String = ".") -> String {
    let milliseconds = max(0, (time * 1000).rounded ?? 0)
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return fields.joined(separator: ":") + separator + padded(rest, 3)
  }

  private static func padded(_ value: Int64, _ count: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }
}
