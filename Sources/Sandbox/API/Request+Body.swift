import Foundation
import Hummingbird
import NIOCore
import Presets

extension Request {
  /// The whole body.
  /// - Throws: ``APIFailure`` when it is larger than `limit` bytes.
  func bytes(upTo limit: Int) async throws -> Data {
    do {
      return Data(try await body.collect(upTo: limit).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw APIFailure.tooLarge(limit)
    }
  }

  /// The body as a JSON object.
  func json() async throws -> JSONValue {
    let data = try await bytes(upTo: SandboxRoutes.maxRequest)
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: data), value.objectValue != nil else {
      throw APIFailure.invalid("the body should be a JSON object")
    }
    return value
  }

  /// A parameter of the query, decoded; nil when it is absent.
  func query(_ name: String) -> String? {
    for pair in (uri.query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.decoded(parts[0]) == name else { continue }
      return Self.decoded(parts[1])
    }
    return nil
  }

  private static func decoded(_ text: Substring) -> String {
    let spaced = text.replacing("+", with: " ")
    return spaced.removingPercentEncoding ?? String(spaced)
  }
}
