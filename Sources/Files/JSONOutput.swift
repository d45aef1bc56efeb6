public import Foundation

/// JSON as this project writes it: UTF-8, keys sorted, slashes unescaped, on one line unless `pretty`.
public enum JSONOutput {
  /// - Throws: `EncodingError` for a number that JSON cannot hold.
  public static func data(_ value: some Encodable, pretty: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(value)
  }
}
