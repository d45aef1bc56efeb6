import Foundation
import Support
import Testing

/// What the program prints and writes for other programs, against the schemas in `presets/schema`.
@Suite struct OutputSchemaTests {
  private static let outputs = [
    "difference", "doctor", "frame", "job", "native", "plan", "probe", "report", "run", "sheet", "stitch", "thumbnails",
    "verify",
  ]

  @Test("Every member in a schema is described, and every object says whether it is open")
  func everythingIsDescribed() throws {
    for name in Self.outputs {
      let text = try Data(contentsOf: URL(filePath: OutputFixture.schema(name)))
      let schema = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
      #expect(schema["$id"] as? String == "longtake.\(name)/1")
      #expect(Self.silent(schema, at: name) == [])
    }
  }

  @Test("What is said of media is valid by its schema, and nothing less or more is")
  func media() async throws {
    let fixture = try SmallStoryboard()
    var bench = OutputFixture(presets: fixture.presets)
    let clip = try fixture.clip()
    let folder = fixture.folder
    let chapters = try folder.write(
      "chapters.txt",
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\n[CHAPTER]\nSTART=0\nEND=9\ntitle=Two\n")
    let chaptered = try folder.make(
      "odd.mkv", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=0.4", "-i", chapters, "-map_metadata",
      "1", "-c:v", "ffv1")
    let audio = try folder.make("audio.m4a", "-f", "lavfi", "-i", "sine=duration=0.5", "-c:a", "aac")
    let data = try Data(contentsOf: URL(filePath: clip))
    let cut = try folder.write("cut.mp4", data.prefix(data.count / 2))
    let junk = try folder.write("junk.mp4", "no media")

    try await bench.run("probe", "probe", "--json", clip, chaptered, audio, cut)
    try await bench.run("probe", "probe", "--json", "--no-count", clip, audio)
    try await bench.run("verify", "verify", "--json", "--preset", "small", clip)
    try await bench.run("verify", status: 1, "verify", "--json", "--preset", "small", clip, cut, audio, junk)
    try await bench.run("verify", status: 1, "verify", "--json", "--fast", clip)
    try await bench.run("native", "native", "--json", clip, cut)
    try await bench.run("frame", "frame", "--json", "--last", clip, "-o", folder.path("last.png"))
    try await bench.run("frame", "frame", "--json", "--at", "0.2", chaptered, "-o", folder.path("at.jpg"))
    try await bench.run("frame", "frame", "--json", "--last", cut, "-o", folder.path("cut.png"))
    try await bench.run("frame", "anchor", "--json", clip, "-o", folder.path("anchor"), "--model", SmallStoryboard.model)
    try await bench.run(
      "frame", "anchor", "--json", "--search", "6", clip, "-o", folder.path("best"), "--model", SmallStoryboard.model)
    try await bench.run("difference", "frame", "--diff", "--json", clip, clip, "-o", folder.path("difference.png"))
    try await bench.run("difference", "frame", "--diff", "--json", clip, clip, "--first")
    try await bench.run("thumbnails", "thumbnails", "--json", "--best", "2", clip, cut, "-o", folder.path("covers"))
    try await bench.run("thumbnails", "thumbnails", "--json", "--sprite", clip, "-o", folder.path("sprites"))
    try await bench.run(
      "sheet", "sheet", "--json", clip, chaptered, "-o", folder.path("sheet.jpg"), "--labels", "one", "two", "--width",
      "600")
    try await bench.run(
      "stitch", "stitch", "--json", clip, clip, "-o", folder.path("master.mp4"), "--report", folder.path("stitch.json"),
      "--match-color", "ease")
    try await bench.run(
      "stitch", "stitch", "--json", clip, clip, "-o", folder.path("scored.mov"), "--music", audio, "--loudness", "-16",
      "--audio-codec", "pcm")
    try await bench.run(
      "stitch", "stitch", "--json", clip, chaptered, clip, "-o", folder.path("other.mp4"), "--conform",
      "--rate-conversion", "blend", "--transition", "1=dissolve:#4", "--trim", "3=1..2", "--overlap", "keep")
    try await bench.run("stitch", "stitch", "--json", "--dry-run", clip, clip, "-o", folder.path("planned.mov"))
    try bench.read("stitch", folder.path("stitch.json"))

    #expect(bench.count == 30)
    #expect(try bench.problems() == [])
    #expect(try bench.survivors() == [])
  }

  @Test("What is said of a storyboard, its run and the program is valid by its schema, and nothing less or more is")
  func fixture() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.")
    let failing = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.")
    var bench = OutputFixture(presets: fixture.presets)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05}"#)
    defer { hub.stop() }
    let refusing = try await ScriptedHub.start(#"{"outcome": "failed", "error_message": "no", "done_after": 0.05}"#)
    defer { refusing.stop() }

    try await bench.run("run", "generate", fixture.storyboard, "--json", hub: hub)
    try bench.read("report", fixture.workspace + "/report.json")
    try await bench.run("run", "run", fixture.storyboard, "--json", hub: hub)
    let report = try bench.read("report", fixture.workspace + "/report.json", first: true)
    try await bench.run("job", "jobs", fixture.storyboard, "--json")
    try await bench.run("run", status: 1, "run", failing.storyboard, "--json", hub: refusing)
    try bench.read("report", failing.workspace + "/report.json")
    try await bench.run("job", "jobs", failing.storyboard, "--json")
    try bench.add("stitch", part: "stitch", ofMasterIn: report)
    try bench.add("verify", part: "verification", ofMasterIn: report)

    try await bench.run("plan", "plan", fixture.storyboard, "--json", "--provider", "oxen")
    let mistakes = ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml")
    try await bench.run("plan", status: 65, "plan", mistakes, "--json")
    try await bench.run("plan", status: 65, "plan", try fixture.folder.write("empty.yaml", ""), "--json")
    try await bench.run("doctor", "doctor", "--json")
    let lost = try await LongtakeProgram.run(["doctor", "--json", "--presets", fixture.folder.path("nowhere")])
    #expect(lost.status == 1)
    bench.add("doctor", lost.output)
    try await bench.run("model", "models", "--offline", "--json")

    #expect(bench.count >= 21)
    #expect(try bench.problems() == [])
    #expect(try bench.survivors(without: ["model"]) == [])
  }

  /// Places in a schema where a member has no description, or an object with members does not say if it is open.
  private static func silent(_ value: Any, at place: String) -> [String] {
    if let list = value as? [Any] {
      return list.enumerated().flatMap { silent($1, at: "\(place)/\($0)") }
    }
    guard let object = value as? [String: Any] else { return [] }
    var found: [String] = []
    if let properties = object["properties"] as? [String: Any] {
      if object["additionalProperties"] == nil { found.append("\(place): open or not") }
      for (name, property) in properties where ((property as? [String: Any])?["description"] as? String ?? "").isEmpty {
        found.append("\(place)/\(name): no description")
      }
    }
    // Conditions speak of members that are described where they stand.
    return found
      + object.filter { !["if", "then", "else"].contains($0.key) }.flatMap { silent($1, at: "\(place)/\($0)") }
  }
}
