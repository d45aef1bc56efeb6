package import Libav

/// Scales frames, keeping libswscale's context for as long as what goes in and what comes out stay of the same kind.
///
/// Not `Sendable`: it owns one ``Scaler``.
package final class FrameScaler {
  private struct Key: Equatable {
    var width: Int
    var height: Int
    var format: PixelFormat
    var color: ColorTags
    var targetWidth: Int
    var targetHeight: Int
    var targetFormat: PixelFormat
    var targetColor: ColorTags?
    var quality: Scaler.Quality
  }

  private var key: Key?
  private var scaler: Scaler?

  package init() {}

  /// The frame at another size or in another format, with its timestamp.
  /// - Parameters:
  ///   - color: what the source's numbers stand for.
  ///   - targetColor: of the result; nil keeps the source's.
  package func scale(
    _ frame: borrowing Frame, color: ColorTags, to target: (width: Int, height: Int, format: PixelFormat),
    targetColor: ColorTags? = nil, quality: Scaler.Quality
  ) throws(LibavError) -> Frame {
    let wanted = Key(
      width: frame.width, height: frame.height, format: frame.pixelFormat, color: color, targetWidth: target.width,
      targetHeight: target.height, targetFormat: target.format, targetColor: targetColor, quality: quality)
    if key != wanted {
      scaler = try Scaler(
        from: (frame.width, frame.height, frame.pixelFormat), color: color, to: target, targetColor: targetColor,
        quality: quality)
      key = wanted
    }
    guard let result = try scaler?.scale(frame) else { throw LibavError(.other, "there is no scaler") }
    return result
  }

  /// The frame shrunk to 8-bit RGB by its own matrix: each pixel is the mean of those that fall together.
  package func shrink(
    _ frame: borrowing Frame, color: ColorTags, to size: (width: Int, height: Int)
  ) throws(LibavError) -> RGBImage {
    let format = frame.pixelFormat
    if format.isRGB || format.hasPalette {
      return RGBImage(
        rgb24: try scale(
          frame, color: color, to: (size.width, size.height, .rgb24), targetColor: .fullRGB, quality: .area))
    }
    if let small = try Self.blockMeans(of: frame, color: color, size) {
      return RGBImage(width: size.width, height: size.height, bytes: ColorMatrix(color).rgb24(small))
    }
    let small = try scale(frame, color: color, to: (size.width, size.height, .yuv444p), quality: .area)
    return RGBImage(width: size.width, height: size.height, bytes: ColorMatrix(color).rgb24(small))
  }

  /// The exact means of whole blocks; nil where blocks do not fill a plane, or where the range is to change.
  private static func blockMeans(
    of frame: borrowing Frame, color: ColorTags, _ size: (width: Int, height: Int)
  ) throws(LibavError) -> Frame? {
    let format = frame.pixelFormat
    guard format.isPlanar, format.planeCount >= 3, color.range == "pc" || !format.impliesFullRange, size.width > 0,
      size.height > 0
    else { return nil }
    for plane in 0..<3 {
      let source = frame.planeSize(plane)
      guard source.width % size.width == 0, source.height % size.height == 0 else { return nil }
    }
    let means = try Frame(width: size.width, height: size.height, format: .yuv444p)
    for plane in 0..<3 {
      let source = frame.planeSize(plane)
      let block = (x: source.width / size.width, y: source.height / size.height)
      let sums = BlockSums.of(frame, plane: plane, columns: size.width, rows: size.height, block: block)
      let count = UInt32(block.x * block.y) << UInt32(max(0, format.bitDepth - 8))
      let (half, shift) = (count / 2, count.nonzeroBitCount == 1 ? UInt32(count.trailingZeroBitCount) : nil)
      means.withMutablePlane(plane) { bytes, stride in
        bytes.withUnsafeMutableBufferPointer { bytes in
          for row in 0..<size.height {
            let line = sums[row * size.width..<(row + 1) * size.width]
            let target = UnsafeMutableBufferPointer(rebasing: bytes[row * stride..<row * stride + size.width])
            line.withUnsafeBufferPointer { line in
              if let shift {
                for column in 0..<size.width {
                  target[column] = UInt8(min(255, (line[column] &+ half) &>> shift))
                }
              } else {
                for column in 0..<size.width {
                  target[column] = UInt8(min(255, (line[column] &+ half) / count))
                }
              }
            }
          }
        }
      }
    }
    return means
  }
}

extension ColorTags {
  /// RGB in full range.
  package static let fullRGB = ColorTags(range: "pc", matrix: "gbr")
}
