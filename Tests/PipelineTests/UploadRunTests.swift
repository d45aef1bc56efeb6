import Foundation
import Generation
import Ledger
import Pipeline
import Support
import Testing

/// Anchors that a model can read, also when the run that uploaded them was long ago.
@Suite struct UploadRunTests {
  private static let pair = "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat."

  private func withHub(
    _ script: String = "", _ body: (PipelineFixture, ScriptedHub) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05\#(script)}"#)
    defer { hub.stop() }
    try await body(PipelineFixture(fixture), hub)
  }

  private func sqlite(_ pipeline: PipelineFixture, _ sql: String) async throws {
    let result = try await OutsideProgram.run(
      "python3",
      [
        "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()",
        pipeline.path(Ledger.fileName), sql,
      ])
    #expect(result.status == 0, "\(result.text)")
  }

  private func uploads(_ hub: ScriptedHub) throws -> Int { try hub.requests("PUT", "/api/repos/").count }
  private func reads(_ hub: ScriptedHub) throws -> Int { try hub.requests("GET", "/api/repos/").count }

  @Test func sendsNothingThatOnlyTheKeyCanRead() async throws {
    try await withHub(#", "private_repository": true"#) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect(summary.errors.contains { "\($0)".contains("only with your key") }, "\(summary.errors)")
      #expect(try hub.requests("POST", "/api/ai/queue").count == 1, "only the shot without an image")
    }
  }

  @Test func testsAnAddressAgainAfterAnHour() async throws {
    try await withHub { (pipeline, hub) async throws in
      let redo = {
        _ = try pipeline.storyboardRun(wait: .poll, hub: hub).redo(["two"])
        #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      }
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      let first = try reads(hub)
      try await redo()
      #expect(try uploads(hub) == 1 && reads(hub) == first, "it is known to be readable")
      try await sqlite(pipeline, "UPDATE uploads SET created_at = created_at - 3700")
      try await redo()
      #expect(try uploads(hub) == 1 && reads(hub) == first + 1)
      let read = try #require(try hub.requests("GET", "/api/repos/").last)
      #expect(read.headers["authorization"] == nil)
      try await redo()
      #expect(try reads(hub) == first + 1, "the test counts for another hour")
    }
  }

  @Test func uploadsAgainWhatIsAboutToExpire() async throws {
    try await withHub { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      let end = Int(Date.now.timeIntervalSince1970) + 30
      try await sqlite(pipeline, "UPDATE uploads SET address = address || '?Expires=\(end)&Signature=x'")
      _ = try pipeline.storyboardRun(wait: .poll, hub: hub).redo(["two"])
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      #expect(try uploads(hub) == 2)
      #expect(try hub.requests("POST", "/api/ai/queue").last?.body.contains("Expires=") == false)
    }
  }

  @Test(arguments: ["", "?Expires=1000&Signature=x"]) func uploadsAgainWhatDied(_ signature: String) async throws {
    try await withHub { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      let age = signature.isEmpty ? ", created_at = created_at - 3700" : ""
      try await sqlite(
        pipeline, "UPDATE uploads SET address = replace(address, 'anchors/', 'gone/') || '\(signature)'\(age)")
      _ = try pipeline.storyboardRun(wait: .poll, hub: hub).redo(["two"])
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      #expect(try uploads(hub) == 2)
      let sent = try #require(try hub.requests("POST", "/api/ai/queue").last?.body)
      #expect(!sent.contains("gone") && sent.contains("anchors"), "\(sent)")
      #expect(pipeline.notices.contains { $0.contains("uploaded again") })
    }
  }
}
