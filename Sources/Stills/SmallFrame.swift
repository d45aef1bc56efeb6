public import Libav
import Probing
import Timing

/// A frame shrunk for looking at: upright, sRGB, 8 bits.
public struct SmallFrame: Sendable {
  /// Pixels.
  public let width: Int
  public let height: Int
  /// Red, green, blue, row by row without gaps.
  public let rgb: [UInt8]

  /// The longest side that a frame may be shrunk to.
  static let longestSide = 16_384

  /// Shrinks a frame by the means of the pixels that fall together; pixels that are not square are made so, and HDR is tone
  /// mapped.
  /// - Parameter width: pixels of the upright frame; the height follows from its shape.
  init(_ frame: borrowing Frame, of stream: StreamInfo, width: Int) throws(LibavError) {
    let facts = ExactFrame.Facts(frame, of: stream, path: "", index: 0, note: nil)
    let isTurned = facts.rotation % 180 != 0
    let aspect = facts.sampleAspectRatio.isPositive ? facts.sampleAspectRatio.doubleValue : 1
    let (shownWidth, shownHeight) = (Double(frame.width) * aspect, Double(frame.height))
    let ratio = isTurned ? shownWidth / shownHeight : shownHeight / shownWidth
    let height = min(max(1, Int((Double(width) * ratio).rounded())), Self.longestSide)
    let size = isTurned ? (height, width) : (width, height)
    let isPlain = frame.pixelFormat.isRGB || frame.pixelFormat.hasPalette
    let isHDR = facts.color.tags.isHDR
    let middle: PixelFormat =
      isPlain ? .rgb24 : isHDR ? PixelFormat(name: "yuv444p16le") ?? .yuv444p : .yuv444p
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: facts.color.tags, to: (size.0, size.1, middle),
      targetColor: isPlain ? ColorTags(range: "pc", matrix: "gbr") : facts.color.tags, quality: .area)
    let small = try scaler.scale(frame)
    let converted = try ColorConverter.rgb(
      small, color: facts.color, deep: false, toneMap: isHDR ? ToneMap(.hable) : nil)
    let upright = try ColorConverter.upright(converted, rotation: facts.rotation, isMirrored: facts.isMirrored)
    self.init(rgb24: upright)
  }

  /// Copies a frame that is `rgb24` already.
  init(rgb24 frame: borrowing Frame) {
    let (width, height) = (frame.width, frame.height)
    self.width = width
    self.height = height
    rgb = frame.withPlane(0) { bytes, stride in
      [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
        for y in 0..<height {
          for x in 0..<width * 3 { buffer[y * width * 3 + x] = bytes[y * stride + x] }
        }
        count = width * height * 3
      }
    }
  }

  init(width: Int, height: Int, rgb: [UInt8]) {
    self.width = width
    self.height = height
    self.rgb = rgb
  }

  /// The frame as a file.
  /// - Parameter quality: 1–100 for JPEG and WebP.
  public func encoded(as format: EncodedStill.Format, quality: Int) throws(LibavError) -> EncodedStill {
    let canvas = try Canvas(width: width, height: height)
    canvas.draw(self, left: 0, top: 0)
    let encoder = try StillEncoder(rgb: canvas.frame)
    return switch format {
    case .png: try encoder.png()
    case .jpeg: try encoder.jpeg(quantiser: StillEncoder.quantiser(quality: quality), subsampled: true)
    case .webp: try encoder.webp(quality: quality)
    }
  }
}
