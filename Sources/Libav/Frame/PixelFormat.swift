import CLibav

/// The memory layout of a frame's samples, by libav's name (`yuv420p`, `rgb24`, …).
public struct PixelFormat: Sendable, Hashable, CustomStringConvertible {
  let value: AVPixelFormat

  init(_ value: AVPixelFormat) { self.value = value }
  init(raw: Int32) { value = AVPixelFormat(rawValue: raw) }

  /// Nil for a name that libav does not have.
  public init?(name: String) {
    let value = av_get_pix_fmt(name)
    guard value != AV_PIX_FMT_NONE else { return nil }
    self.value = value
  }

  public static let yuv420p = PixelFormat(AV_PIX_FMT_YUV420P)
  public static let yuv420p10 = PixelFormat(AV_PIX_FMT_YUV420P10LE)
  public static let yuv444p = PixelFormat(AV_PIX_FMT_YUV444P)
  public static let yuvj444p = PixelFormat(AV_PIX_FMT_YUVJ444P)
  public static let yuvj420p = PixelFormat(AV_PIX_FMT_YUVJ420P)
  public static let rgb24 = PixelFormat(AV_PIX_FMT_RGB24)
  public static let rgb48 = PixelFormat(AV_PIX_FMT_RGB48BE)
  public static let gbrp = PixelFormat(AV_PIX_FMT_GBRP)
  public static let gray8 = PixelFormat(AV_PIX_FMT_GRAY8)

  public var name: String { string(av_get_pix_fmt_name(value)) ?? "unknown" }
  public var description: String { name }

  private var descriptor: AVPixFmtDescriptor? { av_pix_fmt_desc_get(value)?.pointee }

  /// Bits of the first component, 8 for `yuv420p`; 0 when unknown.
  public var bitDepth: Int { descriptor.map { Int($0.comp.0.depth) } ?? 0 }
  public var componentCount: Int { descriptor.map { Int($0.nb_components) } ?? 0 }
  /// log2 of the horizontal chroma subsampling, 1 for 4:2:0.
  public var chromaShiftX: Int { descriptor.map { Int($0.log2_chroma_w) } ?? 0 }
  /// log2 of the vertical chroma subsampling, 1 for 4:2:0.
  public var chromaShiftY: Int { descriptor.map { Int($0.log2_chroma_h) } ?? 0 }
  public var isRGB: Bool { has(AV_PIX_FMT_FLAG_RGB) }
  public var hasAlpha: Bool { has(AV_PIX_FMT_FLAG_ALPHA) }
  public var hasPalette: Bool { has(AV_PIX_FMT_FLAG_PAL) }
  public var isPlanar: Bool { has(AV_PIX_FMT_FLAG_PLANAR) }
  public var isGray: Bool { componentCount <= 2 && !hasPalette }
  public var planeCount: Int { max(0, Int(av_pix_fmt_count_planes(value))) }

  /// The plain format of a deprecated `yuvj…` one, which implies full range.
  public var withoutImpliedRange: PixelFormat {
    switch value {
    case AV_PIX_FMT_YUVJ420P: PixelFormat(AV_PIX_FMT_YUV420P)
    case AV_PIX_FMT_YUVJ422P: PixelFormat(AV_PIX_FMT_YUV422P)
    case AV_PIX_FMT_YUVJ444P: PixelFormat(AV_PIX_FMT_YUV444P)
    case AV_PIX_FMT_YUVJ440P: PixelFormat(AV_PIX_FMT_YUV440P)
    case AV_PIX_FMT_YUVJ411P: PixelFormat(AV_PIX_FMT_YUV411P)
    default: self
    }
  }
  public var impliesFullRange: Bool { withoutImpliedRange != self }

  private func has(_ flag: Int32) -> Bool { descriptor.map { $0.flags & UInt64(flag) != 0 } ?? false }
}
