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
    #expect((patch["audio_packets_kept_before"]?.integerValue ?? 0) > 0)

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

  @Test func refusesWhatHasNoNeighbours() async throws {
    let pipeline = PipelineFixture(try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1))
    #expect(try await pipeline.storyboardRun().generate().isGood)
    for (shot, why) in [("three", "no shot starts from"), ("one", "only with a start image")] {
      let error = #expect(throws: PipelineError.self) { try pipeline.storyboardRun().redoBetween(shot) }
      #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    }
  }
}
