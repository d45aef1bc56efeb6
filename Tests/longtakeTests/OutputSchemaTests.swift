import Foundation
import Support
import Testing

/// The JSON that the program prints and writes, against the schemas in `presets/schema`.
@Suite struct OutputSchemaTests {
  private static let outputs = [
    "check", "decisions", "deliverable", "difference", "doctor", "error", "event", "export", "frame", "gather", "job",
    "manifest", "model-check", "native",
    "page", "plan", "preset", "probe", "report", "review", "run", "settings",
    "sheet", "stage-job", "stage-result", "stitch", "store-prune", "stored-run", "stored-take", "submit", "thumbnails",
    "verify",
  ]

  @Test func schemasDescribeEveryMemberAndCloseEveryObject() throws {
    for name in Self.outputs {
      let text = try Data(contentsOf: URL(filePath: OutputFixture.schema(name)))
      let schema = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
      #expect(schema["$id"] as? String == "longtake.\(name)/1")
      #expect(Self.undescribed(schema, at: name) == [])
    }
  }

  /// Also that a member more or less is refused.
  @Test func answersAboutMediaFollowTheirSchemas() async throws {
    let fixture = try SmallStoryboard()
    var outputs = OutputFixture(presets: fixture.presets)
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

    try await outputs.run("probe", status: 65, "probe", "--json", clip, chaptered, audio, cut)
    try await outputs.run("probe", "probe", "--json", "--no-count", clip, audio)
    try await outputs.run("verify", "verify", "--json", "--preset", "small", clip)
    try await outputs.run("verify", status: 1, "verify", "--json", "--preset", "small", clip, cut, audio, junk)
    try await outputs.run("verify", status: 1, "verify", "--json", "--fast", clip)
    let policy = try folder.write(
      "policy.xml",
      """
      <policy type="and" name="Ad"><rule name="4K?" value="Width" tracktype="Video" operator="&gt;=">3840</rule>
      <policy type="or" name="Rate"><rule value="FrameRate" tracktype="Video" operator="=">25.000</rule>
      <rule value="FrameRate" tracktype="Video" operator="=">24.000</rule></policy></policy>
      """)
    try await outputs.run("verify", status: 1, "verify", "--json", "--mediaconch", policy, clip, junk)
    try await outputs.run("native", "native", "--json", clip, cut)
    try await outputs.run("frame", "frame", "--json", "--last", clip, "-o", folder.path("last.png"))
    try await outputs.run("frame", "frame", "--json", "--at", "0.2", chaptered, "-o", folder.path("at.jpg"))
    try await outputs.run("frame", "frame", "--json", "--last", cut, "-o", folder.path("cut.png"))
    try await outputs.run(
      "frame", "anchor", "--json", clip, "-o", folder.path("anchor"), "--model", SmallStoryboard.model)
    try await outputs.run(
      "frame", "anchor", "--json", "--search", "6", clip, "-o", folder.path("best"), "--model", SmallStoryboard.model)
    try await outputs.run("difference", "frame", "--diff", "--json", clip, clip, "-o", folder.path("difference.png"))
    try await outputs.run("difference", "frame", "--diff", "--json", clip, clip, "--first")
    try await outputs.run("thumbnails", "thumbnails", "--json", "--best", "2", clip, cut, "-o", folder.path("covers"))
    try await outputs.run("thumbnails", "thumbnails", "--json", "--sprite", clip, "-o", folder.path("sprites"))
    try await outputs.run(
      "sheet", "sheet", "--json", clip, chaptered, "-o", folder.path("sheet.jpg"), "--labels", "one", "two", "--width",
      "600")
    try await outputs.run(
      "stitch", "stitch", "--json", clip, clip, "-o", folder.path("master.mp4"), "--report", folder.path("stitch.json"),
      "--match-color", "ease")
    try await outputs.run(
      "stitch", "stitch", "--json", clip, clip, "-o", folder.path("scored.mov"), "--music", audio, "--loudness", "-16",
      "--audio-codec", "pcm")
    try await outputs.run(
      "stitch", "stitch", "--json", clip, chaptered, clip, "-o", folder.path("other.mp4"), "--conform",
      "--rate-conversion", "blend", "--transition", "1=dissolve:#4", "--trim", "3=1..2", "--overlap", "keep")
    try await outputs.run("stitch", "stitch", "--json", "--dry-run", clip, clip, "-o", folder.path("planned.mov"))
    try outputs.read("stitch", folder.path("stitch.json"))
    try await outputs.run(
      "export", "export", "--json", folder.path("master.mp4"), "--joins", folder.path("stitch.json"), "-o",
      folder.path("timelines"))

    try await outputs.run(
      "deliverable", "deliver", "--json", folder.path("master.mp4"), "--preset", "proxy-1080p", "webp-preview", "-o",
      folder.path("versions"))
    try outputs.read("manifest", folder.path("versions/manifest.json"))

    try await outputs.run("page", "review", "--json", folder.path("other.mp4"), "-o", folder.path("page"))
    try outputs.read("review", folder.path("page/review.json"))
    let decisions = try folder.write(
      "ada.json",
      #"""
      {"schema":"longtake.decisions/1","title":"x","master":{"file":"m.mp4","sha256":"ab"},"reviewers":["Ada"],
      "written":"2026-01-01T00:00:00Z","conflicts":[],"shots":[{"shot":"one","reviewer":"Ada","decision":"approve","pick":1,
      "at":"2026-01-01T00:00:00Z"}, {"shot":"one","reviewer":"Bob","decision":"reject","pick":null,"at":"2026-01-01T00:00:00Z"}],
      "notes":[{"id":"1","reviewer":"Ada","shot":null,"frame":1,"end_frame":null,"text":"x","drawing":[[[0,0.5]]],
      "at":"2026-01-01T00:00:00Z"}]}
      """#)
    try await outputs.run("decisions", "decisions", "merge", "--json", decisions)

    try await outputs.run("check", "verify", "--list-checks", "--json")
    try await outputs.run("preset", "verify", "--list-presets", "--json")
    try await outputs.run("error", status: 66, "probe", "--json", folder.path("none.mp4"))

    #expect(outputs.count >= 66)
    #expect(try outputs.problems() == [])
    #expect(try outputs.survivors() == [])
  }

  /// Also that a member more or less is refused.
  @Test func answersAboutRunsFollowTheirSchemas() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.")
    let failing = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.")
    var outputs = OutputFixture(presets: fixture.presets)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05}"#)
    defer { hub.stop() }
    let refusing = try await ScriptedHub.start(#"{"outcome": "failed", "error_message": "no", "done_after": 0.05}"#)
    defer { refusing.stop() }

    try await outputs.run("run", "generate", fixture.storyboard, "--json", hub: hub)
    try outputs.read("report", fixture.workspace + "/report.json")
    try await outputs.run("run", "run", fixture.storyboard, "--json", hub: hub)
    let report = try outputs.read("report", fixture.workspace + "/report.json", first: true)
    try await outputs.run("job", "jobs", fixture.storyboard, "--json")
    try await outputs.run("run", status: 1, "run", failing.storyboard, "--json", hub: refusing)
    try outputs.read("report", failing.workspace + "/report.json")
    try await outputs.run("job", "jobs", failing.storyboard, "--json")
    try outputs.add("stitch", part: "stitch", ofMasterIn: report)
    try outputs.add("verify", part: "verification", ofMasterIn: report)

    try await outputs.run("plan", "plan", fixture.storyboard, "--json", "--provider", "oxen")
    let mistakes = ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml")
    try await outputs.run("plan", status: 65, "plan", mistakes, "--json")
    try await outputs.run("error", status: 65, "run", mistakes, "--json")
    try await outputs.run("plan", status: 65, "plan", try fixture.folder.write("empty.yaml", ""), "--json")
    let store = try fixture.folder.write("store/runs/x/run.json", "{}").replacing("/runs/x/run.json", with: "")
    try await outputs.run("doctor", "doctor", "--json", "--store", store)
    try await outputs.run("doctor", status: 1, "doctor", "--json", "--store", "file:///no/such/folder")
    try await outputs.run("doctor", "doctor", "--json")
    let digest = String(repeating: "0a", count: 32)
    try fixture.folder.write("store/blobs/sha256/0a/\(digest)", "nobody's")
    for more in [[], ["--delete"]] {
      let pruned = try await LongtakeProgram.run(
        ["store", "prune", "--json", "--store", store, "--older-than", "0s"] + more)
      outputs.add("store-prune", pruned.output)
    }
    let lost = try await LongtakeProgram.run(["doctor", "--json", "--presets", fixture.folder.path("nowhere")])
    #expect(lost.status == 1)
    outputs.add("doctor", lost.output)
    outputs.add("doctor", try await LongtakeProgram.run(["doctor", "--online", "--json"]).output)
    try await outputs.run("settings", "config", fixture.storyboard, "--json")
    try await outputs.run("model", "models", "--offline", "--json")
    try await outputs.run("model-check", status: 77, "models", "--check", "--json", "--provider", "fal")

    #expect(outputs.count >= 21)
    #expect(try outputs.problems() == [])
    #expect(try outputs.survivors(without: ["model"]) == [])
  }

  /// Places in a schema where a member has no description, or an object does not close its members.
  private static func undescribed(_ value: Any, at place: String) -> [String] {
    if let list = value as? [Any] {
      return list.enumerated().flatMap { undescribed($1, at: "\(place)/\($0)") }
    }
    guard let object = value as? [String: Any] else { return [] }
    var found: [String] = []
    if let properties = object["properties"] as? [String: Any] {
      if object["additionalProperties"] == nil { found.append("\(place): open or not") }
      for (name, property) in properties where ((property as? [String: Any])?["description"] as? String ?? "").isEmpty {
        found.append("\(place)/\(name): no description")
      }
    }
    // Conditions name members that are described elsewhere.
    return found
      + object.filter { !["if", "then", "else"].contains($0.key) }.flatMap { undescribed($1, at: "\(place)/\($0)") }
  }
}
