public import Libav
import Timing

/// The frame as displayed: stretched by its sample aspect ratio, then rotated by its display matrix.
public struct DisplayGeometry: Sendable, Hashable {
  /// Square pixels; the stretched side is rounded to the nearest.
  public let width: Int
  public let height: Int
  /// Degrees clockwise by which a player rotates it.
  public let rotation: Int
  public let isMirrored: Bool
  /// Also true when the pixel shape is not signalled.
  public let hasSquarePixels: Bool

  /// Nil for streams without frames.
  public init?(_ stream: StreamInfo) {
    guard let video = stream.video else { return nil }
    let aspect = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : .one
    hasSquarePixels = aspect == .one
    let stretched = (aspect * Int64(video.width)).rounded.map { Int($0) } ?? video.width
    let isSideKept = video.rotation % 180 == 0
    width = isSideKept ? stretched : video.height
    height = isSideKept ? video.height : stretched
    rotation = video.rotation
    isMirrored = video.isMirrored
  }
}
