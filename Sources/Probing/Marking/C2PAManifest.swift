import Bitstream

/// The active manifest of a C2PA manifest store (C2PA 2.1, 8.1 and 11.1), as its writer made it; the signature is not validated.
public struct C2PAManifest: Sendable, Hashable, Codable {
  /// Such as `urn:c2pa:…`.
  public let label: String
  /// Program that made the claim, with its version.
  public let generator: String?
  public let title: String?
  public let instanceID: String?
  /// Of the actions, each once.
  public let sourceTypes: [String]
  /// Labels of the assertions.
  public let assertions: [String]

  private enum CodingKeys: String, CodingKey {
    case label, generator, title, assertions
    case instanceID = "instance_id"
    case sourceTypes = "source_types"
  }

  /// Reads a JUMBF box of type `jumb` that holds the store; nil when it is none.
  public init?(store: [UInt8]) {
    guard let root = JUMBFBox.all(in: store[...]).first(where: { $0.label == "c2pa" }),
      let manifest = root.children.last(where: { $0.label != nil }), let label = manifest.label
    else { return nil }
    let claim = manifest.children.first { $0.label?.hasPrefix("c2pa.claim") == true }?.cbor
    let assertions = manifest.children.first { $0.label == "c2pa.assertions" }?.children ?? []
    let info = claim?["claim_generator_info"]
    let named = info?.arrayValue?.first ?? info
    let name = named?["name"]?.textValue.map { name in
      [name, named?["version"]?.textValue].compactMap(\.self).joined(separator: " ")
    }
    var types: [String] = []
    for box in assertions where box.label?.hasPrefix("c2pa.actions") == true {
      for action in box.cbor?["actions"]?.arrayValue ?? [] {
        if let type = action["digitalSourceType"]?.textValue, !types.contains(type) { types.append(type) }
      }
    }
    self.label = label
    generator = name ?? claim?["claim_generator"]?.textValue
    title = claim?["dc:title"]?.textValue
    instanceID = claim?["instanceID"]?.textValue
    sourceTypes = types
    self.assertions = assertions.compactMap(\.label)
  }

  /// Of the actions; what was created first counts.
  public var sourceType: DigitalSourceType? { sourceTypes.lazy.compactMap { DigitalSourceType($0) }.first }
}

/// A superbox of JUMBF (ISO/IEC 19566-5): a description and boxes inside.
private struct JUMBFBox {
  /// Bytes of a description before the label: type and toggles.
  private static let descriptionHead = 17
  private static let mostBoxes = 4096

  let label: String?
  private let content: [(type: String, bytes: ArraySlice<UInt8>)]

  private init(_ bytes: ArraySlice<UInt8>) {
    let boxes = Self.boxes(in: bytes)
    content = boxes
    guard let description = boxes.first, description.type == "jumd", description.bytes.count > Self.descriptionHead
    else {
      label = nil
      return
    }
    let text = description.bytes.dropFirst(Self.descriptionHead).prefix { $0 != 0 }
    label = String(decoding: text, as: UTF8.self)
  }

  static func all(in bytes: ArraySlice<UInt8>) -> [JUMBFBox] {
    boxes(in: bytes).filter { $0.type == "jumb" }.map { JUMBFBox($0.bytes) }
  }

  var children: [JUMBFBox] { content.filter { $0.type == "jumb" }.map { JUMBFBox($0.bytes) } }
  var cbor: CBORValue? { content.first { $0.type == "cbor" }.flatMap { CBORValue($0.bytes) } }

  private static func boxes(in bytes: ArraySlice<UInt8>) -> [(type: String, bytes: ArraySlice<UInt8>)] {
    let walker = BoxWalker(Int64(bytes.startIndex)..<Int64(bytes.endIndex)) { offset, count in
      let start = Int(offset)
      return start < bytes.endIndex ? bytes[start..<min(bytes.endIndex, start + count)] : []
    }
    return walker.prefix(mostBoxes).map { box in
      let end = Int(min(box.end, Int64(bytes.endIndex)))
      return (box.type, bytes[min(Int(box.offset + box.headerSize), end)..<end])
    }
  }
}
