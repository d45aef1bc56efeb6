import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Stitching
import Support
import Testing

/// Whole runs on small frames, through the in-process sandbox.
@Suite struct StoryboardRunTests {
  /// Three plain shots of one second.
  private func plain() throws -> PipelineFixture {
    PipelineFixture(try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1))
  }

  @Test(arguments: WaitMode.allCases)
  func makesAVerifiedMaster(_ wait: WaitMode) async throws {
    // A shot with two prompts is 3 s long.
    let isLong = wait == .sse
    let pipeline = isLong ? PipelineFixture(try SmallStoryboard()) : try plain()
    let length = isLong ? 72 : 24
    let summary = try await pipeline.storyboardRun(wait: wait).run()
    #expect(summary.isGood)
    #expect(summary.master?.verdict == "pass")
    for name in [
      "ledger.sqlite", "clips/one.take1.mp4", "clips/two.take1.mp4", "clips/three.take1.mp4", "anchors/one.png",
      "anchors/two.png", "master.mp4", "report.json", "contact-sheet.jpg", "run.log",
    ] {
      #expect(FileManager.default.fileExists(atPath: pipeline.path(name)), "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: pipeline.path("anchors/three.png")))
    let decoded = try MediaTool.decode(pipeline.path("master.mp4"))
    let joins = try #require(summary.master?.stitch.joins)
    #expect(joins.count == 2)
    #expect(decoded.frames == 3 * length - joins.reduce(0) { $0 + $1.overlap })
    #expect(decoded.errors.isEmpty)
    let report = try pipeline.report()
    #expect(report["schema"] == "longtake.report/1")
    #expect(report["simulated"] == true)
    #expect(report["master"]?["verification"]?["verdict"] == "pass")
    let shots = try #require(report["shots"]?.arrayValue)
    #expect(shots.map { $0["id"]?.stringValue } == ["one", "two", "three"])
    #expect(shots[1]["request"]?["start_image_url"]?.stringValue?.contains("/repos/sandbox/") == true)
    #expect(shots[0]["anchor"]?["detail"]?["index"]?.integerValue == Int64(length - 1))
    // Small stills of the anchors, for review pages.
    let anchors = shots.compactMap { $0["anchor"]?["file"]?["sha256"]?.stringValue.map { "\($0).jpg" } }
    let stills = try FileManager.default.contentsOfDirectory(atPath: pipeline.path("anchors/stills"))
    #expect(stills.sorted() == anchors.sorted() && anchors.count == 2)
    // A clip is compared with the frame that it was made from.
    let likeness = shots.map { shot in
      shot["takes"]?.arrayValue?.first?["verification"]?["findings"]?.arrayValue?
        .first { $0["check"] == "request.start_image" }?["status"]
    }
    #expect(likeness == [nil, "pass", "pass"])
  }

  @Test func makesOneMasterPerLanguageWithCaptions() async throws {
    let fixture = try SmallStoryboard(
      shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.",
      master: """
          captions: [{file: en.srt, language: eng}]
          languages: [{language: eng}, {language: deu, voice: de.wav, duck: 9}]
        """, seconds: 1)
    let pipeline = PipelineFixture(fixture)
    #expect(try pipeline.plan().problems.map(\.path) == ["master.captions[0].file", "master.languages[1].voice"])
    try fixture.folder.write("en.srt", "1\n00:00:00,200 --> 00:00:01,000\nA quay\n")
    _ = try fixture.folder.make("de.wav", "-f", "lavfi", "-t", "1", "-i", "sine=frequency=400:sample_rate=48000")
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood && summary.master?.languages?.map(\.file) == ["master.deu.mp4"])
    let paths = ["master.mp4", "master.deu.mp4"].map(pipeline.path)
    let packets = try paths.map { path in
      try MediaTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]).text
    }
    #expect(packets[0] == packets[1] && packets[0].count > 1000)
    let languages = try paths.map { path in
      try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]]).map {
        ($0["tags"] as? [String: Any])?["language"] as? String
      }
    }
    #expect(languages[0].contains("eng") && languages[1].contains("deu"))
    // Nothing is made again.
    _ = try await pipeline.storyboardRun().run()
    #expect(pipeline.events.contains { if case .masterKept = $0 { true } else { false } })
  }

  @Test func appliesLoudnessMusicAndProvenance() async throws {
    let fixture = try SmallStoryboard(
      shots: "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.",
      master: "  join: {loudness: -18, true_peak: -2}\n  music: {file: music.wav, level: -3, duck: 9, loop: true}\n")
    let pipeline = PipelineFixture(fixture)
    #expect(try pipeline.plan().problems.map(\.path) == ["master.music.file"])
    _ = try fixture.folder.make("music.wav", "-f", "lavfi", "-t", "2", "-i", "sine=frequency=400:sample_rate=48000")
    let summary = try await pipeline.storyboardRun(embedsPrompts: true, writesTimeline: true).run()
    #expect(summary.isGood)
    #expect(!pipeline.events.contains { if case .notice(let text) = $0 { text.contains("loudness") } else { false } })
    let audio = try #require(summary.master?.stitch.audio)
    #expect(abs(try #require(audio.loudness) + 18) <= 0.5)
    #expect(try #require(audio.truePeak) <= -2)
    #expect(audio.music?.duck == 9 && audio.music?.loops == true)
    let format = try #require(try MediaTool.ffprobe(pipeline.path("master.mp4"))?["format"] as? [String: Any])
    let tags = try #require(format["tags"] as? [String: String])
    #expect(tags["title"] == "Small video" && tags["longtake.model"] == SmallStoryboard.model)
    #expect(tags["longtake.shot.two.prompt"] == "A boat.")
    let digest = try await OutsideProgram.run(
      "python3",
      [
        "-c",
        "import hashlib; print(hashlib.sha256('\(SmallStoryboard.model)\\0A boat.\\0'.encode()).hexdigest(), end='')",
      ])
    #expect(tags["longtake.shot.two.prompt_sha256"] == digest.text)
    #expect(tags["longtake.prompt_sha256"]?.count == 64 && tags["creation_time"] != nil)
    #expect(FileManager.default.fileExists(atPath: pipeline.path("timeline.otio")))
    let before = try FileDate.of(pipeline.path("master.mp4"))
    _ = try await pipeline.storyboardRun(embedsPrompts: true, writesTimeline: true).run()
    #expect(try FileDate.of(pipeline.path("master.mp4")) == before)
    // Prompts that nobody asked for any more are not left in it.
    _ = try await pipeline.storyboardRun().run()
    let later = try #require(try MediaTool.ffprobe(pipeline.path("master.mp4"))?["format"] as? [String: Any])
    #expect((later["tags"] as? [String: String])?.keys.contains("longtake.shot.two.prompt") == false)
  }

  /// A change of these settings rewrites the master.
  @Test func appliesTrimsTransitionsAndColorMatching() async throws {
    let shots =
      "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat.\n    trim: {out: 2}\n"
      + "    transition: {kind: dissolve, duration: \"#10\"}"
    let fixture = try SmallStoryboard(shots: shots)
    let text = try String(contentsOfFile: fixture.storyboard, encoding: .utf8)
    try fixture.folder.write(
      "film.yaml", text + "\n  join:\n    match_color: ease\n    ease_frames: 8\n    overlap: 1\n")
    let pipeline = PipelineFixture(fixture)
    let first = try #require(try await pipeline.storyboardRun().run().master?.stitch)
    #expect(first.frames == 71 + 48 - 10)
    #expect(first.joins[0].transition == "dissolve" && first.joins[0].fadeFrames == 10)
    #expect(first.joins[0].colorMatch != nil && first.shots[1].keptTo == 48)
    #expect(try MediaTool.decode(pipeline.path("master.mp4")).frames == first.frames)
    try fixture.folder.write("film.yaml", text.replacing("#10", with: "#6"))
    pipeline.forget()
    let second = try #require(try await pipeline.storyboardRun().run().master?.stitch)
    #expect(pipeline.submissions.isEmpty)
    #expect(second.joins[0].fadeFrames == 6 && second.joins[0].colorMatch == nil)
  }

  @Test func keepsEverythingWhenRunAgain() async throws {
    let pipeline = try plain()
    _ = try await pipeline.storyboardRun().run()
    #expect(pipeline.submissions.count == 3)
    let before = try FileDate.of(pipeline.path("master.mp4"))
    pipeline.forget()
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood)
    #expect(pipeline.submissions.isEmpty)
    #expect(pipeline.steps(of: "two") == [.kept])
    #expect(try FileDate.of(pipeline.path("master.mp4")) == before)
  }

  @Test func regeneratesAnEditedShotAndItsDependents() async throws {
    let pipeline = try plain()
    _ = try await pipeline.storyboardRun().generate()
    pipeline.forget()
    try pipeline.fixture.rewrite(shots: SmallStoryboard.plainChain.replacing("A lighthouse.", with: "A tower."))
    _ = try await pipeline.storyboardRun().generate()
    #expect(pipeline.steps(of: "one") == [.kept])
    #expect(pipeline.steps(of: "two") == [.kept])
    #expect(pipeline.submissions.count == 1)
    #expect(FileManager.default.fileExists(atPath: pipeline.path("clips/three.take2.mp4")))
    #expect(FileManager.default.fileExists(atPath: pipeline.path("clips/three.take1.mp4")))
  }

  @Test func redoRegeneratesDependentsAndKeepsTakes() async throws {
    let pipeline = try plain()
    _ = try await pipeline.storyboardRun().generate()
    pipeline.forget()
    #expect(try pipeline.storyboardRun().redo(["two"]) == ["two", "three"])
    let summary = try await pipeline.storyboardRun().generate()
    #expect(summary.shots.map { $0.take?.take } == [1, 2, 2])
    #expect(pipeline.submissions.count == 2)
    #expect(FileManager.default.fileExists(atPath: pipeline.path("clips/two.take1.mp4")))
    #expect(throws: (any Error).self) { try pipeline.storyboardRun().redo(["four"]) }
  }

  @Test func downloadsAllTakesAndChoosesOne() async throws {
    let shots = "  - id: one\n    prompt: A quay.\n    takes: 2\n  - id: two\n    prompt: A boat."
    let pipeline = PipelineFixture(try SmallStoryboard(shots: shots, seconds: 1))
    let summary = try await pipeline.storyboardRun().generate()
    #expect(summary.shots.map { $0.take?.take } == [1, 1])
    #expect(pipeline.submissions.count == 3)
    let takes = try #require(try pipeline.report()["shots"]?.arrayValue?.first?["takes"]?.arrayValue)
    #expect(takes.map { $0["state"]?.stringValue } == ["verified", "verified"])
    #expect(takes.map { $0["chosen"]?.boolValue } == [true, false])
  }

  @Test(arguments: [true, false])
  func downloadsAnAlteredOrLostClipAgainWithoutPaying(_ isLost: Bool) async throws {
    let pipeline = try plain()
    _ = try await pipeline.storyboardRun().generate()
    let clip = pipeline.path("clips/two.take1.mp4")
    let good = try Data(contentsOf: URL(filePath: clip))
    if isLost {
      try FileManager.default.removeItem(atPath: clip)
    } else {
      try (good.dropLast(5) + Data(repeating: 7, count: 5)).write(to: URL(filePath: clip))
    }
    try FileManager.default.removeItem(atPath: pipeline.path("anchors/one.png"))
    pipeline.forget()
    let summary = try await pipeline.storyboardRun().generate()
    #expect(summary.isGood)
    #expect(pipeline.submissions.isEmpty)
    #expect(try Data(contentsOf: URL(filePath: clip)) == good)
    #expect(FileManager.default.fileExists(atPath: clip + ".altered") != isLost)
    #expect(FileManager.default.fileExists(atPath: pipeline.path("anchors/one.png")))
  }

  @Test func anchorsNothingOnAClipOfTheWrongSize() async throws {
    let pipeline = try plain()
    let summary = try await pipeline.storyboardRun(sizeDivisor: 2).run()
    #expect(!summary.isGood)
    #expect(summary.master == nil)
    #expect(summary.shots.map { $0.take == nil } == [true, true, true])
    #expect(summary.shots.map(\.blockedBy) == [nil, "one", "one"])
    let reason = summary.errors.map { "\($0)" }.joined()
    #expect(reason.contains("288x162"), "\(reason)")
    #expect(pipeline.submissions.count == 1)
    // It was paid for: running again does not pay again by itself.
    pipeline.forget()
    _ = try await pipeline.storyboardRun().run()
    #expect(pipeline.submissions.isEmpty)
  }

  @Test func removesTemporaryFilesOfAKilledRun() async throws {
    let pipeline = PipelineFixture(try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.", seconds: 1))
    try FileManager.default.createDirectory(atPath: pipeline.path("clips"), withIntermediateDirectories: true)
    for name in ["clips/one.take1.mp4.part", ".master.mp4.abc.part"] {
      try Data("half".utf8).write(to: URL(filePath: pipeline.path(name)))
    }
    _ = try await pipeline.storyboardRun().generate()
    #expect(try FileManager.default.contentsOfDirectory(atPath: pipeline.path("clips")) == ["one.take1.mp4"])
    #expect(!FileManager.default.fileExists(atPath: pipeline.path(".master.mp4.abc.part")))
    #expect(!FileManager.default.fileExists(atPath: pipeline.path("master.mp4")))
  }

  @Test func resumesACancelledRun() async throws {
    let pipeline = try plain()
    let run = try pipeline.storyboardRun()
    let task = Task { try await run.run() }
    while pipeline.submissions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood)
    #expect(pipeline.submissions.count == 3)
    #expect(summary.shots.map { $0.take?.take } == [1, 1, 1])
  }
}

enum FileDate {
  static func of(_ path: String) throws -> Date? {
    try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
  }
}
