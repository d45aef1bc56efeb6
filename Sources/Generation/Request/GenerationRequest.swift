public import Presets

/// What is sent to a model: its id, its own parameters with every image already an address, and how many takes.
public struct GenerationRequest: Sendable, Hashable, Codable {
  /// The model's id as the provider spells it.
  public let model: String
  /// The model's own fields, without `model` and the number of takes.
  public let parameters: [String: JSONValue]
  /// How many generations of the same request are asked for and paid, 1–4.
  public let takes: Int

  public init(model: String, parameters: [String: JSONValue], takes: Int = 1) {
    self.model = model
    self.parameters = parameters
    self.takes = takes
  }
}
