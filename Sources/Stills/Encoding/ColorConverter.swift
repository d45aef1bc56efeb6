import Color
import Libav
import Probing

/// Converts decoded frames to RGB by their own matrix and range, and rotates them to their display orientation.
///
/// Keeps scalers and filters for frames of the same kind. Not `Sendable`: they are libav's.
final class ColorConverter {
  private let scaler = FrameScaler()
  private let packer = FrameScaler()
  private let filter = FrameFilter()
  private let rotation = FrameFilter()

  /// RGB at the wanted depth: 8 bits as `rgb24`, 16 as `rgb48be`. Alpha is dropped; see ``adding(alphaOf:color:to:)``.
  ///
  /// A tone map converts HDR to 8-bit sRGB; other frames are converted as without it.
  func rgb(
    _ source: borrowing Frame, color: ColorUnderstanding, deep: Bool, toneMap: ToneMap? = nil
  ) throws(LibavError) -> Frame {
    let target: PixelFormat = deep ? .rgb48 : .rgb24
    if let toneMap, color.tags.isHDR { return try mapped(source, color: color.tags, by: toneMap) }
    let format = source.pixelFormat
    if format == target { return try source.share() }
    if format.isRGB || format.hasPalette {
      return try packer.scale(
        source, color: color.tags, to: (source.width, source.height, target), targetColor: .fullRGB, quality: .bicubic)
    }
    if LibraryVersions.hasFilter("zscale") { return try throughZimg(source, color: color.tags, target: target) }
    let whole = try scaler.scale(
      source, color: color.tags, to: (source.width, source.height, Self.whole(deep || format.bitDepth > 8)),
      quality: .bicubic)
    return try packed(ColorMatrix.rgb(whole, color: color.tags), as: target)
  }

  /// The format without chroma subsampling.
  private static func whole(_ deep: Bool) -> PixelFormat {
    PixelFormat(name: deep ? "yuv444p16le" : "yuv444p") ?? .yuv444p
  }

  /// The frame in a planar format without alpha whose size its chroma subsampling divides, as zimg needs it, in its own
  /// matrix.
  private func planar(
    _ source: borrowing Frame, color: ColorTags, deep: Bool
  ) throws(LibavError) -> Frame {
    let format = source.pixelFormat
    let isWhole =
      source.width % (1 << format.chromaShiftX) == 0 && source.height % (1 << format.chromaShiftY) == 0
    if format.isPlanar, !format.hasAlpha, isWhole { return try source.share() }
    let opaque = format.name.hasPrefix("yuva") ? PixelFormat(name: "yuv" + format.name.dropFirst(4)) : nil
    let target = (isWhole ? opaque : nil) ?? Self.whole(deep || format.bitDepth > 8)
    return try scaler.scale(source, color: color, to: (source.width, source.height, target), quality: .bicubic)
  }

  /// Matrices whose conversion depends on the transfer or the primaries: those derived from the primaries, ICtCp.
  private static let matricesOfLight: Set<Int> = [12, 13, 14]
  /// BT.2020 with constant luminance: zimg converts it by way of the light of a display, which changes greys.
  private static let constantLuminance = 10

  private func throughZimg(
    _ source: borrowing Frame, color: ColorTags, target: PixelFormat
  ) throws(LibavError) -> Frame {
    let frame = try planar(source, color: color, deep: target == .rgb48)
    frame.relabelWithoutImpliedRange()
    // By number: the filter's names differ between versions of libav.
    let matrix = color.matrixCode ?? 1
    var tags = ColorTags(range: color.range, matrix: color.matrix, chromaLocation: color.chromaLocation)
    if Self.matricesOfLight.contains(matrix) { (tags.transfer, tags.primaries) = (color.transfer, color.primaries) }
    frame.color = tags
    let range = color.range == "pc" ? "full" : "limited"
    let location = color.chromaLocation.map { ":chromalin=\($0)" } ?? ""
    guard matrix != Self.constantLuminance else {
      let full = Self.whole(target == .rgb48 || frame.pixelFormat.bitDepth > 8)
      let whole = try filter.run(
        ["zscale=rangein=\(range)\(location):dither=none:filter=bicubic", "format=\(full)"], on: frame)
      return try packed(ColorMatrix.rgb(whole, color: color), as: target)
    }
    let rgb = target == .rgb48 ? "gbrp16le" : "gbrp"
    return try packed(
      filter.run(
        [
          "zscale=matrixin=\(matrix):rangein=\(range)\(location):matrix=gbr:range=full:dither=none:filter=bicubic",
          "format=\(rgb)",
        ], on: frame), as: target)
  }

  private func mapped(
    _ source: borrowing Frame, color: ColorTags, by toneMap: ToneMap
  ) throws(LibavError) -> Frame {
    guard LibraryVersions.hasFilter("zscale"), LibraryVersions.hasFilter("tonemap") else {
      throw LibavError(.unsupported, "this libav has no zscale or tonemap filter, so HDR cannot be tone mapped")
    }
    let isRGB = source.pixelFormat.isRGB
    let frame = try isRGB ? source.share() : planar(source, color: color, deep: true)
    frame.color = color
    let steps = toneMap.filters(color, isRGB: isRGB, hasLightLevels: source.hasLightLevels)
    return try packed(filter.run(steps, on: frame), as: .rgb24)
  }

  /// Planar RGB as packed RGB.
  private func packed(_ frame: borrowing Frame, as target: PixelFormat) throws(LibavError) -> Frame {
    try packer.scale(
      frame, color: .fullRGB, to: (frame.width, frame.height, target), targetColor: .fullRGB, quality: .bicubic)
  }

  /// `rgba` or `rgba64be` of RGB that ``rgb(_:color:deep:toneMap:)`` made of the same frame; nil when the frame has no
  /// alpha, or is opaque throughout.
  func adding(
    alphaOf source: borrowing Frame, color: ColorUnderstanding, to rgb: borrowing Frame
  ) throws(LibavError) -> Frame? {
    let format = source.pixelFormat
    guard format.hasAlpha || format.hasPalette else { return nil }
    let bytes = rgb.pixelFormat == .rgb48 ? 2 : 1
    guard let target = PixelFormat(name: bytes == 2 ? "rgba64be" : "rgba") else { return nil }
    let result = try FrameScaler().scale(
      source, color: color.tags, to: (source.width, source.height, target), targetColor: .fullRGB, quality: .bicubic)
    let (width, height) = (rgb.width, rgb.height)
    let isOpaque = result.withPlane(0) { rgba, stride in
      for row in 0..<height {
        for column in 0..<width {
          for byte in 0..<bytes where rgba[row * stride + (4 * column + 3) * bytes + byte] != 255 { return false }
        }
      }
      return true
    }
    guard !isOpaque else { return nil }
    rgb.withPlane(0) { source, sourceStride in
      result.withMutablePlane(0) { target, stride in
        for row in 0..<height {
          for column in 0..<width {
            let (from, to) = (row * sourceStride + 3 * column * bytes, row * stride + 4 * column * bytes)
            for byte in 0..<3 * bytes { target[to + byte] = source[from + byte] }
          }
        }
      }
    }
    return result
  }

  /// The frame as a player shows it: rotated clockwise, then mirrored. Angles that are no multiple of 90° are ignored.
  func oriented(_ frame: borrowing Frame, rotation: Int, isMirrored: Bool) throws(LibavError) -> Frame {
    try self.rotation.run(FrameFilter.orientation(rotation: rotation, isMirrored: isMirrored), on: frame)
  }
}
