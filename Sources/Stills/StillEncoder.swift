public import Libav
import Probing
import Timing

/// A still frame as the bytes of a file.
public struct EncodedStill: Sendable {
  public enum Format: String, Sendable, Hashable, Codable { case png, jpeg, webp }

  public let format: Format
  public let bytes: [UInt8]
  /// Pixels, upright.
  public let width: Int
  public let height: Int
  /// Bits per colour sample: 8 or 16.
  public let bitDepth: Int
  /// `4:4:4`, `4:2:0`; nil where nothing is lost.
  public let subsampling: String?
  /// libjpeg-like quantiser of the JPEG encoder, 1 (best) to 31; nil for PNG and WebP.
  public let quantiser: Int?
  /// 1–100 of a lossy WebP; nil for a lossless one and for the others.
  public let quality: Int?

  public var mediaType: String { "image/\(format.rawValue)" }
}

/// Writes exact frames as PNG or JPEG in true colours.
///
/// PNG carries the RGB values with an `sRGB` chunk and no `gAMA`/`cHRM` that would change them; HDR frames become 16-bit PNG
/// with a `cICP` chunk. JPEG is JFIF: BT.601 full range, converted from the true RGB.
public struct StillEncoder: ~Copyable {
  /// Bytes of a JPEG at this quantiser are the smallest offered.
  public static let worstQuantiser = 31
  public static let bestQuantiser = 1
  /// zlib levels for a PNG, and by how much each makes a detailed 4K frame smaller than the first: the cheapest that may fit is
  /// tried. Higher levels gain 2 % more for four times the time.
  static let pngLevels: [(level: Int, gain: Double)] = [(1, 1), (3, 1.07), (6, 1.15)]

  /// Where the frame is from; nil for a page made here.
  private let file: String?
  private let rgb: Frame
  private let tags: ColorTags
  private let deep: Bool
  /// How the frame's colours were brought to this form; nil when they were kept.
  public let note: String?

  /// Converts a frame to upright RGB.
  /// - Parameters:
  ///   - deep: 16 bits per sample; nil chooses 16 for HDR that is kept and 8 otherwise.
  ///   - toneMap: brings HDR to 8-bit sRGB; nil keeps its code values.
  public init(_ frame: borrowing ExactFrame, deep: Bool? = nil, toneMap: ToneMap? = nil) throws(LibavError) {
    let facts = frame.facts
    let isHDR = facts.color.tags.isHDR
    let deep = toneMap != nil && isHDR ? false : deep ?? isHDR
    let converted = try ColorConverter.rgb(frame.frame, color: facts.color, deep: deep, toneMap: toneMap)
    let upright = try ColorConverter.upright(converted, rotation: facts.rotation, isMirrored: facts.isMirrored)
    if let toneMap, isHDR {
      tags = ColorTags(range: "pc", matrix: "gbr")
      note = toneMap.words(transfer: facts.color.tags.transfer, hasLightLevels: frame.frame.hasLightLevels)
    } else {
      tags = facts.color.tags
      note =
        isHDR
        ? "HDR (\(facts.color.tags.transfer ?? "")): the code values are kept\(deep ? " and signalled" : ""), not tone mapped"
        : nil
    }
    self.deep = deep
    file = facts.file
    rgb = upright
  }

  /// A page that is RGB already.
  init(rgb page: borrowing Frame) throws(LibavError) {
    rgb = try page.share()
    file = nil
    tags = ColorTags(range: "pc", matrix: "gbr")
    deep = false
    note = nil
  }

  /// The JPEG quantiser for a quality of 1–100: 100 is the best, 1; 1 is the worst, 31.
  public static func quantiser(quality: Int) -> Int {
    let quality = min(max(quality, 1), 100)
    return bestQuantiser + (100 - quality) * (worstQuantiser - bestQuantiser) / 99
  }

  /// WebP by libwebp.
  /// - Parameter quality: 1–100; nil loses nothing.
  /// - Throws: ``LibavError``: `codecMissing` when this libav has no libwebp.
  public func webp(quality: Int? = nil) throws(LibavError) -> EncodedStill {
    guard let format = PixelFormat(name: "bgra") else { throw LibavError(.unsupported, "libav knows no bgra") }
    let scaler = try Scaler(
      from: (rgb.width, rgb.height, rgb.pixelFormat), color: ColorTags(range: "pc", matrix: "gbr"),
      to: (rgb.width, rgb.height, format), targetColor: ColorTags(range: "pc", matrix: "gbr"), quality: .bicubic)
    var settings = encoding("libwebp", format: format)
    settings.options = quality.map { ["quality": "\(min(max($0, 1), 100))"] } ?? ["lossless": "1", "quality": "50"]
    return EncodedStill(
      format: .webp, bytes: try encode(try scaler.scale(rgb), settings), width: rgb.width, height: rgb.height,
      bitDepth: 8, subsampling: quality == nil ? nil : "4:2:0", quantiser: nil, quality: quality)
  }

  public func png() throws(LibavError) -> EncodedStill { try png(level: Self.pngLevels[0].level) }

