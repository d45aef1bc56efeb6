import Foundation
import Presets
import Storyboard
import Support
import Testing

/// What could not be joined or verified is refused before it is paid for.
@Suite struct JoinCheckTests {
  private static func model(_ output: String) -> String {
    """
    {
      "schema": "longtake.model/1", "id": "m", "title": "M", "family": "m", "providers": ["oxen"],
      "status": {"state": "active"}, "sources": [{"facts": ["limits"], "source": "made up", "read": "2026-11-27"}],
      "fields": {
        "prompt": {"name": "prompt"}, "duration": {"name": "duration"}, "aspect_ratio": {"name": "aspect_ratio"},
        "start_image": {"name": "start_image_url"}},
      "limits": {"duration": {"min": 1, "max": 15, "default": 5}},
      "output": \(output), "price": {"usd_per_second": "0.42"}
    }
    """
  }

  private static let sizes =
    #"{"sizes": {"16:9": "3840x2160", "9:16": "2160x3840"}, "default_aspect_ratio": "16:9", "frame_rate": "24/1", "codec": "h264"}"#

  private static let preset = """
    {
      "schema": "longtake.verify-preset/1", "id": "p", "title": "P", "source": "made up",
      "rules": {
        "video.size": {"any_of": ["3840x2160", "2160x3840"]}, "video.frame_rate": {"any_of": ["24/1", "25/1"]},
        "video.codec": {"is": "h264"}
      }
    }
    """

  private func problems(
    _ second: String, master: String = "", output: String = sizes, preset: String = preset
  ) throws -> [Problem] {
    let folder = try ScratchFolder()
    try folder.write("models/m.json", Self.model(output))
    try folder.write("verify/p.json", preset)
    let library = try PresetLibrary(directory: folder.path, environment: [:])
    let document = StoryboardDocument(
      Data(
        """
        model: m
        shots:
          - id: one
            prompt: A quay.
          - id: two
            prompt: A boat.
        \(second)
        master:
          verify: p
        \(master)
        """.utf8), directory: "/boards")
    return try document.storyboard().joinProblems(
      with: library.model(named: "m", for: "oxen"), spec: library.deliverableSpec(named: "p"), images: FakeImages())
  }

  @Test func acceptsWhatCanBeJoined() throws {
    #expect(try problems("    trim: {in: 0.5, out: 5}\n    transition: {kind: dissolve, duration: 1}").isEmpty)
    #expect(try problems("", output: "{}").isEmpty)
  }

  @Test func refusesShotsOfDifferentSizes() throws {
    let mixed = "    start: none\n    aspect_ratio: \"9:16\""
    let found = try problems(mixed)
    #expect(found.map(\.path) == ["shots[1].aspect_ratio"])
    #expect(found.first?.message.contains("2160x3840") == true && found.first?.message.contains("3840x2160") == true)
    #expect(try problems(mixed, master: "  join: {conform: {size: 3840x2160}}").isEmpty)
    // Also where the sizes are not published.
    #expect(try problems(mixed, output: #"{"default_aspect_ratio": "16:9"}"#).count == 1)
  }

  @Test(arguments: [
    ("    trim: {in: 5}", "shots[1].trim.in"), ("    trim: {out: 5.5}", "shots[1].trim.out"),
    ("    trim: {in: \"#120\"}", "shots[1].trim.in"), ("    trim: {out: 00:00:06:00}", "shots[1].trim.out"),
    ("    transition: {kind: dissolve, duration: 6}", "shots[1].transition"),
    ("    transition: {kind: dip, duration: \"#300\"}", "shots[1].transition"),
    ("    trim: {in: 4}\n    transition: {kind: dissolve, duration: 2}", "shots[1].transition"),
  ])
  func refusesTrimsAndTransitionsLongerThanTheirShots(_ fields: String, _ path: String) throws {
    #expect(try Set(problems(fields).map(\.path)) == [path])
  }

  @Test(arguments: [
    (#""video.size": {"is": "1920x1080"}"#, "1920x1080"), (#""video.frame_rate": {"is": "60/1"}"#, "60/1"),
    (#""video.codec": {"is": "hevc"}"#, "hevc"),
  ])
  func refusesAPresetThatTheModelCanNeverMeet(_ rule: String, _ wanted: String) throws {
    let preset =
      #"{"schema": "longtake.verify-preset/1", "id": "p", "title": "P", "source": "made up", "rules": {\#(rule)}}"#
    let found = try problems("", preset: preset)
    #expect(found.map(\.path) == ["master.verify"])
    #expect(found.first?.message.contains(wanted) == true)
    #expect(try problems("", output: "{}", preset: preset).isEmpty, "what is not published is not judged")
    let conformed = "  join: {conform: {size: 1920x1080, rate: 60/1}}"
    if wanted != "hevc" { #expect(try problems("", master: conformed, preset: preset).isEmpty) }
  }
}
