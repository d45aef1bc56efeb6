import Bitstream
import Foundation
import Probing

/// The bytes are a manifest store, as an MP4 or a JUMBF box of its own has it, and one item of CBOR.
enum ProvenanceTarget {
  static func run(_ bytes: [UInt8]) throws {
    _ = CBORValue(bytes)?.textValue
    guard let manifest = C2PAManifest(store: bytes) else { return }
    _ = manifest.sourceType
    let again = try JSONDecoder().decode(C2PAManifest.self, from: JSONEncoder().encode(manifest))
    try require(again == manifest, "a manifest is read from its own JSON as another")
  }
}
