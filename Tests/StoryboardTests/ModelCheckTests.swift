import Foundation
import Presets
import Storyboard
import Testing
import Timing

@Suite("Limits of models")
struct ModelCheckTests {
  private let library: PresetLibrary
  private let good = FakeImages(images: [
    "ok.png": ImageFacts(format: "png", width: 3840, height: 2160, bytes: 9_000_000),
    "edge.jpg": ImageFacts(format: "jpeg", width: 750, height: 300, bytes: 10_000_000),
    "big.png": ImageFacts(format: "png", width: 3840, height: 2160, bytes: 10_000_001),
    "small.png": ImageFacts(format: "png", width: 400, height: 299, bytes: 1000),
    "wide.png": ImageFacts(format: "png", width: 751, height: 300, bytes: 1000),
    "tall.png": ImageFacts(format: "png", width: 300, height: 751, bytes: 1000),
    "deep.png": ImageFacts(format: "png", width: 400, height: 400, bytes: 1000, isPlain: false),
    "new.png": ImageFacts(format: "webp", width: 1000, height: 1000, bytes: 1000),
  ])

  init() throws { library = try PresetLibrary(environment: [:]) }

  private func problems(_ shots: String, _ model: String = "kling-video-o3-4k-reference-to-video") throws -> [Problem] {
    let document = StoryboardDocument(Data("model: \(model)\n\(shots)".utf8), directory: "/boards")
    let model = try library.model(named: model)
    return document.problems(against: model, images: good)
  }

