import Foundation
import Presets
import Support
import Testing
import Timing

/// What the second form of descriptors says of audio, resolutions, prices and videos.
@Suite struct ModelDescriptorTests {
  private func model(_ members: String, fields: String = "") throws -> ModelDescriptor {
    let folder = try ScratchFolder()
    let path = try folder.write(
      "m.json",
      #"{"schema": "longtake.model/2", "id": "m", "providers": ["oxen"], "fields": {"prompt": {"name": "p"}\#(fields)}, \#(members)}"#
    )
    return try PresetLibrary(environment: [:]).model(named: path)
  }

  private static let choice = #", "resolution": {"name": "resolution"}, "generate_audio": {"name": "audio"}"#
  private static let limits = #""limits": {"resolutions": {"values": ["720p", "4k"], "default": "4k"}}"#

  @Test func pricesDependOnResolutionAndAudio() throws {
    let model = try model(
      #"""
      \#(Self.limits), "output": {"audio": "choice"},
      "price": {"usd_per_second": "0.9", "rates": [
        {"resolution": "720p", "audio": false, "usd_per_second": "0.1"}, {"resolution": "720p", "usd_per_second": "0.2"},
        {"resolution": "4k", "usd_per_second": "0.4"}]}
      """#, fields: Self.choice)
    func price(_ resolution: String?, _ audio: Bool?) -> String? {
      model.price(resolution: resolution, audio: audio)?.decimal
    }
    #expect(price("720p", false) == "0.10" && price("720p", true) == "0.20")
    #expect(price("720p", nil) == "0.20", "the higher one, where the model decides about audio")
    #expect(price(nil, true) == "0.40" && price("8k", nil) == "0.90")
  }

  @Test func audioThatIsAlwaysThereNeedsNoAsking() throws {
    let model = try model(
      #""output": {"audio": "always"}, "price": {"rates": [{"audio": true, "usd_per_second": "0.3"}, {"usd_per_second": "0.1"}]}"#
    )
    #expect(model.implies(audio: true) && !model.implies(audio: false))
    #expect(model.price(audio: nil)?.decimal == "0.30")
  }

  @Test func sizesAreThoseOfTheResolution() throws {
    let model = try model(
      #"\#(Self.limits), "output": {"sizes": {"16:9": "3840x2160"}, "sizes_by_resolution": {"720p": {"16:9": "1280x720"}}, "default_aspect_ratio": "16:9"}"#,
      fields: Self.choice)
    #expect(model.format(at: nil).size(aspectRatio: nil)?.description == "3840x2160")
    #expect(model.format(at: "720p").size(aspectRatio: nil)?.description == "1280x720")
    #expect(model.format(at: "1080p").size(aspectRatio: nil) == nil)
  }

  @Test(arguments: [
    (#""output": {"audio": "choice"}"#, "generate_audio"), (limits, "resolution"),
    (#""output": {"audio": "loud"}"#, "audio"), (#""price": {}"#, "usd_per_second"),
    (#""price": {"rates": [{"usd_per_second": 1}]}"#, "usd_per_second"),
  ])
  func reportsWhatDoesNotFit(_ members: String, _ word: String) throws {
    let error = #expect(throws: PresetError.self) { _ = try model(members) }
    #expect(error?.problems.contains { $0.description.contains(word) } == true, "\(String(describing: error))")
  }

  @Test func theFirstFormIsStillRead() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(
      "m.json",
      #"{"schema": "longtake.model/1", "id": "m", "providers": ["oxen"], "fields": {"prompt": {"name": "p"}}}"#)
    #expect(try PresetLibrary(environment: [:]).model(named: path).id == "m")
    try folder.write(
      "n.json",
      #"{"schema": "longtake.model/3", "id": "m", "providers": ["oxen"], "fields": {"prompt": {"name": "p"}}}"#)
    #expect(throws: PresetError.self) { try PresetLibrary(environment: [:]).model(named: folder.path("n.json")) }
  }
}
