import Foundation
import Stitching
import Support
import Testing

@Suite(.media) struct MetadataTests {
  private static let moment = Date(timeIntervalSince1970: 1_704_164_645)

  @Test(arguments: ["m.mp4", "m.mov"], [true, false])
  func isReadBackByFFprobe(name: String, hasOwnKeys: Bool) throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mp4", seconds: 1, audioSource: nil),
      try clips.clip("b.mp4", seconds: 1, hue: 90, audioSource: nil),
    ]
    let (path, _) = try clips.stitch(paths, to: name) {
      $0.metadata = ["title": "Hafen <b>& „Nacht“"]
      if hasOwnKeys { $0.metadata["longtake.model"] = "some model" }
      $0.creationTime = Self.moment
      $0.writesChapters = true
    }
    let format = try #require(try MediaTool.ffprobe(path)?["format"] as? [String: Any])
    let tags = try #require(format["tags"] as? [String: String])
    #expect(tags["title"] == "Hafen <b>& „Nacht“")
    #expect(tags["longtake.model"] == (hasOwnKeys ? "some model" : nil))
    #expect(tags["creation_time"] == "2024-01-02T03:04:05.000000Z")
    let chapters = try MediaTool.run(
      "ffprobe", ["-v", "error", "-show_entries", "chapter=start_time:chapter_tags=title", "-of", "csv=p=0", path])
    #expect(String(decoding: chapters.output, as: UTF8.self) == "0.000000,a.mp4\n1.000000,b.mp4\n")
  }

  @Test func equalInputsGiveEqualBytes() throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mov", seconds: 1, audioSource: AudioClips.lively),
      try clips.clip("b.mov", seconds: 1, hue: 90, audioSource: AudioClips.lively),
    ]
    let files = try (1...2).map { number in
      let (path, _) = try clips.stitch(paths, to: "\(number).mp4") {
        $0.metadata = ["title": "Twice", "own.key": "1"]
        $0.creationTime = Self.moment
        $0.audio.loudness = -16
      }
      return try Data(contentsOf: URL(filePath: path))
    }
    #expect(files[0] == files[1])
  }

  @Test func takesTheCreationTimeFromTheEnvironment() throws {
    #expect(try CreationTime.current(environment: ["SOURCE_DATE_EPOCH": "1704164645"]) == Self.moment)
    #expect(CreationTime.parse("2024-01-02T03:04:05Z") == Self.moment)
    #expect(CreationTime.parse("yesterday") == nil)
    for text in ["soon", "-1", "1e9", "99999999999999999999"] {
      #expect(throws: StitchError.self) { try CreationTime.current(environment: ["SOURCE_DATE_EPOCH": text]) }
    }
    let now = try CreationTime.current(environment: [:])
    #expect(abs(now.timeIntervalSinceNow) < 3600)
  }
}
