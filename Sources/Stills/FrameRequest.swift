public import Libav
public import Probing
public import Timing

/// Which picture of a video is wanted.
public enum FrameRequest: Sendable, Hashable {
  case first
  case last
  /// Position in presentation order, from 0.
  case index(Int)
  /// Seconds from the start of the file as a player counts them: the picture that is on screen then.
  case time(Rational)
}

/// One exact picture and what is known of it.
public struct ExactFrame: ~Copyable {
  /// As decoded: not rotated, not converted.
  public let frame: Frame
  public let facts: Facts

  public struct Facts: Sendable, Hashable {
    public let file: String
    /// Position in presentation order, from 0.
    public let index: Int
    /// Ticks of the time base; nil for raw streams.
    public let pts: Int64?
    public let timeBase: TimeBase
    /// Pixels, as decoded.
    public let width: Int
    public let height: Int
    public let pixelFormat: String
    public let color: ColorUnderstanding
    /// Degrees clockwise that a player turns the picture.
    public let rotation: Int
    public let isMirrored: Bool
    public let sampleAspectRatio: Rational
    /// What a user must know about how the picture was found; nil when all went as it should.
    public let note: String?

    /// Seconds.
    public var time: Rational? { pts.map { timeBase.seconds($0) } }
  }
}
