public import Files
import Foundation
import Libav
import Presets
import Probing
import Stitching
import Verification

extension Deliverer {
  /// The marks of every version: the master's, and what the options say.
  static func marking(_ master: DeliveryMaster, _ options: DeliveryOptions, title: String) -> MediaMarking {
    let container = master.index.container
    var metadata = container.metadata
    metadata["title"] = title
    let name = URL(fileURLWithPath: master.path).lastPathComponent
    var marking = options.marking
    marking.tool = options.tool
    return MediaMarking(
      [(name, Marking(path: master.path, container))], carried: MediaMarking.ingredients(in: container.metadata),
      options: marking, metadata: metadata, creationTime: options.creationTime)
  }

  /// Marks a written file, and has it signed where a command for that is set.
  func mark(_ output: borrowing OutputFile, as recipe: DeliveryRecipe) throws {
    try XMPEmbedding(packet: marking.packet).embed(in: output, as: recipe.container)
    guard let command = options.signCommand else { return }
    try SignCommand(text: command).sign(output, extension: recipe.container.rawValue)
  }

  /// The marks that a verified file has.
  /// - Throws: ``DeliveryError`` `notSigned` when the signing command left no manifest, or lost the marks.
  func marks(of report: VerificationReport?) throws -> Deliverable.Marks {
    guard let probe = report?.probe, probe.movie != nil else {
      return Deliverable.Marks(marking.packet, digest: master.index.container.metadata[Marking.digestKey])
    }
    let found = Marking(probe)
    if options.signCommand != nil {
      guard found.c2pa != nil else {
        throw DeliveryError(.notSigned, "the command of LONGTAKE_SIGN_COMMAND left no C2PA manifest in the file")
      }
      guard found.sourceType == marking.packet.sourceType, found.aigcText == marking.packet.aigc else {
        throw DeliveryError(.notSigned, "the command of LONGTAKE_SIGN_COMMAND lost the marks of generated media")
      }
    }
    return Deliverable.Marks(found)
  }
}

extension Deliverable {
  /// How a file says it was made.
  public struct Marks: Sendable, Hashable, Codable {
    /// A term of IPTC's vocabulary.
    @Nullable public private(set) var sourceType: String?
    @Nullable public private(set) var creatorTool: String?
    /// Generative models.
    @Nullable public private(set) var models: String?
    /// Of model and prompts.
    @Nullable public private(set) var promptSHA256: String?
    /// JSON of seven fields.
    @Nullable public private(set) var aigc: String?
    /// The program that made the C2PA claim; nil without a manifest.
    @Nullable public private(set) var c2paGenerator: String?

    init(_ marking: Marking) {
      _sourceType = Nullable(wrappedValue: marking.sourceType?.rawValue)
      _creatorTool = Nullable(wrappedValue: marking.creatorTool)
      _models = Nullable(wrappedValue: marking.systems)
      _promptSHA256 = Nullable(wrappedValue: marking.promptDigest)
      _aigc = Nullable(wrappedValue: marking.aigcText)
      _c2paGenerator = Nullable(wrappedValue: marking.c2pa.map { $0.generator ?? $0.label })
    }

    init(_ packet: XMPPacket, digest: String?) {
      _sourceType = Nullable(wrappedValue: packet.sourceType?.rawValue)
      _creatorTool = Nullable(wrappedValue: packet.creatorTool)
      _models = Nullable(wrappedValue: packet.systems)
      _promptSHA256 = Nullable(wrappedValue: digest)
      _aigc = Nullable(wrappedValue: packet.aigc)
      _c2paGenerator = Nullable(wrappedValue: nil)
    }

    private enum CodingKeys: String, CodingKey {
      case models, aigc
      case sourceType = "digital_source_type"
      case creatorTool = "creator_tool"
      case promptSHA256 = "prompt_sha256"
      case c2paGenerator = "c2pa_generator"
    }
  }
}
