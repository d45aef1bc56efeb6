import Files
import Presets

extension GenerationRequest {
  /// Model and parameters as JSON in one fixed spelling; the number of takes is not part of it.
  public var canonicalJSON: String {
    JSONValue.object(["model": .string(model), "parameters": .object(parameters)]).canonicalJSON
  }

  /// SHA-256 of ``canonicalJSON``, lower-case hexadecimal: the same for the same request, in every process.
  public var digest: String {
    SHA256Text.of(canonicalJSON)
  }
}
