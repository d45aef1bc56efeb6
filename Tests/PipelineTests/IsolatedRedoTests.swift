import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Testing

/// `redo --between`: one shot is made again, and everything after it stays.
@Suite(.media) struct IsolatedRedoTests {
  /// Digests of a file's video packets, by ffprobe, in decoding order.
  private func packets(_ path: String) throws -> [String] {
    try MediaTool.run(
      "ffprobe",
      [
        "-v", "error", "-select_streams", "v:0", "-show_packets", "-show_data_hash", "sha256", "-show_entries",
        "packet=data_hash", "-of", "csv=p=0", path,
      ]
    ).text.split(separator: "\n").map(String.init)
  }

  @Test func regeneratesOneShotAndPatchesTheMaster() async throws {
    let pipeline = PipelineFixture(try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1))
    #expect(try await pipeline.storyboardRun().run().isGood)
    let before = try packets(pipeline.path("master.mp4"))
    let redo = try pipeline.storyboardRun().isolatedRedo(of: "two")
    #expect(redo.previous == "one" && redo.next == "three")
    try pipeline.storyboardRun().redoBetween("two")
    pipeline.forget()
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood, "\(summary.errors)")
    #expect(pipeline.submissions.count == 1)
    #expect(summary.shots.map { $0.take?.take } == [1, 2, 1])
    #expect(pipeline.steps(of: "three") == [.kept])
    let ledger = try Ledger(readingWorkspace: pipeline.path(""))
    let take = try #require(try ledger.generations(shot: "two").last)
    #expect(take.parameters.contains("tail_image_url") && take.parameters.contains("start_image_url"))

    let master = try #require(try pipeline.report()["master"])
    let patch = try #require(master["patch"])
    let shots = try #require(master["stitch"]?["shots"]?.arrayValue)
    func frames(_ shot: Int, _ name: String) -> Int { Int(shots[shot][name]?.integerValue ?? 0) }
    #expect(patch["passed"] == true && patch["shots"] == ["two"], "\(patch.canonicalJSON)")
    let after = try packets(pipeline.path("master.mp4"))
    // Only the shot itself and the re-encoded end of the one before may differ.
    let start = frames(0, "frames_kept") - frames(0, "frames_encoded")
    let rest = frames(2, "frames_kept")
    #expect(Array(after.prefix(start)) == Array(before.prefix(start)))
    #expect(Array(after.suffix(rest)) == Array(before.suffix(rest)))
    #expect(after != before)
    #expect(patch["packets"]?.integerValue == Int64(after.count))
    #expect((patch["packets_kept_before"]?.integerValue ?? 0) >= Int64(start))
    #expect((patch["packets_kept_after"]?.integerValue ?? 0) >= Int64(rest))
    let audio = ["audio_packets_kept_before", "audio_packets_reencoded", "audio_packets_kept_after"].map {
      patch[$0]?.integerValue ?? 0
    }
    #expect(audio[0] > 0 && audio[1] > 0 && audio.reduce(0, +) == patch["audio_packets"]?.integerValue)

    // Going back to the first take undoes it, and costs nothing.
    #expect(try pipeline.storyboardRun().regeneration(picking: "two", take: 1).shots.isEmpty)
    try pipeline.storyboardRun().pick("two", take: 1)
    pipeline.forget()
    #expect(try await pipeline.storyboardRun().run().isGood)
    #expect(pipeline.submissions.isEmpty)
    #expect(try packets(pipeline.path("master.mp4")) == before)
  }

  @Test func asksOnlyForTheShotItself() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
    let run = try pipeline.storyboardRun(wait: .poll, hub: hub)
    #expect(try run.isolatedRedo(of: "two").cost == USD(parsing: "0.42"))
    #expect(try run.regeneration(redoing: ["two"]).cost == USD(parsing: "0.84"))
    try run.redoBetween("two")
    let agreed = try await pipeline.storyboardRun(
      wait: .poll, hub: hub, asked: { #expect($0.shots == ["two"] && $0.cost == USD(parsing: "0.42")) }
    ).generate()
    #expect(agreed.isGood)
    #expect(try hub.requests("POST", "/api/ai/queue").count == 4)
    #expect(try hub.requests("POST", "/api/ai/queue").last?.body.contains("tail_image_url") == true)
    // A plain redo ends it: what follows is made from the new take again.
    _ = try pipeline.storyboardRun(wait: .poll, hub: hub).redo(["two"])
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
    #expect(try hub.requests("POST", "/api/ai/queue").count >= 5)
    #expect(try hub.requests("POST", "/api/ai/queue")[4].body.contains("tail_image_url") == false)
  }

  /// Redone one after the other: each from what is in the master then, and each patch leaves the other alone.
  @Test func regeneratesTwoShotsOneAfterTheOther() async throws {
    let shots = SmallStoryboard.plainChain + "\n  - id: four\n    prompt: A gull."
    let fixture = try SmallStoryboard(shots: shots, seconds: 1)
    try await withHub(fixture, hues: [0, 60, 120, 180, 240, 300]) { (pipeline, hub, run) async throws in
      #expect(try await run().isGood)
      let ledger = try Ledger(readingWorkspace: pipeline.path(""))
      for (shot, takes) in [("two", [1, 2, 1, 1]), ("three", [1, 2, 2, 1])] {
        let before = try packets(pipeline.path("master.mp4"))
        try pipeline.storyboardRun(wait: .poll, hub: hub).redoBetween(shot)
        let summary = try await run()
        #expect(summary.isGood && summary.shots.map { $0.take?.take } == takes, "\(summary.errors)")
        let master = try #require(try pipeline.report()["master"])
        #expect(master["patch"]?["passed"] == true && master["patch"]?["shots"] == [.string(shot)])
        try expectPatch(of: shot, from: before, to: packets(pipeline.path("master.mp4")), master)
      }
      // The second one starts on the last frame of the first one's new clip.
      let new = try #require(try ledger.generations(shot: "two").last)
      let start = try #require(try ledger.anchor(of: new.number, .last))
      let third = try #require(try ledger.generations(shot: "three").last)
      #expect(third.parameters.contains(start.file.sha256), "\(third.parameters)")
      // Again, and nothing else is made.
      #expect(try await run().isGood)
      #expect(try hub.requests("POST", "/api/ai/queue").count == 6)
    }
  }

  /// Both at once: what is between them, and after them, is compared too.
  @Test func regeneratesTwoShotsAtOnce() async throws {
    let shots = SmallStoryboard.plainChain + "\n  - id: four\n    prompt: A gull.\n  - id: five\n    prompt: A sail."
    let fixture = try SmallStoryboard(shots: shots, seconds: 1)
    try await withHub(fixture, hues: [0, 50, 100, 150, 200, 250, 300]) { (pipeline, hub, run) async throws in
      #expect(try await run().isGood)
      for shot in ["two", "four"] { try pipeline.storyboardRun(wait: .poll, hub: hub).redoBetween(shot) }
      #expect(try await run().isGood)
      let patch = try #require(try pipeline.report()["master"]?["patch"])
      #expect(patch["passed"] == true && patch["shots"] == ["two", "four"], "\(patch.canonicalJSON)")
      #expect((patch["packets_kept_between"]?.integerValue ?? 0) > 0)
    }
  }

  /// A new take with the bytes of the one before leaves the master as it is; the next redo is patched as ever.
  @Test func regeneratesAShotAgainWhoseNewClipHasTheSameBytes() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    try await withHub(fixture, hues: [0, 0, 0, 0, 120]) { (pipeline, hub, run) async throws in
      #expect(try await run().isGood)
      let before = try packets(pipeline.path("master.mp4"))
      try pipeline.storyboardRun(wait: .poll, hub: hub).redoBetween("two")
      let same = try await run()
      #expect(same.isGood && same.shots.map { $0.take?.take } == [1, 2, 1], "\(same.errors)")
      #expect(try packets(pipeline.path("master.mp4")) == before)
      try pipeline.storyboardRun(wait: .poll, hub: hub).redoBetween("two")
      let other = try await run()
      #expect(other.isGood && other.shots.map { $0.take?.take } == [1, 3, 1], "\(other.errors)")
      #expect(try hub.requests("POST", "/api/ai/queue").count == 5)
      let master = try #require(try pipeline.report()["master"])
      #expect(master["patch"]?["passed"] == true && master["patch"]?["shots"] == ["two"])
      try expectPatch(of: "two", from: before, to: packets(pipeline.path("master.mp4")), master)
    }
  }

  /// The first shot of a chain has only a shot after it.
  @Test func regeneratesTheFirstShotOfAChain() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    let model = fixture.presets + "/models/\(SmallStoryboard.model).json"
    try String(contentsOfFile: model, encoding: .utf8).replacing(#", "requires": ["start_image"]"#, with: "")
      .write(toFile: model, atomically: true, encoding: .utf8)
    try await withHub(fixture, hues: [0, 0, 0, 120]) { (pipeline, hub, run) async throws in
      #expect(try await run().isGood)
      let before = try packets(pipeline.path("master.mp4"))
      let redo = try pipeline.storyboardRun(wait: .poll, hub: hub).isolatedRedo(of: "one")
      #expect(redo.previous == nil && redo.next == "two")
      try pipeline.storyboardRun(wait: .poll, hub: hub).redoBetween("one")
      let summary = try await run()
      #expect(summary.isGood && summary.shots.map { $0.take?.take } == [2, 1, 1], "\(summary.errors)")
      let body = try #require(try hub.requests("POST", "/api/ai/queue").last?.body)
      #expect(body.contains("tail_image_url") && !body.contains("start_image_url"))
      let master = try #require(try pipeline.report()["master"])
      #expect(master["patch"]?["passed"] == true && master["patch"]?["packets_kept_before"] == 0)
      try expectPatch(of: "one", from: before, to: packets(pipeline.path("master.mp4")), master)
    }
  }

  /// - Parameter hues: of the clips that the hub delivers, in order.
  private func withHub(
    _ fixture: SmallStoryboard, hues: [Int],
    _ body: (PipelineFixture, ScriptedHub, () async throws -> RunSummary) async throws -> Void
  ) async throws {
    let files = try hues.map { "\"\(try fixture.clip(seconds: 1, hue: $0))\"" }.joined(separator: ", ")
    let hub = try await ScriptedHub.start(#"{"clip_files": [\#(files)], "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    try await body(pipeline, hub) { try await pipeline.storyboardRun(wait: .poll, hub: hub).run() }
  }

  /// Only a shot itself and the re-encoded end of the one before may differ between two masters.
  private func expectPatch(
    of shot: String, from before: [String], to after: [String], _ master: JSONValue,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let shots = try #require(master["stitch"]?["shots"]?.arrayValue)
    let index = try #require(shots.firstIndex { $0["title"]?.stringValue == shot })
    func frames(_ shots: some Sequence<JSONValue>, _ name: String) -> Int {
      shots.reduce(0) { $0 + Int($1[name]?.integerValue ?? 0) }
    }
    let start = frames(shots[..<index], "frames_kept") - frames(shots[..<index].suffix(1), "frames_encoded")
    let rest = frames(shots[(index + 1)...], "frames_kept")
    #expect(Array(after.prefix(start)) == Array(before.prefix(start)), sourceLocation: sourceLocation)
    #expect(Array(after.suffix(rest)) == Array(before.suffix(rest)), sourceLocation: sourceLocation)
    #expect(after != before, sourceLocation: sourceLocation)
  }

  @Test func refusesWhatHasNoNeighbours() async throws {
    let pipeline = PipelineFixture(try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1))
    #expect(try await pipeline.storyboardRun().generate().isGood)
    for (shot, why) in [("three", "no shot starts from"), ("one", "only with a start image")] {
      let error = #expect(throws: PipelineError.self) { try pipeline.storyboardRun().redoBetween(shot) }
      #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    }
  }
}
