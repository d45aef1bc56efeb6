public import Libav
public import Timing

/// What somebody who knows the request adds to a preset: what was asked and paid for. Nil: not known.
public struct Expectation: Sendable, Hashable {
  /// A frame may be so many seconds longer or shorter than asked.
  public static let durationTolerance = Rational(1, 2)

  /// A cut may be so many seconds from where a shot should begin.
  public static let cutTolerance = Rational(1, 2)

  /// As a viewer sees it, after rotation.
  public var size: StreamInfo.FrameSize?
  /// Seconds.
  public var duration: Rational?
  /// Whether audio was asked for.
  public var audio: Bool?
  public var frameRate: FrameRate?

  public var frameCount: Int?
  /// Paths of the images that the first and the last frame should be.
  public var startImage: String?
  public var endImage: String?
  /// When the shots after the first one should begin inside one generated clip, in seconds.
  public var cuts: [Rational]?
  /// Where shots were joined; there, defects of a join are looked for.
  public var joins: [DeclaredJoin] = []

  /// A place where two shots were joined.
  public struct DeclaredJoin: Sendable, Hashable {
    /// Position of the first frame behind it.
    public let frame: Int
    /// Seconds.
    public let time: Rational

    public init(frame: Int, time: Rational) {
      self.frame = frame
      self.time = time
    }
  }

  public init(
    size: (width: Int, height: Int)? = nil, duration: Rational? = nil, audio: Bool? = nil, frameRate: FrameRate? = nil
  ) {
    self.size = size.map { StreamInfo.FrameSize(width: $0.width, height: $0.height) }
    self.duration = duration
    self.audio = audio
    self.frameRate = frameRate
  }
}
