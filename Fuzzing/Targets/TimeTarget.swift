import Presets
import Timing

enum TimeTarget {
  private static let rates = [
    FrameRate(24), FrameRate(25), FrameRate(60), FrameRate(24_000, 1001), FrameRate(30_000, 1001),
    FrameRate(60_000, 1001), FrameRate(1, 3), FrameRate(Int64(Int32.max), 1),
  ].compactMap(\.self)

  static func run(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    if let point = TimePoint(parsing: text) {
      _ = point.description
      for rate in rates { _ = point.frame(at: rate) }
    }
    for rate in rates {
      guard let timecode = Timecode(parsing: text, rate: rate) else { continue }
      let again = Timecode(parsing: timecode.description, rate: rate)
      try require(again == timecode, "\(text) at \(rate): \(timecode) is read as \(again?.frame ?? -1)")
    }
    if let duration = DurationText(parsing: text) {
      try require(duration.seconds >= .zero, "\(text) is a negative duration")
      if duration.seconds.denominator == 1 {
        try require(
          DurationText(parsing: duration.text)?.seconds == duration.seconds, "\(text) becomes \(duration.text)")
      }
    }
    if let amount = USD(parsing: text) {
      try require(USD(parsing: amount.decimal) == amount, "\(text) becomes \(amount.decimal)")
      _ = amount.times(Rational(Int64.max, 3)) + amount
    }
    let parts = text.split(separator: " ").prefix(4).compactMap { Rational(parsing: $0) }
    for a in parts {
      for b in parts {
        let sum = a + b
        if sum.isDefined, a.isDefined { try require(sum - b == a || !(sum - b).isDefined, "\(a) + \(b) - \(b)") }
        _ = (a * b, a / b, a < b, a.floor, b.rounded, a.magnitude, a.reciprocal)
        if let base = TimeBase(b) { _ = (base.ticks(a), base.seconds(a.numerator)) }
        if let rate = FrameRate(b) { _ = (rate.frames(in: a), rate.description) }
      }
    }
  }
}
