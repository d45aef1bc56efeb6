import Crypto
import Foundation
import Presets

extension GenerationRequest {
  /// Model and parameters as JSON in one fixed spelling; the number of takes is not part of it.
  public var canonicalJSON: String {
    JSONValue.object(["model": .string(model), "parameters": .object(parameters)]).canonicalJSON
  }

  /// SHA-256 of ``canonicalJSON``, lower-case hexadecimal: the same for the same request, in every process.
  public var digest: String {
    SHA256.hash(data: Data(canonicalJSON.utf8)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
