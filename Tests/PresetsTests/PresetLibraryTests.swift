import Foundation
import Presets
import Support
import Testing
import Timing

@Suite("Presets by name")
struct PresetLibraryTests {
  private let library: PresetLibrary

  init() throws { library = try PresetLibrary(environment: [:]) }

  @Test("the bundled presets are found beside the executable and all can be read")
  func bundled() throws {
    let names = library.names(of: .models)
    for expected in [
      "kling-video-o3-4k-reference-to-video", "kling-video-o3-omni", "kling-video-o3-4k-image-to-video",
      "kling-video-o3-4k-text-to-video", "google-veo-3-1", "fal-kling-video-o3-4k-reference-to-video",
      "fal-kling-video-o3-4k-image-to-video", "fal-kling-video-o3-4k-text-to-video",
      "fal-kling-video-v3-4k-image-to-video",
    ] {
      #expect(names.contains(expected))
    }
    #expect(try library.models().count == names.count)
    #expect(try library.deliverableSpec(named: "uhd-4k").rules["video.size"] != nil)
    for name in library.names(of: .delivery) {
      let recipe = try library.deliveryRecipe(named: name)
      let verify = try recipe.verify.map { try library.deliverableSpec(named: $0).id }
      #expect(recipe.id == name && (verify ?? name) == name)
    }
  }

  @Test("every bundled preset is valid by its schema", .media)
  func schemas() throws {
    var batch = SchemaBatch()
    for (kind, schema) in [(PresetKind.models, "model"), (.verify, "verify-preset"), (.delivery, "delivery-recipe")] {
      for name in library.names(of: kind) {
        let text = try String(
          contentsOfFile: ProjectFiles.path("presets/\(kind.rawValue)/\(name).json"), encoding: .utf8)
        batch.add(name, text, schema: ProjectFiles.path("presets/schema/\(schema).json"))
      }
    }
    #expect(batch.count > 10)
    #expect(try batch.problems() == [])
  }

