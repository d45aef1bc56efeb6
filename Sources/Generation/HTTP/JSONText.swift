import Foundation
import Presets

/// JSON values to bytes and back.
enum JSONText {
  /// Keys in order, so that the same request is the same bytes.
  static func encode(_ value: JSONValue) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value)
    } catch {
      throw GenerationError(.refused, "The request holds a number that JSON cannot carry (infinite or not a number).")
    }
  }

  /// Nil when the bytes are not JSON.
  static func decode(_ bytes: Data) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: bytes) }
}
