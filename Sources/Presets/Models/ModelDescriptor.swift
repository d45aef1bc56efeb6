import Files
public import Timing

/// The published facts of one generation model: its parameter names, limits, sizes and price, read from a file.
///
/// Unknown facts are absent, and an absent limit is not checked. A new or renamed model is a new file and no code.
public struct ModelDescriptor: Sendable, Hashable, Codable {
  public static let schema = "longtake.model/1"

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
  /// Dollars per second of video; nil when not published.
  public internal(set) var pricePerSecond: USD?

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

/// The format of a model's clips, as far as it is published.
public struct OutputFormat: Sendable, Hashable, Codable {
  /// Aspect ratio (`16:9`) → frame size in pixels.
  public let sizes: [String: PixelSize]
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
