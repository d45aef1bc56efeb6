import Foundation
import Libav
import Probing
import Timing

/// The format that all frames of a master share.
struct MasterFormat: Sendable {
  /// Pixels of a master's width and height.
  static let sides = 16...16_384

  let codec: String
  let profile: String?
  /// As the bit stream codes it; nil lets the encoder choose.
  let level: Int?
  let info: StreamInfo.Video
  /// Colour tags, with assumptions where the stream has none.
  let tags: ColorTags
  let rate: FrameRate
  /// The first shot's display matrix; nil when the master has none.
  let displayMatrix: [Int32]?
  /// The shot whose format it is exactly; nil when options changed it.
  let model: String?

  /// The first shot's format, changed by the options.
  init(_ first: SourceClip, options: ConformOptions?) throws {
    var info = first.info
    var isOwn = true
    if let width = options?.width, let height = options?.height,
      info.width != width || info.height != height || info.rotation != 0 || info.isMirrored || !first.hasSquarePixels
    {
      let format = PixelFormat(name: info.pixelFormat)
      let steps = (1 << (format?.chromaShiftX ?? 1), 1 << (format?.chromaShiftY ?? 1))
      guard Self.sides.contains(width), Self.sides.contains(height), width % steps.0 == 0, height % steps.1 == 0 else {
        throw StitchError(
          .badRequest,
          "cannot make a master of \(width)x\(height): sides are \(Self.sides.lowerBound) to \(Self.sides.upperBound) pixels and must be even for \(info.pixelFormat)"
        )
      }
      info.width = width
      info.height = height
      info.sampleAspectRatio = .one
      info.rotation = 0
      info.isMirrored = false
      // The colours assumed for untagged frames depend on the size, so a new size needs explicit tags.
      info.color = first.tags
      isOwn = false
    }
    let rate = options?.rate ?? first.rate
    guard first.isConstant || options?.rate != nil else {
      throw StitchError(
        .mismatch, "its frame rate is not constant, so it cannot set the master's rate; give one with --rate",
        file: first.path)
    }
    if rate != first.rate { isOwn = false }
    if options != nil, let format = PixelFormat(name: info.pixelFormat), format.impliesFullRange {
      info.pixelFormat = format.withoutImpliedRange.name
      info.color.range = "pc"
    }
    // Streams of other codecs can only be copied whole, so conformed shots cannot match them.
    let isEncodable = options == nil || ShotPlan.spliceable.contains(first.codec)
    if !isEncodable { isOwn = false }
    codec = isEncodable ? first.codec : "h264"
    profile = isEncodable ? first.profile : nil
    displayMatrix =
      info.rotation == first.info.rotation && info.isMirrored == first.info.isMirrored ? first.displayMatrix : nil
    level = isOwn ? first.level : nil
    tags = first.tags
    model = isOwn ? first.path : nil
    self.info = info
    self.rate = rate
  }

  /// A field in which a shot differs from the master.
  struct Difference: Sendable, Hashable, CustomStringConvertible {
    enum Field: String, Sendable {
      case codec = "video codec"
      case size
      case rate = "frame rate"
      case pixelFormat = "pixel format"
      case aspect = "sample aspect ratio"
      case rotation
      case mirroring
      case displayMatrix = "display matrix"
      case profile = "video profile"
      case dolbyVision = "Dolby Vision"
      case fieldOrder = "field order"
      case range = "colour range"
      case matrix = "colour matrix"
      case transfer = "colour transfer"
      case primaries = "colour primaries"
    }

    let field: Field
    let own: String
    let wanted: String

    var description: String { "\(field.rawValue) \(own) to \(wanted)" }
  }

