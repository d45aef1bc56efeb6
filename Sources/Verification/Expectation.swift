public import Libav
public import Timing

/// The properties requested of a clip, which add rules to a preset. Nil: not known.
public struct Expectation: Sendable, Hashable {
  /// Greatest difference in seconds from the requested duration.
  public static let durationTolerance = Rational(1, 2)

  /// Greatest distance in seconds of a cut from the requested start of a shot.
  public static let cutTolerance = Rational(1, 2)

  /// After rotation.
  public var size: StreamInfo.FrameSize?
  /// Seconds.
  public var duration: Rational?
  /// Whether audio was requested.
  public var audio: Bool?
  public var frameRate: FrameRate?
  public var frameCount: Int?
  /// Paths of the requested first and last frames.
  public var startImage: String?
  public var endImage: String?
  /// Requested starts of the second and later shots inside one clip, in seconds.
  public var cuts: [Rational]?
  /// Where shots were joined; adds the checks of joins.
  public var joins: [DeclaredJoin] = []

  /// A join of two shots.
  public struct DeclaredJoin: Sendable, Hashable {
    /// Position of the first frame after it.
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
