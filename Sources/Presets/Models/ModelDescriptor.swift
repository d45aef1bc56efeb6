import Files
public import Timing

/// The published facts of one generation model: its parameter names, limits, sizes and price, read from a file.
///
/// Unknown facts are absent, and an absent limit is not checked. A new or renamed model is a new file and no code.
public struct ModelDescriptor: Sendable, Hashable, Codable {
  public static let schema = "longtake.model/2"
  /// Forms that are still read; they lack fields of the newest.
  static let earlierSchemas = ["longtake.model/1"]

  /// The id as the provider spells it; requests go to it.
  public let id: String
  public let title: String
  /// Other names a storyboard may use for it.
  public let aliases: [String]
  /// Models that share limits and behaviour.
  public let family: String
  /// Providers that accept this id and these parameter names: `oxen`, `fal`, `sandbox`.
  public let providers: [String]
  public let status: ModelStatus
  /// The same model elsewhere: provider → id of its descriptor.
  public let equivalents: [String: String]
  /// Where each of the facts comes from.
  public let sources: [FactSource]
  public let fields: FieldMap
  /// Parameters with a fixed value.
  public let constants: [ConstantParameter]
  public internal(set) var limits: ModelLimits
  public let output: OutputFormat
  /// Dollars per second of video where no rate applies; nil when not published.
  public internal(set) var pricePerSecond: USD?
  /// Prices that depend on resolution or audio; the first that applies counts.
  public internal(set) var rates: [PriceRate]

  /// The resolution of a request that names none, as the model spells it; nil where the model has no choice of it.
  public var standardResolution: String? {
    limits.resolutions?.standard ?? constants.first { $0.name == "resolution" }?.value.stringValue
  }

  /// Dollars per second; nil when not published.
  /// - Parameters:
  ///   - resolution: nil for ``standardResolution``.
  ///   - audio: whether audio is asked for; nil where the model decides, so that the higher price counts.
  public func price(resolution: String? = nil, audio: Bool? = nil) -> USD? {
    let resolution = resolution ?? standardResolution
    let audio: Bool? =
      switch output.audio {
      case .always: true
      case .never: false
      case .choice, nil: audio
      }
    let fitting = rates.filter { $0.resolution == nil || $0.resolution == resolution }
    guard let first = fitting.first(where: { $0.audio == nil || audio == nil || $0.audio == audio }) else {
      return pricePerSecond
    }
    guard audio == nil else { return first.usdPerSecond }
    return fitting.map(\.usdPerSecond).max { $0.micro < $1.micro }
  }

  /// The format of clips of a resolution.
  /// - Parameter resolution: nil for ``standardResolution``.
  public func format(at resolution: String?) -> OutputFormat {
    guard let resolution, resolution != standardResolution else { return output }
    return output.resized(output.sizesByResolution[resolution] ?? [:])
  }

  /// Whether clips have, or lack, audio without being asked.
  public func implies(audio: Bool) -> Bool { output.audio == (audio ? .always : .never) }

  /// Whether a provider accepts this descriptor's parameters.
  public func serves(_ provider: String) -> Bool { providers.contains(provider) }
}

/// Whether a model still accepts requests.
public struct ModelStatus: Sendable, Hashable, Codable {
  public enum State: String, Sendable, Hashable, Codable, CaseIterable { case active, retired }
  public let state: State
  /// The day of the change, `YYYY-MM-DD`.
  public let since: String?
  /// The id of the model to use instead.
  public let replacedBy: String?
  /// A sentence for people.
  public let note: String?

  /// The warning for a retired model, with its replacement; nil for an active one.
  public func warning(about id: String) -> String? {
    guard state == .retired else { return nil }
    return "\(id) was retired\(since.map { " on \($0)" } ?? "")"
      + (replacedBy.map { "; use \($0)" } ?? "") + "; the service may refuse it"
  }
}

