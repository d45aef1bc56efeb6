import Foundation
import Generation
import Pipeline
import Presets
import Support
import Testing

/// What would fail after the clips are paid for is refused before.
@Suite struct PreflightTests {
  private func withHub(
    master: String = "", _ body: (PipelineFixture, ScriptedHub) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.", master: master, seconds: 1)
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    try await body(PipelineFixture(fixture), hub)
  }

  @Test func sendsNothingThatTheDiskCannotHold() async throws {
    try await withHub { (pipeline, hub) async throws in
      let file = pipeline.fixture.presets + "/models/\(SmallStoryboard.model).json"
      let descriptor = try String(contentsOfFile: file, encoding: .utf8)
      let end = #""default_aspect_ratio": "16:9""#
      // 10 TB/s.
      try descriptor.replacing(end, with: end + #", "bit_rate": 80000000000000"#)
        .write(toFile: file, atomically: true, encoding: .utf8)
      let error = await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(wait: .poll, hub: hub).run()
      }
      #expect(error?.code == .inputOutput && error?.message.contains("MiB") == true, "\(error?.message ?? "")")
      #expect(try hub.requests("POST", "/api/ai/queue").isEmpty)
    }
  }

  @Test func sendsNothingForMusicThatCannotBeDecoded() async throws {
    let music = try ScratchFolder()
    let whole = try music.make("whole.wav", "-f", "lavfi", "-i", "sine=duration=4")
    let bytes = try Data(contentsOf: URL(filePath: whole))
    let cut = try music.write("cut.wav", bytes.prefix(bytes.count / 2))
    for (file, isUsable) in [(whole, true), (cut, false)] {
      try await withHub(master: "  music: {file: \"\(file)\"}") { (pipeline, hub) async throws in
        let plan = try pipeline.plan(provider: "oxen")
        #expect(plan.problems.map(\.path) == (isUsable ? [] : ["master.music.file"]), "\(plan.problems)")
      }
    }
  }
}