  private func png(level: Int) throws(LibavError) -> EncodedStill {
    var settings = encoding("png", format: rgb.pixelFormat)
    settings.options = ["compression_level": "\(level)", "pred": "sub"]
    let chunk: PNGChunk = tags.isHDR ? .codingIndependentCodePoints(tags) : .standardRGB
    let bytes = PNGChunk.replaceColorChunks(of: try encode(rgb, settings), with: chunk)
    return EncodedStill(
      format: .png, bytes: bytes, width: rgb.width, height: rgb.height, bitDepth: deep ? 16 : 8, subsampling: nil,
      quantiser: nil, quality: nil)
  }

  /// - Parameter quantiser: 1 (best) to 31.
  public func jpeg(quantiser: Int = bestQuantiser, subsampled: Bool = false) throws(LibavError) -> EncodedStill {
    let frame = try jpegFrame(subsampled: subsampled)
    return try jpeg(frame, quantiser: quantiser, subsampled: subsampled)
  }

  private static let webpQualities = [95, 90, 80, 65, 50, 35, 20, 5, 1]

  /// The best still of at most `maximumBytes`: PNG if it fits, else the JPEG of the highest quality that fits, 4:4:4 before
  /// 4:2:0.
  /// - Throws: ``LibavError``: `unsupported` when not even the smallest JPEG fits.
  public func fitting(maximumBytes: Int, allowing formats: Set<EncodedStill.Format> = [.png, .jpeg]) throws(LibavError)
    -> EncodedStill
  {
    if formats.contains(.png) {
      let quick = try png()
      if quick.bytes.count <= maximumBytes { return quick }
      let excess = Double(quick.bytes.count) / Double(maximumBytes)
      for (level, gain) in Self.pngLevels.dropFirst() where excess <= gain {
        let smaller = try png(level: level)
        if smaller.bytes.count <= maximumBytes { return smaller }
      }
    }
    if formats.contains(.jpeg) {
      for subsampled in [false, true] {
        if let still = try bestJPEG(maximumBytes: maximumBytes, subsampled: subsampled) { return still }
      }
    }
    if formats.contains(.webp) {
      for quality in [nil] + Self.webpQualities.map(Optional.some) {
        let still = try webp(quality: quality)
        if still.bytes.count <= maximumBytes { return still }
      }
    }
    throw LibavError(
      .unsupported, "the frame (\(rgb.width)×\(rgb.height)) does not fit into \(maximumBytes) bytes at any quality",
      file: file)
  }

  private func bestJPEG(maximumBytes: Int, subsampled: Bool) throws(LibavError) -> EncodedStill? {
    let frame = try jpegFrame(subsampled: subsampled)
    var best: EncodedStill?
    var (low, high) = (Self.bestQuantiser, Self.worstQuantiser)
    while low <= high {
      let middle = best == nil && low == Self.bestQuantiser ? low : (low + high) / 2
      let still = try jpeg(frame, quantiser: middle, subsampled: subsampled)
      if still.bytes.count <= maximumBytes {
        best = still
        high = middle - 1
      } else {
        low = middle + 1
      }
    }
    return best
  }

  private func jpegFrame(subsampled: Bool) throws(LibavError) -> Frame {
    let scaler = try Scaler(
      from: (rgb.width, rgb.height, rgb.pixelFormat), color: ColorTags(range: "pc", matrix: "gbr"),
      to: (rgb.width, rgb.height, subsampled ? .yuvj420p : .yuvj444p),
      targetColor: ColorTags(range: "pc", matrix: "smpte170m", chromaLocation: subsampled ? "center" : nil),
      quality: .bicubic)
    return try scaler.scale(rgb)
  }

  private func jpeg(_ frame: borrowing Frame, quantiser: Int, subsampled: Bool) throws(LibavError) -> EncodedStill {
    var settings = encoding("mjpeg", format: frame.pixelFormat)
    settings.color = ColorTags(range: "pc", matrix: "smpte170m")
    settings.options = ["flags": "+qscale", "qmin": "1"]
    return EncodedStill(
      format: .jpeg, bytes: try encode(frame, settings, quantiser: quantiser), width: frame.width,
      height: frame.height, bitDepth: 8,
      subsampling: subsampled ? "4:2:0" : "4:4:4", quantiser: quantiser,
      quality: nil)
  }

  private func encoding(_ encoder: String, format: PixelFormat) -> VideoEncoding {
    var settings = VideoEncoding(
      encoder: encoder, width: rgb.width, height: rgb.height, pixelFormat: format, timeBase: .microseconds)
    settings.usesGlobalHeader = false
    settings.threads = 1
    return settings
  }

  private func encode(
    _ frame: borrowing Frame, _ settings: VideoEncoding, quantiser: Int? = nil
  ) throws(LibavError) -> [UInt8] {
    let encoder = try Encoder(settings)
    let timed = try frame.share()
    timed.pts = 0
    timed.requestKey(false)
    if let quantiser { timed.requestQuantiser(quantiser) }
    try encoder.send(timed)
    try encoder.sendEnd()
    let packet = try Packet()
    guard try encoder.receive(into: packet) else { throw LibavError(.other, "\(settings.encoder) gave no frame") }
    return packet.bytes
  }
}
