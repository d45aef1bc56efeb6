public import Libav

/// The properties of an image file, from its content and never from its name.
public struct StillInfo: Sendable, Hashable {
  public enum Format: String, Sendable, Codable { case png, jpeg, webp, other }

  public let format: Format
  /// libav's name of the format, also for `other`.
  public let formatName: String
  /// From its EXIF data.
  public let orientation: DisplayOrientation
  /// Pixels in display orientation.
  public let width: Int
  public let height: Int
  /// Bytes of the file.
  public let bytes: Int64
  /// Bits of one sample.
  public let bitDepth: Int
  /// Samples of one pixel, with transparency; 4 in a JPEG is CMYK.
  public let components: Int

  /// Whether every reader takes its samples: 8 bits, and not CMYK.
  public var isPlain: Bool { bitDepth <= 8 && (format != .jpeg || components <= 3) }

  public var mediaType: String {
    switch format {
    case .png: "image/png"
    case .jpeg: "image/jpeg"
    case .webp: "image/webp"
    case .other: "application/octet-stream"
    }
  }

  /// Opens an image file and decodes it, so that damage is found now.
  /// - Throws: ``LibavError`` naming the file.
  public init(path: String) throws(LibavError) {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.streams.first(where: { $0.kind == .video }) else {
      throw LibavError(.invalidData, "holds no image", file: path)
    }
    format =
      switch stream.codecName {
      case "png", "apng": .png
      case "mjpeg": .jpeg
      case "webp": .webp
      default: .other
      }
    formatName = format == .other ? stream.codecName : format.rawValue
    guard ChunkedFile.isWhole(path: path) else {
      throw LibavError(.invalidData, "is cut short: its end is missing", file: path)
    }
    bytes = demuxer.container.size ?? 0
    var reader = try StreamReader(demuxer, streams: [stream.index], threading: .slices(1))
    let frame = try Frame()
    guard try reader.next(into: frame) != nil else {
      let reason = reader.faults.first?.message ?? "no frame came out"
      throw LibavError(.invalidData, "cannot be decoded as an image: \(reason)", file: path)
    }
    bitDepth = frame.pixelFormat.bitDepth
    components = frame.pixelFormat.componentCount
    orientation = DisplayOrientation(path: path)
    (width, height) = orientation.swapsSides ? (frame.height, frame.width) : (frame.width, frame.height)
  }
}
