/// The fields of a shot's request, under the project's own names.
public enum NeutralField: String, Sendable, Hashable, Codable, CaseIterable {
  case prompt
  case multiPrompt = "multi_prompt"
  case duration
  case startImage = "start_image"
  case endImage = "end_image"
  case references
  case videoReferences = "video_references"
  case elements
  case negativePrompt = "negative_prompt"
  case aspectRatio = "aspect_ratio"
  case generateAudio = "generate_audio"
  case resolution
}

/// How a value is encoded for a model.
public enum ParameterForm: String, Sendable, Hashable, Codable, CaseIterable {
  /// A whole number where the value is one, a decimal otherwise.
  case number
  /// Text; numbers are written in decimal.
  case string
  case boolean
  /// A list, even of one.
  case list
}

/// One neutral field as the model names and encodes it.
public struct FieldMapping: Sendable, Hashable, Codable {
  /// The parameter's name.
  public let name: String
  public let form: ParameterForm
  /// The model refuses a request without it.
  public let required: Bool
  /// Fields without which this one may not be sent.
  public let requires: [NeutralField]
  /// Fields beside which this one is not sent.
  public let notWith: [NeutralField]
  /// Names and forms of the members of a compound value: `prompt`, `duration` of `multi_prompt`; `frontal`, `angles`, `video`,
  /// `voice` of `elements`.
  public let members: [String: MemberMapping]

  /// The mapping of a compound value's member.
  public struct MemberMapping: Sendable, Hashable, Codable {
    public let name: String
    public let form: ParameterForm
  }
}

/// The neutral fields that a model accepts; it accepts no others.
public struct FieldMap: Sendable, Hashable, Codable {
  public let mappings: [String: FieldMapping]

  public subscript(field: NeutralField) -> FieldMapping? { mappings[field.rawValue] }
  public func takes(_ field: NeutralField) -> Bool { self[field] != nil }
}
