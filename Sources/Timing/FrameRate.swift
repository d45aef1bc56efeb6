/// Frames per second as an exact fraction, for example 24000/1001; never a decimal.
public struct FrameRate: Sendable, Hashable, Codable, CustomStringConvertible {
  public let rational: Rational

  /// Nil unless the rate is defined and above zero.
  public init?(_ rational: Rational) {
    guard rational.isPositive else { return nil }
    self.rational = rational
  }

  public init?(_ numerator: Int64, _ denominator: Int64 = 1) {
    self.init(Rational(numerator, denominator))
  }

  /// Seconds that one frame lasts.
  public var frameDuration: Rational { rational.reciprocal }

  /// Seconds that `frames` last, exactly.
  public func duration(frames: Int) -> Rational { frameDuration * Int64(frames) }

  /// The frame count nearest to a duration in seconds; nil when the duration is undefined or out of range.
  public func frames(in seconds: Rational) -> Int? { (seconds * rational).rounded.map { Int($0) } }

  /// The time base that MP4 writers choose for this rate: the rate's numerator times a power of two, at least 10000 ticks per
  /// second, so that frames last a whole number of ticks (24/1 → 1/12288).
  public var mediaTimeBase: TimeBase {
    var ticks = rational.numerator
    while ticks < 10_000 { ticks *= 2 }
    return TimeBase(1, ticks) ?? .microseconds
  }

  public var description: String { rational.fraction }

  public init(from decoder: any Decoder) throws {
    let rational = try Rational(from: decoder)
    guard let value = FrameRate(rational) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a frame rate must be above 0: \(rational)"))
    }
    self = value
  }
  public func encode(to encoder: any Encoder) throws { try rational.encode(to: encoder) }
}
