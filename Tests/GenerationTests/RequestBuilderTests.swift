import Foundation
import Generation
import Presets
import Storyboard
import Testing

@Suite("Requests by descriptor")
struct RequestBuilderTests {
  private let library: PresetLibrary

  init() throws { library = try PresetLibrary(environment: [:]) }

  private func builder(_ text: String, _ model: String) throws -> RequestBuilder {
    let storyboard = try StoryboardDocument(Data("model: \(model)\n\(text)".utf8), directory: "/boards").storyboard()
    return RequestBuilder(storyboard: storyboard, model: try library.model(named: model))
  }

  private let rich = """
    references: [r.png, https://host/style.jpg]
    elements:
      - {name: hero, frontal: h.png, angles: [h1.png]}
      - {name: car, frontal: c.png}
    shots:
      - {id: a, prompt: "@hero meets @car", start: s.png, end: https://host/e.png, duration: 7, takes: 2,
         negative_prompt: blur, aspect_ratio: "9:16", generate_audio: false}
      - {id: b, multi_prompt: [{prompt: "@car", duration: 1}, {prompt: two, duration: 2}]}
    """

  @Test("the hub's main model: every field under its own name and form")
  func hub() throws {
    let builder = try builder(rich, "kling-video-o3-4k-reference-to-video")
    let elements: JSONValue = [
      ["frontal_image_url": "/boards/h.png", "reference_image_urls": ["/boards/h1.png"]],
      ["frontal_image_url": "/boards/c.png"],
    ]
    let first = try builder.plannedRequest(for: builder.storyboard.shots[0])
    #expect(first.model == "kling-video-o3-4k-reference-to-video")
    #expect(first.takes == 2)
    #expect(
      first.parameters == [
        "prompt": "@Element1 meets @Element2", "duration": 7, "start_image_url": "/boards/s.png",
        "tail_image_url": "https://host/e.png", "input_image": ["/boards/r.png", "https://host/style.jpg"],
        "elements": elements, "negative_prompt": "blur", "aspect_ratio": "9:16", "generate_audio": false,
      ])
    let second = try builder.plannedRequest(for: builder.storyboard.shots[1])
    #expect(
      second.parameters == [
        "multi_prompt": [["prompt": "@Element1", "duration": 1], ["prompt": "two", "duration": 2]],
        "start_image_url": "anchor:a", "input_image": ["/boards/r.png", "https://host/style.jpg"],
        "elements": [["frontal_image_url": "/boards/c.png"]],
      ])
  }

  @Test("fal: other names, durations as text, and shot_type only beside several prompts")
  func fal() throws {
    let builder = try builder(
      rich.replacing("negative_prompt: blur, ", with: ""), "fal-kling-video-o3-4k-reference-to-video")
    let first = try builder.plannedRequest(for: builder.storyboard.shots[0])
    #expect(first.model == "fal-ai/kling-video/o3/4k/reference-to-video")
    #expect(first.parameters["duration"] == "7")
    #expect(first.parameters["end_image_url"] == "https://host/e.png")
    #expect(first.parameters["image_urls"]?.arrayValue?.count == 2)
    #expect(first.parameters["shot_type"] == nil)
    let second = try builder.plannedRequest(for: builder.storyboard.shots[1]).parameters
    #expect(second["multi_prompt"] == [["prompt": "@Element1", "duration": "1"], ["prompt": "two", "duration": "2"]])
    #expect(second["shot_type"] == "customize")
    #expect(second["duration"] == nil)
    #expect(second["prompt"] == nil)
  }

  @Test("fal's other endpoints: each has its own name for the first frame")
  func falEndpoints() throws {
    let text = "shots: [{id: a, prompt: p, duration: 4, start: s.png, end: e.png, generate_audio: true}]"
    for (name, start) in [("o3-4k-image-to-video", "image_url"), ("v3-4k-image-to-video", "start_image_url")] {
      let builder = try builder(text, "fal-kling-video-\(name)")
      let request = try builder.plannedRequest(for: builder.storyboard.shots[0])
      #expect(
        request.parameters == [
          "prompt": "p", "duration": "4", "generate_audio": true, start: "/boards/s.png",
          "end_image_url": "/boards/e.png",
        ])
    }
    let builder = try builder("shots: [{id: a, prompt: p, aspect_ratio: '9:16'}]", "kling-video/o3/4k/text-to-video")
    let request = try builder.plannedRequest(for: builder.storyboard.shots[0])
    #expect(request.model == "fal-ai/kling-video/o3/4k/text-to-video")
    #expect(request.parameters == ["prompt": "p", "aspect_ratio": "9:16"])
  }

  @Test("constants are sent, and only set fields beside them")
  func constants() throws {
    let omni = try builder("shots: [{id: a, prompt: p}]", "kling-video-o3-omni")
    #expect(
      try omni.plannedRequest(for: omni.storyboard.shots[0]).parameters == ["prompt": "p", "resolution": "4k"])
    let veo = try builder("shots: [{id: a, prompt: p, duration: 8, start: s.png}]", "google-veo-3-1")
    #expect(
      try veo.plannedRequest(for: veo.storyboard.shots[0]).parameters
        == ["prompt": "p", "resolution": "4k", "duration": 8, "input_image": "/boards/s.png"])
  }

  @Test("each image is requested once, and its address is sent")
  func addresses() throws {
    let text = "references: [s.png]\nshots: [{id: a, prompt: p, start: s.png}, {id: b, prompt: p}]"
    let builder = try builder(text, "kling-video-o3-4k-reference-to-video")
    let shots = builder.storyboard.shots
    #expect(builder.images(of: shots[0]).map(\.planned) == ["/boards/s.png"])
    #expect(builder.images(of: shots[1]).map(\.planned) == ["anchor:a", "/boards/s.png"])
    let request = try builder.request(for: shots[1]) { "https://store/" + $0.planned }
    #expect(request.parameters["start_image_url"] == "https://store/anchor:a")
    #expect(request.parameters["input_image"] == ["https://store//boards/s.png"])
    struct NoStore: Error {}
    #expect(throws: NoStore.self) { try builder.request(for: shots[1]) { _ in throw NoStore() } }
  }

  @Test("an unsupported field is an error, not dropped")
  func unsupported() throws {
    let builder = try builder(
      "shots: [{id: a, prompt: p, negative_prompt: n}]", "kling-video-o3-4k-text-to-video")
    let error = try #require(throws: GenerationError.self) {
      try builder.plannedRequest(for: builder.storyboard.shots[0])
    }
    #expect(error.code == .unsupported)
  }

  @Test("the digest is the same for the same request, whatever the takes, and SHA-256 of the canonical text")
  func digest() {
    let request = GenerationRequest(model: "m", parameters: ["b": 1, "a": "ü"], takes: 1)
    #expect(request.canonicalJSON == #"{"model":"m","parameters":{"a":"ü","b":1}}"#)
    #expect(request.digest == "4b717ac13661539d659cffbc3774a440ca16f0cba02d1a608116e6b39f93d310")
    #expect(GenerationRequest(model: "m", parameters: ["a": "ü", "b": 1], takes: 4).digest == request.digest)
    #expect(GenerationRequest(model: "m", parameters: ["a": "ü", "b": 1.0]).digest != request.digest)
    #expect(GenerationRequest(model: "n", parameters: ["a": "ü", "b": 1]).digest != request.digest)
  }

  @Test("parameters of the model are sent as they are, beside the fields")
  func ownParameters() throws {
    let builder = try builder(
      "shots: [{id: a, prompt: p, seed: 7, parameters: {cfg_scale: 0.5}}]", "kling-video-o3-4k-reference-to-video")
    let sent = try builder.plannedRequest(for: builder.storyboard.shots[0]).parameters
    #expect(sent["seed"] == 7 && sent["cfg_scale"] == 0.5 && sent["prompt"] == "p")
  }
}