  @Test("the schemas reject what the readers reject", .media)
  func schemasRefuse() throws {
    let folder = try ScratchFolder()
    let model = try folder.write(
      "m.json",
      """
      {"schema": "longtake.model/1", "id": "x", "providers": ["oxen"], "prise": 1,
       "fields": {"prompt": {"name": "p", "requires": ["audio"]}}}
      """
    )
    #expect(try SchemaValidator.problems(of: model, schema: ProjectFiles.path("presets/schema/model.json")).count == 2)
    let verify = try folder.write(
      "v.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "x", "title": "x", "source": "x",
       "rules": {"video.size": {"min": 1, "max": 2}}}
      """
    )
    #expect(
      try SchemaValidator.problems(of: verify, schema: ProjectFiles.path("presets/schema/verify-preset.json")).count
        == 1)
    #expect(throws: PresetError.self) { try library.model(named: model) }
    #expect(throws: PresetError.self) { try library.deliverableSpec(named: verify) }
  }

  @Test("the published facts of the main model")
  func facts() throws {
    let model = try library.model(named: "kling-video-o3-4k-reference-to-video")
    #expect(model.fields[.startImage]?.name == "start_image_url")
    #expect(model.fields[.endImage]?.name == "tail_image_url")
    #expect(model.fields[.endImage]?.requires == [.startImage])
    #expect(model.fields[.references]?.name == "input_image")
    #expect(model.limits.image(.startImage)?.maxBytes == 10_000_000)
    #expect(model.limits.image(.endImage)?.maxAspect == Rational(5, 2))
    #expect(model.limits.image(.endImage)?.minAspect == Rational(2, 5))
    #expect(model.output.size(aspectRatio: nil) == PixelSize(width: 3840, height: 2160))
    #expect(model.output.size(aspectRatio: "1:1") == PixelSize(width: 2880, height: 2880))
    #expect(model.output.frameRate == nil)
    #expect(model.pricePerSecond == USD(micro: 420_000))
    #expect(try library.model(named: "google-veo-3-1").pricePerSecond == nil)
    let follower = try library.model(named: "kling-video-o3-4k-image-to-video")
    #expect(follower.output.size(aspectRatio: "16:9") == nil)
    #expect(follower.output.sizes.count == 3)
  }

  @Test("a model is found at another provider through its equivalent")
  func equivalents() throws {
    let name = "kling-video-o3-4k-reference-to-video"
    #expect(try library.model(named: name, for: "sandbox").id == name)
    let fal = try library.model(named: name, for: "fal")
    #expect(fal.id == "fal-ai/kling-video/o3/4k/reference-to-video")
    #expect(try library.model(named: "kling-video/o3/4k/reference-to-video").id == fal.id)
    #expect(try library.model(named: fal.id, for: "oxen").id == name)
    let error = try #require(throws: PresetError.self) {
      try library.model(named: "google-veo-3-1", for: "fal")
    }
    #expect(error.code == .notFound)
    #expect(error.message.contains("oxen"))
  }

  @Test("a user's file is a new model, found through the variable, and overrides a bundled one")
  func ownModels() throws {
    let folder = try ScratchFolder()
    let text =
      """
      {"schema": "longtake.model/1", "id": "new-model", "providers": ["oxen"],
       "fields": {"prompt": {"name": "text"}}}
      """
    try folder.write("models/new-model.json", text)
    try folder.write("models/google-veo-3-1.json", text.replacing("new-model", with: "google-veo-9"))
    let own = try PresetLibrary(environment: [PresetLibrary.environmentVariable: folder.path])
    #expect(try own.model(named: "new-model").fields[.prompt]?.name == "text")
    #expect(try own.model(named: "google-veo-3-1").id == "google-veo-9")
    #expect(try own.model(named: "kling-video-o3-omni").limits.takes == 4)
    let first = try ScratchFolder()
    try first.write("models/new-model.json", text.replacing("\"text\"", with: "\"words\""))
    try first.write("models/broken.json", "{}")
    let both = try PresetLibrary(
      directory: first.path, environment: [PresetLibrary.environmentVariable: folder.path])
    #expect(try both.model(named: "new-model").fields[.prompt]?.name == "words")
    // One that cannot be read may be the one asked for: it is reported instead of "there is no such model".
    let error = try #require(throws: PresetError.self) { try both.model(named: "some-id") }
    #expect(error.code == .invalid)
  }

  @Test("a missing preset is reported with the nearest name, and so is a missing directory")
  func missing() throws {
    let error = try #require(throws: PresetError.self) { try library.model(named: "kling-video-o3-omny") }
    #expect(error.code == .notFound)
    #expect(error.message.contains("Did you mean 'kling-video-o3-omni'?"))
    #expect(throws: PresetError.self) { try library.model(named: "../verify/uhd-4k") }
    #expect(throws: PresetError.self) { try PresetLibrary(directory: "/no/such/folder", environment: [:]) }
    #expect(throws: PresetError.self) {
      try PresetLibrary(environment: [PresetLibrary.environmentVariable: "/no/such/folder"])
    }
  }

  @Test("every mistake in a descriptor is reported with its field, line and nearest key")
  func mistakes() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(
      "m.json",
      """
      {
        "schema": "longtake.model/1",
        "id": "x", "providers": ["oxen"],
        "limit": {},
        "fields": {
          "prompt": {"name": "prompt"},
          "duraton": {"name": "duration"}
        },
        "price": {"usd_per_second": 0.42},
        "limits": {"duration": {"min": 5, "max": 3}, "takes": "four"}
      }
      """)
    let error = try #require(throws: PresetError.self) { try library.model(named: path) }
    #expect(error.code == .invalid)
    #expect(error.problems.map(\.line) == [4, 7, 9, 10, 10])
    #expect(error.problems[0].message.contains("Did you mean 'limits'?"))
    #expect(error.problems[1].message.contains("Did you mean 'duration'?"))
    #expect(error.description.contains(path))
  }

  @Test("a verify preset inherits the rules of the one it extends and overrides them; cycles are refused")
  func extending() throws {
    let folder = try ScratchFolder()
    try folder.write(
      "verify/strict.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "strict", "title": "t", "source": "s", "extends": "uhd-4k",
       "rules": {"audio.length": {"max": 0.01}, "video.bit_rate": {"between": [1, 2], "severity": "info"}}}
      """)
    try folder.write(
      "verify/loop.json",
      #"{"schema": "longtake.verify-preset/1", "id": "l", "title": "t", "source": "s", "extends": "loop", "rules": {}}"#
    )
    let own = try PresetLibrary(directory: folder.path, environment: [:])
    let spec = try own.deliverableSpec(named: "strict")
    #expect(spec.rules["audio.length"]?.condition == .atMost(0.01))
    #expect(spec.rules["audio.length"]?.severity == .fail)
    #expect(spec.rules["video.codec"]?.condition == .anyOf(["h264", "hevc"]))
    #expect(throws: PresetError.self) { try own.deliverableSpec(named: "loop") }
  }

  @Test("conditions match their values")
  func conditions() throws {
    #expect(DeliverableRule.Condition.anyOf(["24/1", "25/1"]).holds(for: "25/1"))
    #expect(!DeliverableRule.Condition.anyOf(["24/1"]).holds(for: "24000/1001"))
    #expect(DeliverableRule.Condition.equals(0).holds(for: 0.0))
    #expect(!DeliverableRule.Condition.equals(0).holds(for: 0.001))
    #expect(!DeliverableRule.Condition.equals(true).holds(for: "true"))
    #expect(DeliverableRule.Condition.between(1, 2).holds(for: 2))
    #expect(!DeliverableRule.Condition.atMost(0.05).holds(for: 0.06))
    #expect(!DeliverableRule.Condition.atLeast(1).holds(for: "2"))
    let rule = try #require(try library.deliverableSpec(named: "uhd-4k").rules["audio.present"])
    #expect(rule.applies(in: ["audio_requested": true]))
    #expect(!rule.applies(in: ["audio_requested": false]))
    #expect(!rule.applies(in: [:]))
  }

  /// `docs/storyboard.md` is made from the schema.
  @Test func theStoryboardReferenceIsCurrent() async throws {
    let result = try await OutsideProgram.run(
      "python3", [ProjectFiles.path("scripts/storyboard-reference"), "--check"])
    #expect(result.status == 0, "\(result.errors)")
  }
}
