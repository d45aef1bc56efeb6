import Files
public import Presets

/// A request to a model: its id, its own parameters with every image already an address, and how many takes.
public struct GenerationRequest: Sendable, Hashable, Codable {
  /// The model's id as the provider spells it.
  public let model: String
  /// The model's own fields, without `model` and the number of takes.
  public let parameters: [String: JSONValue]
  /// Generations of the same request, each paid, 1–4.
  public let takes: Int

  public init(model: String, parameters: [String: JSONValue], takes: Int = 1) {
    self.model = model
    self.parameters = parameters
    self.takes = takes
  }

  /// Model and parameters as JSON in one fixed spelling; the number of takes is not part of it.
  public var canonicalJSON: String {
    JSONValue.object(["model": .string(model), "parameters": .object(parameters)]).canonicalJSON
  }

  /// SHA-256 of ``canonicalJSON``, lower-case hexadecimal: the same for the same request, in every process.
  public var digest: String { SHA256Text.of(canonicalJSON) }
}
