public import Libav
public import Timing

/// What somebody who knows the request adds to a preset: what was asked and paid for. Nil: not known.
public struct Expectation: Sendable, Hashable {
  /// A picture may be so many seconds longer or shorter than asked.
  public static let durationTolerance = Rational(1, 2)

  /// As a viewer sees it, after rotation.
  public var size: StreamInfo.PictureSize?
  /// Seconds.
  public var duration: Rational?
  /// Whether sound was asked for.
  public var audio: Bool?
  public var frameRate: FrameRate?

  public init(
    size: (width: Int, height: Int)? = nil, duration: Rational? = nil, audio: Bool? = nil, frameRate: FrameRate? = nil
  ) {
    self.size = size.map { StreamInfo.PictureSize(width: $0.width, height: $0.height) }
    self.duration = duration
    self.audio = audio
    self.frameRate = frameRate
  }
}
