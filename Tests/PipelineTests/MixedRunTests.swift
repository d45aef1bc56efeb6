import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Synchronization
import Testing

/// Storyboards whose shots go to several services, or have a verify preset of their own.
@Suite struct MixedRunTests {
  private static let shots = """
      - id: one
        prompt: A quay.
      - id: two
        provider: fal
        prompt: A boat.
      - id: three
        prompt: A lighthouse.
    """

  private func withBoth(
    fal script: String = "", _ body: (PipelineFixture, ScriptedHub, ScriptedFal) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: Self.shots, extra: "provider: oxen")
    let clip = try fixture.clip()
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(clip)", "done_after": 0.1}"#)
    defer { hub.stop() }
    let fal = try await ScriptedFal.start(#"{"clip_file": "\#(clip)", "done_after": 0.1\#(script)}"#)
    defer { fal.stop() }
    try await body(PipelineFixture(fixture), hub, fal)
  }

  private func paid(_ hub: ScriptedHub, _ fal: ScriptedFal) throws -> [Int] {
    [try hub.requests("POST", "/api/ai/queue").count, try fal.requests("POST", at: "queue").count]
  }

  @Test func sendsEachShotToItsOwnService() async throws {
    try await withBoth { (pipeline, hub, fal) async throws in
      let asked = Mutex<[SpendingQuestion]>([])
      let summary = try await pipeline.storyboardRun(
        hub: hub, fal: fal, asked: { question in asked.withLock { $0.append(question) } }
      ).run()
      #expect(summary.isGood, "\(summary.errors)")
      #expect(try paid(hub, fal) == [2, 1])
      let question = try #require(asked.withLock { $0.first })
      #expect(question.provider == "oxen, fal" && question.cost == USD(parsing: "3.78"))
      #expect(question.model == "\(SmallStoryboard.model), \(SmallStoryboard.falModel)")
      let takes = try Ledger(readingWorkspace: pipeline.path("")).generations().sorted { $0.shot < $1.shot }
      #expect(takes.map(\.provider) == ["oxen", "oxen", "fal"], "one, three, two")
      // Each anchor went where its reader is.
      #expect(try hub.requests("PUT", "/api/repos/tester/").count == 1 && fal.requests("PUT", at: "files").count == 1)
      #expect(try pipeline.report()["provider"] == "oxen, fal")

      let again = try await pipeline.storyboardRun(hub: hub, fal: fal).run()
      #expect(try again.isGood && paid(hub, fal) == [2, 1], "nothing is paid twice")
      let redo = try pipeline.storyboardRun(hub: hub, fal: fal).regeneration(redoing: ["two"])
      #expect(redo.shots == ["two", "three"] && redo.provider == "fal, oxen" && redo.isPaid)
    }
  }

  @Test func countsBothServicesAgainstTheLimit() async throws {
    try await withBoth { (pipeline, hub, fal) async throws in
      let run = try pipeline.storyboardRun(hub: hub, fal: fal, maximumCost: USD(parsing: "3.00"))
      await #expect(throws: PipelineError.self) { _ = try await run.generate() }
      #expect(try paid(hub, fal) == [0, 0])
    }
  }

  @Test func findsALostRequestAtTheServiceThatGotIt() async throws {
    let fault = #", "history_page": 1, "faults": [{"port": "queue", "method": "POST", "action": "accept_and_drop"}]"#
    try await withBoth(fal: fault) { (pipeline, hub, fal) async throws in
      let summary = try await pipeline.storyboardRun(hub: hub, fal: fal).generate()
      #expect(summary.isGood, "\(summary.errors)")
      #expect(try paid(hub, fal) == [2, 1])
    }
  }

  @Test func refusesOneAddressForTwoServices() async throws {
    try await withBoth { (pipeline, hub, fal) async throws in
      let run = try pipeline.storyboardRun(hub: hub, fal: fal) { $0.provider.baseURL = hub.baseURL }
      let error = await #expect(throws: PipelineError.self) { _ = try await run.generate() }
      #expect(error?.message.contains("OXEN_BASE_URL") == true && error?.message.contains("FAL_QUEUE_RUN_HOST") == true)
      #expect(try paid(hub, fal) == [0, 0])
    }
  }

  /// What a preset wants beyond what was asked for is checked when the clip arrives.
  @Test func verifiesAClipAgainstTheShotsOwnPreset() async throws {
    let shots = """
        - id: one
          prompt: A quay.
        - id: two
          start: none
          prompt: A boat.
          verify: strict
      """
    let fixture = try SmallStoryboard(shots: shots)
    try fixture.folder.write(
      "presets/verify/strict.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "strict", "title": "Strict", "source": "made up",
       "rules": {"video.frame_rate": {"is": "30/1"}, "container.opens": {"is": false}}}
      """)
    let pipeline = PipelineFixture(fixture)
    let summary = try await pipeline.storyboardRun().generate()
    #expect(summary.shots.map { $0.take != nil } == [true, false])
    let error = "\(summary.errors)"
    #expect(error.contains("frame rate") && error.contains("30"), "\(error)")
    #expect(!error.contains("opens"), "that a clip can be opened stays a rule")
  }
}
