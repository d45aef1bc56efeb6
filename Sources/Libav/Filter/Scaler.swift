import CLibav

/// Changes the size or the pixel format of frames with libswscale.
///
/// Not `Sendable`: it owns one `SwsContext`.
public struct Scaler: ~Copyable {
  public enum Quality: Sendable, Hashable {
    /// Each target pixel is the mean of the source pixels under it: the right choice for measuring and shrinking.
    case area
    case bicubic
    case lanczos

    fileprivate var flags: Int32 {
      switch self {
      case .area: lt_sws_area
      case .bicubic: lt_sws_bicubic | lt_sws_accurate
      case .lanczos: lt_sws_lanczos | lt_sws_accurate
      }
    }
  }

  private let context: OpaquePointer
  private let width: Int
  private let height: Int
  private let format: PixelFormat
  private let color: ColorTags

  /// - Parameters:
  ///   - color: the source's colour tags; an untagged matrix is taken as BT.709 from 720 lines, BT.601 below.
  ///   - targetColor: of the result; nil keeps the source's (RGB is always full range).
  public init(
    from source: (width: Int, height: Int, format: PixelFormat), color: ColorTags,
    to target: (width: Int, height: Int, format: PixelFormat), targetColor: ColorTags? = nil, quality: Quality
  ) throws(LibavError) {
    let context = try allocated(
      lt_scaler_new(
        Int32(source.width), Int32(source.height), source.format.value, Int32(target.width), Int32(target.height),
        target.format.value, quality.flags), "a scaler")
    let resultColor = targetColor ?? color
    let from = Self.coefficients(color, height: source.height)
    let to = Self.coefficients(resultColor, height: target.height)
    let sourceFull = color.range == "pc" || source.format.impliesFullRange || source.format.isRGB
    let targetFull = resultColor.range == "pc" || target.format.impliesFullRange || target.format.isRGB
    lt_scaler_set_color(context, from, sourceFull ? 1 : 0, to, targetFull ? 1 : 0)
    self.context = context
    width = target.width
    height = target.height
    format = target.format
    self.color = resultColor
  }

  deinit { lt_scaler_free(context) }

  /// The source at the new size and format, with its timestamp.
  public func scale(_ source: borrowing Frame) throws(LibavError) -> Frame {
    let target = try Frame(width: width, height: height, format: format, color: color)
    try scale(source, into: target)
    return target
  }

  /// The same into a frame of the right size and format.
  public func scale(_ source: borrowing Frame, into target: borrowing Frame) throws(LibavError) {
    let rows = withUnsafePointer(to: &source.pointer.pointee.data) { data in
      data.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { planes in
        withUnsafePointer(to: &source.pointer.pointee.linesize) { strides in
          strides.withMemoryRebound(to: Int32.self, capacity: 8) { lines in
            withUnsafePointer(to: &target.pointer.pointee.data) { output in
              output.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { outputPlanes in
                withUnsafePointer(to: &target.pointer.pointee.linesize) { outputStrides in
                  outputStrides.withMemoryRebound(to: Int32.self, capacity: 8) { outputLines in
                    lt_scaler_scale(
                      context, planes, lines, source.pointer.pointee.height, outputPlanes, outputLines)
                  }
                }
              }
            }
          }
        }
      }
    }
    try check(rows, "scaling a frame")
    target.pts = source.pts
  }

  private static func coefficients(_ color: ColorTags, height: Int) -> UnsafePointer<Int32>? {
    let space: Int32 =
      switch color.matrix {
      case "bt709": SWS_CS_ITU709
      case "bt2020nc", "bt2020c": SWS_CS_BT2020
      case "smpte170m", "bt470bg": SWS_CS_ITU601
      case "smpte240m": SWS_CS_SMPTE240M
      case "fcc": SWS_CS_FCC
      default: height >= ColorTags.untaggedHighDefinitionLines ? SWS_CS_ITU709 : SWS_CS_ITU601
      }
    return sws_getCoefficients(space)
  }
}

extension ColorTags {
  /// From this many lines on, an untagged frame is taken as BT.709; below, as BT.601.
  public static let untaggedHighDefinitionLines = 720
}
