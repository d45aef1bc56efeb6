import Presets
import Probing

extension CheckCatalogue {
  /// How a file says it was made.
  static let marking: [Check] = [
    Check(
      "marking.digital_source_type", "digital source type", unit: "name",
      detail:
        "IPTC's term in the XMP packet of an MP4/MOV file, such as trainedAlgorithmicMedia; none where it is not marked.",
      advice: "Deliver the file again with its mark (--source-type)."
    ) { input in marks(input) { $0.sourceType.map { .measured(.string($0.rawValue)) } } },
    Check(
      "marking.creator_tool", "creation tool", unit: "name",
      detail: "CreatorTool in the XMP packet of an MP4/MOV file.", advice: "Deliver the file again."
    ) { input in marks(input) { $0.creatorTool.map { .measured(.string($0)) } } },
    Check(
      "marking.models", "generative models", unit: "name",
      detail: "AISystemUsed in the XMP packet of an MP4/MOV file, else the metadata longtake.model.",
      advice: "Assemble the master with 'longtake run', which records the model."
    ) { input in marks(input) { $0.systems.map { .measured(.string($0)) } } },
    Check(
      "marking.prompt_digest", "digest of the prompts", unit: "yes/no",
      detail: "Whether the metadata of an MP4/MOV file holds the SHA-256 of model and prompts.",
      advice: "Assemble the master with 'longtake run', which records it.", states: presence
    ) { input in marks(input) { .measured(.bool($0.promptDigest != nil)) } },
    Check(
      "marking.aigc", "AIGC metadata", unit: "yes/no",
      detail: "Whether an MP4/MOV file holds AIGC metadata with the seven fields of GB 45438-2025.",
      advice: "Write it with --aigc.", states: (yes: "valid", no: "missing or not of seven fields")
    ) { input in marks(input) { .measured(.bool($0.aigc != nil)) } },
    Check(
      "marking.c2pa", "C2PA manifest", unit: "yes/no",
      detail: "Whether the active C2PA manifest of an MP4/MOV file can be read; its signature is not validated.",
      advice: "Sign the file (LONGTAKE_SIGN_COMMAND).", states: (yes: "readable", no: "absent or unreadable")
    ) { input in
      marks(input) { marking in .measured(.bool(marking.c2pa != nil), marking.c2pa?.generator.map { "by \($0)" }) }
    },
  ]

  /// Nil from `measure`: the file does not have it.
  private static func marks(_ input: CheckInput, _ measure: (Marking) -> Measurement?) -> Measurement {
    guard input.probe.movie != nil else { return .unknown("not an MP4/MOV file") }
    return measure(Marking(input.probe)) ?? .measured("none")
  }
}
