import Foundation
import Support
import Testing

/// `export` as a user runs it.
@Suite(.media) struct ExportCommandTests {
  private func film() async throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for (name, hue) in [("a.mp4", 0), ("b.mp4", 90)] {
      _ = try folder.make(
        name, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1,hue=h=\(hue)", "-c:v", "libx264",
        "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    }
    let result = try await LongtakeProgram.run(
      ["stitch", "a.mp4", "b.mp4", "-o", "m.mp4", "--overlap", "keep", "--report", "m.json", "--title", "Tide"],
      in: folder.url)
    try #require(result.status == 0, "\(result.errors)")
    return folder
  }

  private func markers(_ path: String) throws -> [[String: Any]] {
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any]
    return try #require((json?["tracks"] as? [String: Any])?["markers"] as? [[String: Any]])
  }

  private func frame(_ marker: [String: Any]) -> [Double]? {
    let range = marker["marked_range"] as? [String: Any]
    let values = ["start_time", "duration"].compactMap { (range?[$0] as? [String: Any])?["value"] as? Double }
    return values.count == 2 ? values : nil
  }

  /// The report names its files as they were named to `stitch`, in its own folder.
  @Test func writesEveryFormatWithFindingsAndNotes() async throws {
    let folder = try await film()
    let notes = try folder.write(
      "ada.json",
      #"""
      {"schema":"longtake.decisions/1","title":"x","master":{"file":"m.mp4","sha256":"ab"},"reviewers":["Ada"],
      "written":"2026-01-01T00:00:00Z","conflicts":[],"shots":[{"shot":"b.mp4","reviewer":"Ada","decision":"reject","pick":null,
      "at":"2026-01-01T00:00:00Z"}],"notes":[{"id":"1","reviewer":"Ada","shot":"a.mp4","frame":5,"end_frame":9,
      "text":"too <fast> & loud\nsecond line","drawing":[],"at":"2026-01-01T00:00:00Z"}]}
      """#)
    let result = try await LongtakeProgram.run([
      "export", folder.path("m.mp4"), "--joins", folder.path("m.json"), "--decisions", notes, "--preset", "uhd-4k",
      "-o",
      folder.path("edit"), "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    // The decisions are about another file.
    #expect(result.errors.contains("another master"))
    let answer = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(answer["name"] as? String == "Tide" && answer["frames"] as? Int == 48)
    let clips = try #require(answer["clips"] as? [[String: Any]])
    #expect(clips.map { $0["file"] as? String } == [folder.path("a.mp4"), folder.path("b.mp4")])
    #expect(clips.map { $0["record_timecode"] as? String } == ["00:00:00:00", "00:00:01:00"])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("edit")).sorted()
    #expect(names == ["m.edl", "m.fcpxml", "m.otio", "m.xml"])

    let markers = try markers(folder.path("edit/m.otio"))
    func marker(_ name: String) -> [String: Any]? { markers.first { $0["name"] as? String == name } }
    #expect(marker("Note by Ada").flatMap(frame) == [5, 5])
    #expect(marker("Note by Ada")?["comment"] as? String == "too <fast> & loud\nsecond line")
    #expect(
      marker("Rejected by Ada").flatMap(frame) == [24, 24] || marker("Rejected by Ada").flatMap(frame) == [24, 0])
    #expect(marker("Join 1: 0 frames dropped").flatMap(frame) == [24, 0])
    let size = try #require(marker("video.size"))
    #expect(frame(size) == [0, 0] && size["color"] as? String == "RED")
    #expect((size["comment"] as? String)?.contains("320x180") == true)
    #expect(markers.count == answer["markers"] as? Int)
    let list = try String(contentsOfFile: folder.path("edit/m.edl"), encoding: .utf8)
    #expect(list.contains("* LOC: 00:00:00:05 YELLOW  Note by Ada: too <fast> & loud second line\r\n"))
  }

  @Test func aWorkspaceIsExportedWithItsShots() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.")
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05}"#)
    defer { hub.stop() }
    let environment = [
      "LONGTAKE_PRESETS": fixture.presets, "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester",
      "LONGTAKE_POLL_SECONDS": "0.1",
    ]
    let run = try await LongtakeProgram.run(
      ["run", fixture.storyboard, "--provider", "oxen", "--base-url", hub.baseURL, "--yes", "--no-review"],
      environment: environment)
    try #require(run.status == 0, "\(run.errors)")
    // A workspace that was moved has its clips still.
    let moved = fixture.folder.path("elsewhere")
    try FileManager.default.moveItem(atPath: fixture.workspace, toPath: moved)
    let result = try await LongtakeProgram.run([
      "export", moved, "--format", "edl", "-o", fixture.folder.path("edit"),
    ])
    #expect(result.status == 0, "\(result.errors)")
    let list = try String(contentsOfFile: fixture.folder.path("edit/master.edl"), encoding: .utf8)
    #expect(list.contains("* SOURCE FILE: \(moved)/clips/one.take1.mp4\r\n"))
    #expect(list.contains("* SOURCE FILE: \(moved)/clips/two.take1.mp4\r\n"))
  }

  @Test(arguments: [
    (64, ["--format", "otio,aaf"], "--format"), (64, ["--format", "otio,otio"], "--format"),
    (66, ["--joins", "none.json"], "none.json"), (65, ["--joins", "other.json"], "of this master"),
  ])
  func saysWhatIsWrongAndWritesNothing(status: Int32, arguments: [String], text: String) async throws {
    let folder = try await film()
    let report = try String(contentsOfFile: folder.path("m.json"), encoding: .utf8)
    try folder.write("other.json", report.replacing("\"frames\" : 48", with: "\"frames\" : 47"))
    let result = try await LongtakeProgram.run(["export", "m.mp4", "-o", "edit"] + arguments, in: folder.url)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("edit")))
  }

  @Test func keepsWhatExistsUnlessTold() async throws {
    let folder = try await film()
    try folder.write("edit/m.otio", "mine")
    let arguments = ["export", "m.mp4", "-o", "edit", "--format", "otio"]
    #expect(try await LongtakeProgram.run(arguments, in: folder.url).status == 73)
    #expect(try String(contentsOfFile: folder.path("edit/m.otio"), encoding: .utf8) == "mine")
    #expect(try await LongtakeProgram.run(arguments + ["--overwrite"], in: folder.url).status == 0)
  }
}
