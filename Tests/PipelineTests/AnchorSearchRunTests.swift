import Foundation
import Ledger
import Pipeline
import Presets
import Support
import Testing

/// A shot starts from the best of the last frames of the previous shot, and the frames after that one are dropped.
@Suite struct AnchorSearchRunTests {
  /// Frames of a clip.
  private static let length = 72
  /// The clip is black from here on.
  private static let blackFrom = 69

  private func shots(search: Int?) -> String {
    """
      - id: one
        prompt: A quay.
    \(search.map { "    anchor: {search: \($0)}" } ?? "    anchor: {search: 1}")
      - id: two
        prompt: A boat.
    """
  }

  /// A clip that ends in black.
  private func clip(_ fixture: SmallStoryboard) throws -> String {
    try fixture.folder.make(
      "black-end.mp4", "-f", "lavfi", "-i",
      "testsrc2=size=\(SmallStoryboard.width)x\(SmallStoryboard.height):rate=24:duration=3,drawbox=c=black:t=fill:enable='gte(n,\(Self.blackFrom))'",
      "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=3", "-c:v", "libx264", "-preset", "veryfast",
      "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart")
  }

  private func anchor(_ pipeline: PipelineFixture) throws -> JSONValue? {
    try pipeline.report()["shots"]?.arrayValue?[0]["anchor"]?["detail"]
  }

  private func kept(_ pipeline: PipelineFixture) throws -> [Int64?] {
    (try pipeline.report()["master"]?["stitch"]?["shots"]?.arrayValue ?? []).map { $0["frames_kept"]?.integerValue }
  }

  @Test func dropsTheTailAfterTheChosenFrame() async throws {
    let fixture = try SmallStoryboard(shots: shots(search: 12))
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try clip(fixture))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    #expect(try pipeline.plan().shots.map(\.anchorSearch) == [12, nil])
    let summary = try await pipeline.storyboardRun(hub: hub).run()
    #expect(summary.isGood)
    let detail = try #require(try anchor(pipeline))
    let index = try #require(detail["index"]?.integerValue)
    #expect((Int64(Self.length) - 12..<Int64(Self.blackFrom)).contains(index))
    #expect(detail["search"]?["asked"]?.integerValue == 12)
    #expect(detail["search"]?["dropped_after"]?.integerValue == Int64(Self.length) - 1 - index)
    #expect(detail["search"]?["reason"]?.stringValue?.contains("the last frame") == true)
    let overlap = try #require(
      try pipeline.report()["master"]?["stitch"]?["joins"]?.arrayValue?.first?["overlap"]?.integerValue)
    #expect(try kept(pipeline) == [index + 1 - overlap, Int64(Self.length)])
    let frames = try MediaTool.decode(pipeline.path("master.mp4")).frames
    #expect(frames == Int(index + 1 - overlap) + Self.length)
    #expect(try hub.requests("POST", "/api/ai/queue").count == 2)

    // Another setting regenerates the shots after it, not the shot itself.
    pipeline.forget()
    try fixture.rewrite(shots: shots(search: nil))
    #expect(try await pipeline.storyboardRun(hub: hub).run().shots.map { $0.take?.take } == [1, 2])
    #expect(pipeline.steps(of: "one").last == .kept)
    #expect(try hub.requests("POST", "/api/ai/queue").count == 3)
    #expect(try anchor(pipeline)?["index"]?.integerValue == Int64(Self.length) - 1)
    #expect(try anchor(pipeline)?["search"] == .null)
    #expect(try kept(pipeline) == [Int64(Self.length), Int64(Self.length)])
  }
}
