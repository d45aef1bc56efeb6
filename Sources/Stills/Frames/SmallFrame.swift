package import Color
public import Libav
import Probing
import Timing

/// A frame shrunk for viewing: in display orientation, with square pixels, sRGB, 8 bits.
public struct SmallFrame: Sendable {
  let image: RGBImage

  /// Pixels.
  public var width: Int { image.width }
  public var height: Int { image.height }
  /// Red, green, blue, row by row without gaps.
  public var rgb: [UInt8] { image.bytes }

  package init(_ image: RGBImage) { self.image = image }

  /// The frame as a file.
  /// - Parameter quality: 1–100 for JPEG and WebP.
  public func encoded(as format: EncodedStill.Format, quality: Int) throws(LibavError) -> EncodedStill {
    let encoder = try StillEncoder(rgb: try image.frame())
    return switch format {
    case .png: try encoder.png()
    case .jpeg: try encoder.jpeg(quantiser: StillEncoder.quantiser(quality: quality), subsampled: true)
    case .webp: try encoder.webp(quality: quality)
    }
  }
}

/// Shrinks the frames of one video for viewing.
///
/// Not `Sendable`: it keeps libav's scalers and filters.
package final class SmallFrameMaker {
  private let stream: StreamInfo
  private let width: Int
  private let scaler = FrameScaler()
  private let converter = ColorConverter()

  /// The longest side that a frame may be shrunk to.
  private static let longestSide = 16_384

  /// - Parameter width: pixels across the result in display orientation; the height follows from the frame's shape.
  package init(of stream: StreamInfo, width: Int) {
    self.stream = stream
    self.width = width
  }

  /// Each pixel is the mean of those that fall together. HDR is tone mapped.
  package func shrink(_ frame: borrowing Frame) throws(LibavError) -> SmallFrame {
    let facts = ExactFrame.Facts(frame, of: stream, path: "", index: 0, note: nil)
    let isRotated = facts.rotation % 180 != 0
    let aspect = facts.sampleAspectRatio.isPositive ? facts.sampleAspectRatio.doubleValue : 1
    let (shownWidth, shownHeight) = (Double(frame.width) * aspect, Double(frame.height))
    let ratio = isRotated ? shownWidth / shownHeight : shownHeight / shownWidth
    let height = min(max(1, Int((Double(width) * ratio).rounded())), Self.longestSide)
    let size = isRotated ? (width: height, height: width) : (width: width, height: height)
    var image: RGBImage
    if facts.color.tags.isHDR {
      image = try toneMapped(frame, color: facts.color, size: size)
    } else {
      image = try scaler.shrink(frame, color: facts.color.tags, to: size)
    }
    if isRotated || facts.rotation != 0 || facts.isMirrored {
      image = RGBImage(
        rgb24: try converter.oriented(image.frame(), rotation: facts.rotation, isMirrored: facts.isMirrored))
    }
    return SmallFrame(image)
  }

  private func toneMapped(
    _ frame: borrowing Frame, color: ColorUnderstanding, size: (width: Int, height: Int)
  ) throws(LibavError) -> RGBImage {
    let isRGB = frame.pixelFormat.isRGB || frame.pixelFormat.hasPalette
    let format: PixelFormat = isRGB ? .rgb24 : PixelFormat(name: "yuv444p16le") ?? .yuv444p
    let small = try scaler.scale(
      frame, color: color.tags, to: (size.width, size.height, format),
      targetColor: isRGB ? .fullRGB : color.tags, quality: .area)
    return RGBImage(rgb24: try converter.rgb(small, color: color, deep: false, toneMap: ToneMap(.hable)))
  }
}
