import Foundation

/// The implicit label of generated media that GB 45438-2025 requires: seven texts, as a JSON object under the key `AIGC`.
public struct AIGCLabel: Sendable, Hashable, Codable {
  /// The key in a container's metadata.
  public static let key = "AIGC"

  /// 1: generated, 2: possibly generated, 3: suspected to be.
  public var label: String
  /// Name or code of who generated it.
  public var contentProducer = ""
  public var produceID = ""
  public var reservedCode1 = ""
  /// Name or code of who spreads it.
  public var contentPropagator = ""
  public var propagateID = ""
  public var reservedCode2 = ""

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case label = "Label"
    case contentProducer = "ContentProducer"
    case produceID = "ProduceID"
    case reservedCode1 = "ReservedCode1"
    case contentPropagator = "ContentPropagator"
    case propagateID = "PropagateID"
    case reservedCode2 = "ReservedCode2"
  }

  public static let fields = CodingKeys.allCases.map(\.rawValue)
  public static let labels = ["1", "2", "3"]

  /// Reads the JSON object; nil unless it has all seven fields as text and a known label.
  public init?(json: String) {
    guard let value = try? JSONDecoder().decode(AIGCLabel.self, from: Data(json.utf8)),
      Self.labels.contains(value.label)
    else { return nil }
    self = value
  }

  /// Reads what a user wrote: the fields left out are empty.
  /// - Throws: ``AIGCError`` naming the field at fault.
  public init(written json: String) throws(AIGCError) {
    guard let fields = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any] else {
      throw AIGCError("AIGC metadata must be a JSON object such as {\"Label\": \"1\", \"ContentProducer\": \"…\"}")
    }
    if let unknown = fields.keys.sorted().first(where: { !Self.fields.contains($0) }) {
      throw AIGCError("AIGC metadata has no field '\(unknown)'; use \(Self.fields.joined(separator: ", "))")
    }
    if let name = Self.fields.first(where: { fields[$0] != nil && !(fields[$0] is String) }) {
      throw AIGCError("the field \(name) of the AIGC metadata must be text")
    }
    func text(_ key: CodingKeys) -> String { fields[key.rawValue] as? String ?? "" }
    guard Self.labels.contains(text(.label)) else {
      throw AIGCError(
        "the field Label of the AIGC metadata must be \"1\" (generated), \"2\" (possibly) or \"3\" (suspected)")
    }
    label = text(.label)
    contentProducer = text(.contentProducer)
    produceID = text(.produceID)
    reservedCode1 = text(.reservedCode1)
    contentPropagator = text(.contentPropagator)
    propagateID = text(.propagateID)
    reservedCode2 = text(.reservedCode2)
  }

  /// The JSON object on one line, the fields in the standard's order.
  public var json: String {
    let values = [
      label, contentProducer, produceID, reservedCode1, contentPropagator, propagateID, reservedCode2,
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    func text(_ value: String) -> String {
      (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
    return "{" + zip(Self.fields, values).map { "\"\($0)\":\(text($1))" }.joined(separator: ",") + "}"
  }
}

/// Why AIGC metadata cannot be used, with what to do.
public struct AIGCError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
