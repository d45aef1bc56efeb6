import Color
public import Libav
import Probing
import Timing

/// A still image as the bytes of a file.
public struct EncodedStill: Sendable {
  public enum Format: String, Sendable, Hashable, Codable { case png, jpeg, webp }

  public let format: Format
  public let bytes: [UInt8]
  /// Pixels, in display orientation.
  public let width: Int
  public let height: Int
  /// Bits per colour sample: 8 or 16.
  public let bitDepth: Int
  /// `4:4:4`, `4:2:0`; nil for lossless formats.
  public let subsampling: String?
  /// libjpeg-like quantiser of the JPEG encoder, 1 (best) to 31; nil for PNG and WebP.
  public let quantiser: Int?
  /// 1–100 of a lossy WebP; nil for a lossless one and for the others.
  public let quality: Int?

  public var mediaType: String { "image/\(format.rawValue)" }
}

/// Encodes exact frames as PNG, JPEG or WebP in true colours.
///
/// PNG carries the RGB values with an `sRGB` chunk and no `gAMA`/`cHRM` that would change them; HDR frames become
/// 16-bit PNG with a `cICP` chunk. PNG and WebP keep alpha. JPEG is JFIF: BT.601 full range, converted from the true
/// RGB.
public struct StillEncoder: ~Copyable {
  /// The quantiser of the smallest JPEG.
  public static let worstQuantiser = 31
  public static let bestQuantiser = 1
  /// zlib levels for a PNG, and how much smaller than the first each makes a detailed 4K frame: the fastest that may
  /// fit is tried. Higher levels save another 2 % in four times the time.
  static let pngLevels: [(level: Int, gain: Double)] = [(1, 1), (3, 1.07), (6, 1.15)]

  /// The frame's file; nil for a page.
  private let file: String?
  private let rgb: Frame
  private let tags: ColorTags
  private let deep: Bool
  /// How the frame's colours were changed; nil when they were not.
  public let note: String?

  /// Converts a frame to RGB in display orientation.
  /// - Parameters:
  ///   - deep: 16 bits per sample; nil chooses 16 for HDR that is kept and 8 otherwise.
  ///   - toneMap: maps HDR to 8-bit sRGB; nil keeps its code values.
  ///   - keepsAlpha: false drops an alpha channel, with a ``note``; JPEG never has one.
  public init(
    _ frame: borrowing ExactFrame, deep: Bool? = nil, toneMap: ToneMap? = nil, keepsAlpha: Bool = true
  ) throws(LibavError) {
    let facts = frame.facts
    let isHDR = facts.color.tags.isHDR
    let deep = toneMap != nil && isHDR ? false : deep ?? isHDR
    let converter = ColorConverter()
    var notes: [String] = []
    do throws(LibavError) {
      var converted = try converter.rgb(frame.frame, color: facts.color, deep: deep, toneMap: toneMap)
      if let withAlpha = try converter.adding(alphaOf: frame.frame, color: facts.color, to: converted) {
        if keepsAlpha { converted = withAlpha } else { notes.append("the alpha channel is dropped") }
      }
      rgb = try converter.oriented(converted, rotation: facts.rotation, isMirrored: facts.isMirrored)
    } catch {
      throw error.about(facts.file)
    }
    if let toneMap, isHDR {
      tags = .fullRGB
      notes.append(toneMap.note(transfer: facts.color.tags.transfer, hasLightLevels: frame.frame.hasLightLevels))
    } else {
      tags = facts.color.tags
      if isHDR {
        notes.append(
          "HDR (\(facts.color.tags.transfer ?? "")): the code values are kept\(deep ? " and signalled" : ""), not tone mapped"
        )
      }
    }
    note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    self.deep = deep
    file = facts.file
  }

  /// A page in RGB.
  init(rgb page: borrowing Frame) throws(LibavError) {
    rgb = try page.share()
    file = nil
    tags = .fullRGB
    deep = false
    note = nil
  }

  /// The JPEG quantiser for a quality of 1–100: 100 is the best, 1; 1 is the worst, 31.
  public static func quantiser(quality: Int) -> Int {
    let quality = min(max(quality, 1), 100)
    return bestQuantiser + (100 - quality) * (worstQuantiser - bestQuantiser) / 99
  }

  /// WebP by libwebp.
  /// - Parameter quality: 1–100; nil for lossless.
  /// - Throws: ``LibavError``: `codecMissing` when this libav has no libwebp.
  public func webp(quality: Int? = nil) throws(LibavError) -> EncodedStill {
    guard let format = PixelFormat(name: "bgra") else { throw LibavError(.unsupported, "this libav has no bgra") }
    let frame = try converted(to: format, color: .fullRGB)
    var settings = encoding("libwebp", format: format)
    settings.options = quality.map { ["quality": "\(min(max($0, 1), 100))"] } ?? ["lossless": "1", "quality": "50"]
    return EncodedStill(
      format: .webp, bytes: try encode(frame, settings), width: rgb.width, height: rgb.height,
      bitDepth: 8, subsampling: quality == nil ? nil : "4:2:0", quantiser: nil, quality: quality)
  }

  /// The still shrunk for viewing.
  /// - Parameter longerSide: pixels at most.
  func shrunk(longerSide: Int) throws(LibavError) -> SmallFrame {
    let longer = max(rgb.width, rgb.height)
    let side = min(longerSide, longer)
    let size = (width: max(1, rgb.width * side / longer), height: max(1, rgb.height * side / longer))
    return SmallFrame(try FrameScaler().shrink(rgb, color: .fullRGB, to: size))
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

  /// The best still of at most `maximumBytes`: PNG if it fits, else the JPEG of the highest quality that fits, 4:4:4
  /// before 4:2:0.
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
    try converted(
      to: subsampled ? .yuvj420p : .yuvj444p,
      color: ColorTags(range: "pc", matrix: "smpte170m", chromaLocation: subsampled ? "center" : nil))
  }

  private func converted(to format: PixelFormat, color: ColorTags) throws(LibavError) -> Frame {
    let scaler = try Scaler(
      from: (rgb.width, rgb.height, rgb.pixelFormat), color: .fullRGB, to: (rgb.width, rgb.height, format),
      targetColor: color, quality: .bicubic)
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
