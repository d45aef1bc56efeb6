import Foundation
import Support
import Testing

/// `longtake models --check` against a hub that has a catalogue of its own.
@Suite struct DescriptorCheckTests {
  private func check(
    _ schema: String?, pricing: String = #"{"cost_per_second": 0.42}"#, faults: String = "",
    key: String? = ScriptedHub.key,
    _ more: [String] = ["small-model"]
  ) async throws -> LongtakeProgram.Result {
    let fixture = try SmallStoryboard()
    let id = schema == nil ? "another" : SmallStoryboard.model
    let model = #"{"id": "\#(id)", "request_schema": \#(schema ?? "{}"), "pricing": \#(pricing)}"#
    let hub = try await ScriptedHub.start(#"{"models": [\#(model)], "faults": [\#(faults)]}"#)
    defer { hub.stop() }
    var environment = ["LONGTAKE_PRESETS": fixture.presets, "OXEN_BASE_URL": hub.baseURL]
    environment["OXEN_API_KEY"] = key
    return try await LongtakeProgram.run(
      ["models", "--check", "--provider", "oxen"] + more, environment: environment)
  }

  private static let good = schema()

  private static func schema(
    duration: String = #""type": "integer", "minimum": 1, "maximum": 15, "default": 5"#, leaving left: String = "",
    extra: String = "", required: String = ""
  ) -> String {
    let members =
      [
        "prompt": #"{"type": "string"}"#, "multi_prompt": #"{"type": "array", "maxItems": 6}"#,
        "duration": "{\(duration)}", "start_image_url": #"{"type": "string"}"#,
        "tail_image_url": #"{"type": "string"}"#,
        "generate_audio": #"{"type": "boolean"}"#,
      ].filter { $0.key != left }.map { #""\#($0.key)": \#($0.value)"# } + (extra.isEmpty ? [] : [extra])
    return #"{"type": "object", "properties": {\#(members.joined(separator: ", "))}, "required": [\#(required)]}"#
  }

  @Test func saysThatADescriptorIsStillRight() async throws {
    let result = try await check(Self.good)
    #expect(result.status == 0 && result.output == "small-model at oxen: same\n", "\(result.output) \(result.errors)")
  }

  @Test(arguments: [
    (schema(leaving: "tail_image_url"), "does not list tail_image_url"),
    (schema(duration: #""type": "integer", "enum": [5, 10]"#), "duration: now 5, 10 s"),
    (schema(duration: #""type": "string", "enum": ["5"]"#), "takes duration as string, the descriptor sends a number"),
    (schema(extra: #""cfg_scale": {"type": "number"}"#), "also takes cfg_scale"),
    (schema(extra: #""mode": {"type": "string"}"#, required: #""mode""#), "requires mode"),
  ])
  func saysWhatDiffers(_ schema: String, _ difference: String) async throws {
    let result = try await check(schema)
    #expect(result.status == 1 && result.output.hasPrefix("small-model at oxen: differs\n"), "\(result.output)")
    #expect(result.output.contains(difference), "\(result.output)")
  }

  @Test func saysThatThePriceChanged() async throws {
    let result = try await check(Self.good, pricing: #"{"cost_per_second": 0.5}"#)
    #expect(result.status == 1 && result.output.contains("price: now $0.50"), "\(result.output)")
  }

  @Test func saysThatAModelIsGone() async throws {
    let result = try await check(nil)
    #expect(result.status == 1 && result.output.contains("small-model at oxen: gone"), "\(result.output)")
  }

  @Test func tellsAServiceThatIsDownFromAMissingKey() async throws {
    let busy = #"{"method": "GET", "path": "/api/ai/models", "action": "status", "status": 503, "times": 99}"#
    let down = try await check(Self.good, faults: busy)
    #expect(down.status == 69 && down.output.contains("unchecked"), "\(down.status) \(down.output) \(down.errors)")
    let locked = try await check(Self.good, key: nil)
    #expect(locked.status == 77 && locked.output.contains("OXEN_API_KEY"), "\(locked.output) \(locked.errors)")
    let wrong = try await check(Self.good, key: "other")
    #expect(wrong.status == 77 && wrong.output.contains("unchecked"), "\(wrong.output) \(wrong.errors)")
  }
}
