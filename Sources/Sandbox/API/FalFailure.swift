import Foundation
import HTTPTypes
import Hummingbird
import Presets

/// fal's error forms.
enum FalFailure {
  static func refusal(_ status: HTTPResponse.Status, _ message: String) throws -> Response {
    try .json(["detail": .string(message)], status: status)
  }

  /// A model's refusal: a list of problems, with the field if the message names one.
  static func model(_ message: String) throws -> Response {
    try .json(
      ["detail": [["loc": .array(location(in: message)), "msg": .string(plain(message)), "type": "value_error"]]],
      status: .unprocessableContent)
  }

  /// The message without the hub's prefix.
  static func plain(_ message: String) -> String {
    message.replacing(#/^Getting model response error: \d+ - /#, with: "")
  }

  /// `'multi_prompt[0].prompt'` as `body, multi_prompt, 0, prompt`.
  private static func location(in message: String) -> [JSONValue] {
    var location: [JSONValue] = ["body"]
    let named = message.firstMatch(of: /'([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)*)'/).map { String($0.output.1) }
    let bare = message.firstMatch(of: /\b(duration|aspect_ratio|resolution)\b/).map { String($0.output.1) }
    for part in (named ?? bare ?? "").split(whereSeparator: { ".[]".contains($0) }) {
      location.append(Int64(part).map { .integer($0) } ?? .string(String(part)))
    }
    return location
  }
}
