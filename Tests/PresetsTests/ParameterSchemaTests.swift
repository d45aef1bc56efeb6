import Foundation
import Presets
import Testing

@Suite("Published schemas of model parameters")
struct ParameterSchemaTests {
  private func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  private func problems(_ schema: String, _ parameters: String) throws -> [String] {
    let schema = try #require(ParameterSchema(try json(schema)))
    return schema.problems(in: try json(parameters).objectValue ?? [:], exempt: LiveModel.serviceParameters).map(\.path)
  }

  private static let cases: [(String, String, [String])] = [
    (##"{"properties": {"d": {"type": "integer", "minimum": 3, "maximum": 15}}}"##, ##"{"d": 5}"##, [String]()),
    (##"{"properties": {"d": {"type": "integer", "minimum": 3}}}"##, ##"{"d": 2}"##, ["d"]),
    (##"{"properties": {"d": {"type": "integer"}}}"##, ##"{"d": "5"}"##, ["d"]),
    (##"{"properties": {"d": {"type": "integer"}}}"##, ##"{"d": 5.0}"##, []),
    (##"{"properties": {"d": {"type": "number", "exclusiveMaximum": 5}}}"##, ##"{"d": 5}"##, ["d"]),
    (##"{"properties": {"d": {"maximum": 5, "exclusiveMaximum": true}}}"##, ##"{"d": 5}"##, ["d"]),
    (##"{"properties": {"d": {"enum": ["3", "5"]}}}"##, ##"{"d": "4"}"##, ["d"]),
    (##"{"properties": {"d": {"type": ["string", "null"]}}}"##, ##"{"d": null}"##, []),
    (##"{"properties": {"p": {"maxLength": 3}}}"##, ##"{"p": "äöüß"}"##, ["p"]),
    (##"{"properties": {"p": {}}, "required": ["p", "model", "q"]}"##, ##"{"p": 1}"##, ["q"]),
    (##"{"properties": {"p": {}, "d": {}}}"##, ##"{"p": 1, "d": 1, "start": 2, "response_format": "url"}"##, ["start"]),
    (##"{"properties": {"p": {}}}"##, ##"{"p": 1, "start": 2, "d": 3}"##, []),
    (##"{"properties": {"p": {}}, "additionalProperties": false}"##, ##"{"p": 1, "start": 2}"##, ["start"]),
    (##"{"properties": {"p": {}}, "additionalProperties": true}"##, ##"{"p": 1, "start": 2}"##, []),
    (
      ##"{"properties": {"e": {"type": "array", "maxItems": 1, "items": {"required": ["f"]}}}}"##,
      ##"{"e": [{"f": 1}, {}]}"##, ["e", "e[1].f"]
    ),
    (
      ##"{"properties": {"d": {"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 9}]}}}"##, ##"{"d": 10}"##,
      ["d"]
    ),
    (
      ##"{"properties": {"d": {"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 9}]}}}"##, ##"{"d": "x"}"##,
      []
    ),
    (
      ##"{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"d": {"$ref": "#/$defs/b"}}}, "b": {"const": 1}}}"##,
      ##"{"d": 2}"##, ["d"]
    ),
    (
      ##"{"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {"type": "boolean"}}}]}"##, ##"{"a": 1, "b": 1}"##,
      ["b"]
    ),
  ]

  @Test("a violation is reported with its path", arguments: cases)
  func rules(schema: String, parameters: String, expected: [String]) throws {
    #expect(try problems(schema, parameters) == expected)
  }

  @Test("recursive schemas terminate, and empty ones accept everything")
  func endless() throws {
    #expect(try ParameterSchema(json(##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}"##)) == nil)
    #expect(try ParameterSchema(json(#"{"type": "object"}"#)) == nil)
    #expect(try ParameterSchema(json("7")) == nil)
    let circle = ##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}"##
    #expect(try problems(circle, #"{"a": {"a": {"a": {"b": 1}}}}"#) == ["a.a.a.b"])
  }

  @Test(
    "prices are read in the forms that are known",
    arguments: [
      (#"{"cost_per_second": 0.42}"#, "0.42"), (#"{"per_second": "0.5"}"#, "0.5"),
      (#"{"unit": "second", "price": 1}"#, "1"),
      (#"{"4k": {"per_second": 0.42}, "720p": {"per_second": 0.1}}"#, "0.42"),
      (#"{"per_image": 1}"#, nil), (#"{"per_second": -1}"#, nil), (#"{"per_second": 1e300}"#, nil),
    ] as [(String, String?)])
  func prices(pricing: String, expected: String?) throws {
    let live = LiveModel(try json(#"{"pricing": \#(pricing)}"#))
    #expect(live.pricePerSecond(resolution: "4k") == expected.flatMap { USD(parsing: $0) })
  }

  @Test("a catalogue that agrees with the descriptor gives no difference, in any of its forms")
  func agreement() throws {
    let model = try PresetLibrary(environment: [:]).model(named: "kling-video-o3-omni")
    let lengths = (3...15).map { "\"\($0)\"" }.joined(separator: ",")
    for rules in [
      #"{"type": "integer", "minimum": 3, "maximum": 15, "default": 5}"#, #"{"type": "string", "enum": [\#(lengths)]}"#,
    ] {
      let live = LiveModel(
        try json(#"{"request_schema": {"properties": {"duration": \#(rules)}}, "pricing": {"per_second": 0.42}}"#))
      let found = live.applied(to: model).differences.filter { $0.hasPrefix("duration") || $0.hasPrefix("price") }
      #expect(found == [])
    }
  }
}
