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
    let small = try scale(frame, color: color, to: (size.width, size.height, .yuv444p), quality: .area)
    let pixels = ColorMatrix(color).rgb24(small)
    return RGBImage(width: size.width, height: size.height, bytes: pixels)
  }
}

extension ColorTags {
  /// RGB in full range.
  package static let fullRGB = ColorTags(range: "pc", matrix: "gbr")
}
