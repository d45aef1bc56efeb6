package import Libav

/// Options of zimg's filter.
extension FrameFilter {
  /// Lossless conversion to what zimg takes: planar frames without alpha whose size the chroma subsampling divides.
  package static func preparation(_ format: PixelFormat, width: Int, height: Int) -> [String] {
    let deep = format.bitDepth > 8
    if format.isRGB || format.hasPalette {
      return format.isPlanar && !format.hasAlpha ? [] : ["format=\(deep ? "gbrp16le" : "gbrp")"]
    }
    if format.isGray && !format.hasAlpha { return [] }
    let suits = width % (1 << format.chromaShiftX) == 0 && height % (1 << format.chromaShiftY) == 0
    return format.isPlanar && !format.hasAlpha && format.planeCount == 3 && suits
      ? [] : ["format=\(deep ? "yuv444p16le" : "yuv444p")"]
  }

  /// Transfers of the same curve (ITU-R BT.1886 displays them all).
  private static let videoTransfers: Set<String> = ["bt709", "smpte170m", "bt2020-10", "bt2020-12"]

  /// - Parameter hasPrimaries: both are tagged; assumed primaries are no reason to convert.
  package static func colors(
    from own: ColorTags, to wanted: ColorTags, format: PixelFormat, hasPrimaries: Bool
  ) -> String {
    var options = ":range=\(wanted.range == "pc" ? "full" : "limited")"
    // By number: the filter's names differ between versions of libav.
    if let matrix = wanted.matrixCode { options += ":matrix=\(matrix)" }
    let isSameCurve =
      own.transfer == wanted.transfer
      || (videoTransfers.contains(own.transfer ?? "") && videoTransfers.contains(wanted.transfer ?? ""))
    if hasPrimaries, let transfer = wanted.transferCode, let primaries = wanted.primariesCode,
      own.primaries != wanted.primaries || !isSameCurve
    {
      options += ":transfer=\(transfer):primaries=\(primaries)"
    }
    if format.chromaShiftX > 0, let location = wanted.chromaLocation { options += ":chromal=\(location)" }
    return options
  }
}