/// The source of facts, and when it was read.
public struct FactSource: Sendable, Hashable, Codable {
  /// The facts: `parameters`, `limits`, `price`.
  public let facts: [String]
  public let source: String
  /// The day it was read, `YYYY-MM-DD`.
  public let read: String
}

/// A parameter that is always sent with the same value, or always together with a field.
public struct ConstantParameter: Sendable, Hashable, Codable {
  public let name: String
  public let value: JSONValue
  /// Only sent when this neutral field is sent.
  public let with: NeutralField?
}

/// A price per second of video that depends on what is asked for.
public struct PriceRate: Sendable, Hashable, Codable {
  /// As the model spells it; nil for any.
  public let resolution: String?
  /// Nil for with and without.
  public let audio: Bool?
  public internal(set) var usdPerSecond: USD
}

/// Whether a model's clips have audio.
public enum ModelAudio: String, Sendable, Hashable, Codable, CaseIterable {
  case always, never
  /// As the request asks.
  case choice
}

/// The format of a model's clips, as far as it is published.
public struct OutputFormat: Sendable, Hashable, Codable {
  /// Aspect ratio (`16:9`) → frame size in pixels, at the standard resolution.
  public let sizes: [String: PixelSize]
  /// The same at the model's other resolutions.
  public let sizesByResolution: [String: [String: PixelSize]]
  /// Nil when not published.
  public let audio: ModelAudio?
  /// Used when a request names no aspect ratio.
  public let defaultAspectRatio: String?
  /// The clip's aspect ratio is the start image's.
  public let followsStartImage: Bool
  /// Nil when not published.
  public let frameRate: FrameRate?
  /// libav's name of the clips' codec; nil when not known.
  public let codec: String?
  /// Bits per second of a clip; nil when not known.
  public let bitRate: Int64?

  /// The size of a clip for the requested aspect ratio, or the default one; nil when it is unknown beforehand.
  public func size(aspectRatio: String?) -> PixelSize? {
    if followsStartImage { return nil }
    return (aspectRatio ?? defaultAspectRatio).flatMap { sizes[$0] }
  }

  func resized(_ sizes: [String: PixelSize]) -> OutputFormat {
    OutputFormat(
      sizes: sizes, sizesByResolution: [:], audio: audio, defaultAspectRatio: defaultAspectRatio,
      followsStartImage: followsStartImage, frameRate: frameRate, codec: codec, bitRate: nil)
  }

  init(
    sizes: [String: PixelSize], sizesByResolution: [String: [String: PixelSize]], audio: ModelAudio?,
    defaultAspectRatio: String?, followsStartImage: Bool, frameRate: FrameRate?, codec: String?, bitRate: Int64?
  ) {
    self.sizes = sizes
    self.sizesByResolution = sizesByResolution
    self.audio = audio
    self.defaultAspectRatio = defaultAspectRatio
    self.followsStartImage = followsStartImage
    self.frameRate = frameRate
    self.codec = codec
    self.bitRate = bitRate
  }

  /// All sizes that a clip may have for the requested aspect ratio, in a fixed order; empty when they are not known.
  public func possibleSizes(aspectRatio: String?) -> [PixelSize] {
    if let size = size(aspectRatio: aspectRatio) { return [size] }
    guard followsStartImage || aspectRatio == nil else { return [] }
    return sizes.sorted { $0.key < $1.key }.map(\.value)
  }
}

/// Width and height of a frame in pixels.
public struct PixelSize: Sendable, Hashable, Codable, CustomStringConvertible {
  public let width: Int
  public let height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Reads `3840x2160`.
  public init?(parsing text: String) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0 else { return nil }
    self.init(width: width, height: height)
  }

  public var description: String { "\(width)x\(height)" }

  public init(from decoder: any Decoder) throws {
    let text = try String(from: decoder)
    guard let size = PixelSize(parsing: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a size is written 3840x2160, not \(quoted(text))"))
    }
    self = size
  }
  public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
