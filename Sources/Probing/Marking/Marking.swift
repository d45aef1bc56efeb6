public import Files
public import Libav

/// What a file says of how it was made: IPTC source type, creation tool, models, AIGC label, C2PA manifest.
public struct Marking: Sendable, Hashable {
  public let sourceType: DigitalSourceType?
  public let creatorTool: String?
  /// Generative models.
  public let systems: String?
  /// SHA-256 of model and prompts, lower-case hexadecimal.
  public let promptDigest: String?
  /// The text under `AIGC`, whether it is as the standard has it or not.
  public let aigcText: String?
  public let c2pa: C2PAManifest?

  /// Keys of the container's metadata.
  public static let modelKey = "longtake.model"
  public static let digestKey = "longtake.prompt_sha256"

  public init(_ container: ContainerInfo, _ movie: MovieBoxes?) {
    let packet = movie?.xmp.map { XMPPacket($0) }
    sourceType = packet?.sourceType
    creatorTool = packet?.creatorTool
    systems = packet?.systems ?? container.metadata[Self.modelKey]
    promptDigest = container.metadata[Self.digestKey]
    aigcText =
      container.metadata.first { $0.key.lowercased() == AIGCLabel.key.lowercased() }?.value ?? movie?.aigcText
      ?? packet?.aigc
    c2pa = movie?.c2pa
  }

  public init(_ report: ProbeReport) { self.init(report.container, report.movie) }

  /// - Parameter container: of the file at the path.
  public init(path: String, _ container: ContainerInfo) {
    self.init(container, ContainerLayout(path: path).map { MovieBoxes(path: path, layout: $0) })
  }

  public var aigc: AIGCLabel? { aigcText.flatMap { AIGCLabel(json: $0) } }
  /// Declared in the XMP, else in the C2PA manifest.
  public var declaredSourceType: DigitalSourceType? { sourceType ?? c2pa?.sourceType }
}

/// A file that a master was made of, with what it says of its own making.
public struct Ingredient: Sendable, Hashable, Codable {
  /// Name without its folder.
  public let file: String
  @Nullable public private(set) var sourceType: DigitalSourceType?
  @Nullable public private(set) var aigc: String?
  @Nullable public private(set) var c2pa: C2PAManifest?

  public init(file: String, _ marking: Marking) {
    self.file = file
    _sourceType = Nullable(wrappedValue: marking.declaredSourceType)
    _aigc = Nullable(wrappedValue: marking.aigcText)
    _c2pa = Nullable(wrappedValue: marking.c2pa)
  }

  /// Whether it says anything.
  public var isMarked: Bool { sourceType != nil || aigc != nil || c2pa != nil }

  private enum CodingKeys: String, CodingKey {
    case file, aigc, c2pa
    case sourceType = "digital_source_type"
  }
}