  func differences(of clip: SourceClip) -> [Difference] {
    var found: [Difference] = []
    func compare(_ field: Difference.Field, _ own: String, _ wanted: String) {
      if own != wanted { found.append(Difference(field: field, own: own, wanted: wanted)) }
    }
    compare(.codec, clip.codec, codec)
    compare(.size, "\(clip.info.width)x\(clip.info.height)", "\(info.width)x\(info.height)")
    compare(.rate, clip.isConstant ? "\(clip.rate)" : "not constant, \(clip.rate) on average", "\(rate)")
    compare(.pixelFormat, Self.plain(clip.info.pixelFormat), Self.plain(info.pixelFormat))
    compare(.aspect, Self.ratio(clip.info), Self.ratio(info))
    compare(.rotation, "\(clip.info.rotation)", "\(info.rotation)")
    compare(.mirroring, "\(clip.info.isMirrored)", "\(info.isMirrored)")
    if clip.info.rotation == info.rotation, clip.info.isMirrored == info.isMirrored {
      compare(.displayMatrix, Self.scaling(clip.displayMatrix), Self.scaling(displayMatrix))
    }
    if !ShotPlan.spliceable.contains(codec), clip.codec == codec {
      compare(.profile, clip.profile ?? "unknown", profile ?? "unknown")
    }
    compare(.dolbyVision, "\(clip.info.hasDolbyVision)", "\(info.hasDolbyVision)")
    compare(.fieldOrder, Self.order(clip.info), Self.order(info))
    compare(.range, clip.tags.range ?? "unknown", tags.range ?? "unknown")
    compare(.matrix, clip.tags.matrix ?? "unknown", tags.matrix ?? "unknown")
    compare(.transfer, clip.tags.transfer ?? "unknown", tags.transfer ?? "unknown")
    compare(.primaries, clip.tags.primaries ?? "unknown", tags.primaries ?? "unknown")
    return found
  }

  /// The clip itself where it matches the master, else conformed if the options allow it.
  /// - Throws: ``StitchError`` `mismatch` naming shot, field and both values.
  func fitting(_ clip: SourceClip, options: ConformOptions?) throws -> SourceClip {
    let differences = differences(of: clip)
    guard let first = differences.first else { return clip }
    let master = model.map { "the first shot (\($0)) has" } ?? "the master has"
    func refuse(_ difference: Difference, _ advice: String) -> StitchError {
      StitchError(
        .mismatch, "\(difference.field.rawValue) is \(difference.own), but \(master) \(difference.wanted); \(advice)",
        file: clip.path)
    }
    guard let options else { throw refuse(first, "conform one of them first, or use --conform") }
    for difference in differences {
      switch difference.field {
      case .rate where options.rateConversion == nil:
        throw refuse(difference, "allow it with --rate-conversion duplicate or blend")
      case .dolbyVision:
        throw refuse(difference, "its metadata can be neither made nor kept by re-encoding; use shots that agree")
      case .fieldOrder: throw refuse(difference, "deinterlace it first")
      case .transfer where clip.tags.isHDR || tags.isHDR:
        throw refuse(difference, "HDR and SDR need grading, not conversion; grade one of them first")
      case .rotation where clip.info.rotation % 90 != 0 || info.rotation % 90 != 0:
        throw refuse(difference, "rotate it to its display orientation first")
      default: continue
      }
    }
    if order(clip) != "progressive" {
      throw StitchError(
        .mismatch, "is interlaced (field order \(order(clip))), so it cannot be conformed; deinterlace it first",
        file: clip.path)
    }
    return clip.conformed(
      ConformRecipe(
        format: self, differences: differences, fit: options.fit,
        rates: clip.isConstant && clip.rate == rate
          ? nil
          : try FrameRateMap(clip.video, of: clip.path, to: rate, conversion: options.rateConversion ?? .duplicate)))
  }

  private func order(_ clip: SourceClip) -> String { Self.order(clip.info) }

  /// Unknown counts as progressive, as nearly all untagged streams are.
  private static func order(_ info: StreamInfo.Video) -> String { info.fieldOrder ?? "progressive" }

  /// The linear part of a display matrix, which rotates, mirrors and scales.
  private static func scaling(_ matrix: [Int32]?) -> String {
    guard let matrix, matrix.count == 9 else { return "1 0 0 1" }
    return [0, 1, 3, 4].map { (Double(matrix[$0]) / 65_536).short }.joined(separator: " ")
  }

  private static func plain(_ format: String) -> String {
    PixelFormat(name: format)?.withoutImpliedRange.name ?? format
  }

  /// Unknown counts as square, as in players.
  static func ratio(_ info: StreamInfo.Video) -> String {
    info.sampleAspectRatio.isPositive ? info.sampleAspectRatio.fraction : Rational.one.fraction
  }
}

/// How a shot is conformed to the master.
struct ConformRecipe: Sendable {
  let format: MasterFormat
  let differences: [MasterFormat.Difference]
  let fit: ConformOptions.Fit
  /// Nil when the frame rate is unchanged.
  let rates: FrameRateMap?
}
