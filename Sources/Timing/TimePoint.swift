/// A time on the command line: seconds (`12.5`), `HH:MM:SS.mmm`, timecode `HH:MM:SS:FF`, or a frame as `#123`.
public enum TimePoint: Sendable, Hashable, CustomStringConvertible {
  /// Never negative.
  case seconds(Rational)
  /// Needs a frame rate to mean a frame.
  case timecode(String)
  /// Counted from 0.
  case frame(Int)

  /// Nil when the text is none of the four.
  public init?(parsing text: String) {
    if text.hasPrefix("#") {
      guard let number = Int(text.dropFirst()), number >= 0 else { return nil }
      self = .frame(number)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 4 || text.contains(";") {
      self = .timecode(text)
      return
    }
    guard let last = parts.last, let seconds = Rational(parsing: last), !last.contains("/"), seconds >= .zero,
      parts.count <= 3
    else { return nil }
    var total = seconds
    for (part, weight) in zip(parts.dropLast().reversed(), [60, 3600] as [Int64]) {
      guard let value = Int64(part), value >= 0 else { return nil }
      total = total + Rational(value) * weight
    }
    guard total.isDefined else { return nil }
    self = .seconds(total)
  }

  /// The frame that begins nearest to the time; nil for a timecode that does not exist at the rate.
  public func frame(at rate: FrameRate) -> Int? {
    switch self {
    case .seconds(let time): return rate.frames(in: time)
    case .timecode(let text): return Timecode(parsing: text, rate: rate)?.frame
    case .frame(let number): return number
    }
  }

  /// As written on the command line.
  public var description: String {
    switch self {
    case .seconds(let time): "\(time.doubleValue)"
    case .timecode(let text): text
    case .frame(let number): "#\(number)"
    }
  }
}
