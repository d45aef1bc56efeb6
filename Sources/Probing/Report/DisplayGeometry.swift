public import Libav
import Timing

/// The frame as a viewer sees it: stretched by its sample aspect ratio, then turned as the header says.
public struct DisplayGeometry: Sendable, Hashable {
  /// Square pixels; the stretched side is rounded to the nearest.
  public let width: Int
  public let height: Int
  /// Degrees clockwise that a player turns it by.
  public let rotation: Int
  public let isMirrored: Bool
  /// True too when nothing is said of the pixels' shape.
  public let hasSquarePixels: Bool

  /// Nil for streams without frames.
  public init?(_ stream: StreamInfo) {
    guard let video = stream.video else { return nil }
    let aspect = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : .one
    hasSquarePixels = aspect == .one
    let stretched = Int((aspect * Int64(video.width)).rounded)
    let isUpright = video.rotation % 180 == 0
    width = isUpright ? stretched : video.height
    height = isUpright ? video.height : stretched
    rotation = video.rotation
    isMirrored = video.isMirrored
  }
}
