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

  /// The frame count nearest to a duration in seconds.
  public func frames(in seconds: Rational) -> Int { Int((seconds * rational).rounded) }

  /// The smallest common tick in which both whole frames of this rate and finer divisions down to about 1/10000 s are
  /// whole: the frame rate's numerator times a power of two, as MP4 writers choose it (24/1 → 1/12288).
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