  @Test(
    "within the limits there is no problem",
    arguments: [
      "shots: [{id: a, prompt: p, duration: 3}, {id: b, prompt: p, duration: 15, takes: 4}]",
      "shots: [{id: a, prompt: p, start: ok.png, end: edge.jpg}]",
      "shots: [{id: a, multi_prompt: [{prompt: p, duration: 1}, {prompt: p, duration: 14}]}]",
      "references: [new.png, small.png, https://host/x.gif]\nshots: [{id: a, prompt: p, aspect_ratio: 1:1}]",
    ])
  func fine(shots: String) throws { #expect(try problems(shots) == []) }

  @Test(
    "every published limit is checked",
    arguments: [
      ("{id: a, prompt: p, duration: 2}", "shots[0].duration", "3 to 15 s"),
      ("{id: a, prompt: p, duration: 3.5}", "shots[0].duration", "whole seconds"),
      ("{id: a, prompt: p, duration: 16}", "shots[0].duration", "16 s"),
      ("{id: a, prompt: p, aspect_ratio: 4:3}", "shots[0].aspect_ratio", "9:16"),
      ("{id: a, prompt: p, end: ok.png}", "shots[0].end", "needs 'start'"),
      ("{id: a, prompt: p, start: small.png}", "shots[0].start", "300 pixels"),
      ("{id: a, prompt: p, start: wide.png}", "shots[0].start", "1:2.5 to 2.5:1"),
      ("{id: a, prompt: p, start: tall.png}", "shots[0].start", "1:2.5 to 2.5:1"),
      ("{id: a, prompt: p, start: gone.png}", "shots[0].start", "no such file"),
      ("{id: a, multi_prompt: [{prompt: p, duration: 2}]}", "shots[0].multi_prompt", "add up to 2 s"),
      ("{id: a, multi_prompt: [{prompt: p, duration: 8}, {prompt: p, duration: 8}]}", "shots[0].multi_prompt", "16 s"),
      (
        "{id: a, multi_prompt: [{prompt: p, duration: 0.5}, {prompt: p, duration: 3.5}]}",
        "shots[0].multi_prompt[0].duration", "1 to 15 s"
      ),
      (
        "{id: a, multi_prompt: [" + Array(repeating: "{prompt: p, duration: 1}", count: 7).joined(separator: ", ")
          + "]}",
        "shots[0].multi_prompt", "at most 6"
      ),
    ])
  func limits(shot: String, path: String, text: String) throws {
    let found = try problems("shots: [\(shot)]")
    #expect(found.contains { $0.path == path && $0.message.contains(text) && $0.line == 2 }, "\(found)")
  }

  @Test(
    "a convertible image is reported, and not as a problem",
    arguments: [
      ("start: big.png", "shots[0].start", "10000000"), ("start: new.png", "shots[0].start", "WEBP"),
      ("start: ok.png, end: big.png", "shots[0].end", "10000000"),
      ("start: deep.png", "shots[0].start", "8 bits"),
    ])
  func conversions(fields: String, path: String, expected: String) throws {
    let text = "model: kling-video-o3-4k-reference-to-video\nshots: [{id: a, prompt: p, \(fields)}]"
    let document = StoryboardDocument(Data(text.utf8), directory: "/boards")
    let model = try library.model(named: "kling-video-o3-4k-reference-to-video")
    #expect(document.problems(against: model, images: good) == [])
    let found = try #require(document.partial).conversions(for: model, images: good)
    #expect(found.map(\.path) == [path])
    #expect(found.first?.line == 2)
    #expect(found.first?.message.contains(expected) == true)
  }

  @Test("a prompt is measured as it is sent, in characters, per prompt")
  func promptLength() throws {
    let longest = String(repeating: "ä", count: 512)
    #expect(try problems("shots: [{id: a, prompt: \(longest)}]").isEmpty)
    #expect(try problems("shots: [{id: a, prompt: \(longest)x}]").map(\.path) == ["shots[0].prompt"])
    let named = "elements: [{name: h, frontal: ok.png}]\n"
    let almost = "'@h " + String(repeating: "x", count: 502)
    #expect(try problems(named + "shots: [{id: a, prompt: \(almost)'}]").isEmpty)
    #expect(try problems(named + "shots: [{id: a, prompt: \(almost)x'}]").count == 1)
    let fal = "fal-kling-video-o3-4k-reference-to-video"
    #expect(try problems("shots: [{id: a, prompt: \(longest)x}]", fal).isEmpty)
  }

  @Test("references and elements are counted together, angles apart")
  func counts() throws {
    let references = "references: [" + Array(repeating: "ok.png", count: 5).joined(separator: ", ") + "]\n"
    let two = "elements: [{name: a, frontal: ok.png}, {name: b, frontal: ok.png}]\n"
    let three = "elements: [{name: a, frontal: ok.png}, {name: b, frontal: ok.png}, {name: c, frontal: ok.png}]\n"
    #expect(try problems(references + two + "shots: [{id: a, prompt: p}]").isEmpty)
    #expect(try problems(references + three + "shots: [{id: a, prompt: p}]").map(\.path) == ["elements"])
    let angles = "elements: [{name: a, frontal: ok.png, angles: [ok.png, ok.png, ok.png, ok.png]}]\n"
    #expect(try problems(angles + "shots: [{id: a, prompt: p}]").map(\.path) == ["elements[0].angles"])
  }

  @Test("unsupported fields are reported per model")
  func unsupported() throws {
    let chain = "shots: [{id: a, prompt: p}, {id: b, prompt: p}]"
    let text = "kling-video-o3-4k-text-to-video"
    let implied = try problems(chain, text)
    #expect(implied.map(\.path) == ["shots[1].start"])
    #expect(implied.first?.message.contains("start: none") == true)
    #expect(try problems(chain.replacing("b, prompt", with: "b, start: none, prompt"), text).isEmpty)
    #expect(try problems(chain, "kling-video-o3-4k-image-to-video").map(\.path) == ["shots[0].start"])
    let omni = "kling-video-o3-omni"
    #expect(try problems(chain, omni).isEmpty)
    let multi = "shots: [{id: a, negative_prompt: n, multi_prompt: [{prompt: p, duration: 3}]}]"
    #expect(try problems(multi, omni).map(\.path) == ["shots[0].multi_prompt", "shots[0].negative_prompt"])
    #expect(
      try problems("shots: [{id: a, prompt: p, generate_audio: true, duration: 8}]", "google-veo-3-1").map(\.path)
        == ["shots[0].generate_audio"])
    #expect(try problems("shots: [{id: a, prompt: p, duration: 8}]", "google-veo-3-1").isEmpty)
    #expect(try problems("shots: [{id: a, prompt: p, duration: 5}]", "google-veo-3-1").count == 1)
    let missing = try problems("shots: [{id: a, prompt: p}]", "google-veo-3-1")
    #expect(missing.first?.message.contains("'duration' is missing") == true)
    #expect(try problems("references: [ok.png]\n\(chain)", "google-veo-3-1").contains { $0.path == "references" })
  }
}
