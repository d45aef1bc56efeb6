import Files
package import Foundation
package import Presets

/// JSON values to bytes and back.
package enum JSONText {
  /// Sorted keys, so that the same request is the same bytes.
  static func encode(_ value: JSONValue) throws -> Data {
    do {
      return try JSONOutput.data(value)
    } catch {
      throw GenerationError(.refused, "The request has a number that JSON cannot hold (infinite or not a number).")
    }
  }

  /// Nil when the bytes are not JSON.
  package static func decode(_ bytes: Data) -> JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: bytes) }
}

extension JSONValue {
  /// A text, or a whole number as text.
  var textValue: String? { stringValue ?? integerValue.map(String.init) }
}
