import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Storyboard
import Support
import Testing

/// Picking, redoing, keeping and retrying takes.
@Suite struct TakesTests {
  private let twoTakes = "  - id: one\n    prompt: A quay.\n    takes: 2\n  - id: two\n    prompt: A boat."
  private let single = "  - id: one\n    prompt: A quay."

  private func paid(_ hub: ScriptedHub) throws -> Int { try hub.requests("POST", "/api/ai/queue").count }

  private func ledger(_ pipeline: PipelineFixture) throws -> Ledger {
    try Ledger(readingWorkspace: pipeline.fixture.workspace)
  }

  @Test func pickingATakeRestoresItsDependents() async throws {
    let pipeline = PipelineFixture(try SmallStoryboard(shots: twoTakes, seconds: 1))
    _ = try await pipeline.storyboardRun().generate()
    let forward = try pipeline.storyboardRun().regeneration(picking: "one", take: 2)
    #expect(forward.shots == ["two"])
    #expect(forward.restored == [])
    try pipeline.storyboardRun().pick("one", take: 2)
    pipeline.forget()
    let second = try await pipeline.storyboardRun().generate()
    #expect(second.shots.map { $0.take?.take } == [2, 2])
    #expect(pipeline.submissions.count == 1)
    // The first take of "two" was made from the take of "one" that no longer counts.
    let error = #expect(throws: PipelineError.self) { try pipeline.storyboardRun().pick("two", take: 1) }
    #expect(error?.message.contains("one 1") == true, "\(error?.message ?? "")")
    let back = try pipeline.storyboardRun().regeneration(picking: "one", take: 1)
    #expect(back.shots == [])
    #expect(back.restored == ["two"])
    try pipeline.storyboardRun().pick("one", take: 1)
    pipeline.forget()
    let third = try await pipeline.storyboardRun().generate()
    #expect(third.shots.map { $0.take?.take } == [1, 1])
    #expect(pipeline.submissions.isEmpty)
    #expect(third.isGood)
    #expect(throws: PipelineError.self) { try pipeline.storyboardRun().pick("one", take: 3) }
    #expect(throws: StoryboardError.self) { try pipeline.storyboardRun().pick("nine", take: 1) }
  }

  @Test func picksASupersededTakeWithItsDependents() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    // Each clip has another last frame.
    let clips = try (0..<5).map { #""\#(try fixture.clip(seconds: 1, hue: $0 * 60))""# }.joined(separator: ", ")
    let hub = try await ScriptedHub.start(#"{"clip_files": [\#(clips)], "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    _ = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
    _ = try pipeline.storyboardRun(hub: hub).redo(["two"])
    let second = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
    #expect(second.shots.map { $0.take?.take } == [1, 2, 2])
    let renewal = try pipeline.storyboardRun(hub: hub).regeneration(picking: "two", take: 1)
    #expect(renewal.shots == [])
    #expect(renewal.restored == ["three"])
    try pipeline.storyboardRun(hub: hub).pick("two", take: 1)
    pipeline.forget()
    let third = try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate()
    #expect(third.shots.map { $0.take?.take } == [1, 1, 1])
    #expect(pipeline.submissions.isEmpty)
  }

  /// What a shot is made from is its request: the anchor's bytes and the parameters, whatever the shots are called.
  @Test func keepsTheTakesOfARenamedShot() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
    let renamed = SmallStoryboard.plainChain.replacing("id: one", with: "id: quay")
      .replacing("id: two", with: "id: boat")
    try fixture.rewrite(shots: renamed)
    let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate()
    #expect(summary.isGood && summary.shots.map(\.id) == ["quay", "boat", "three"])
    #expect(try paid(hub) == 3)
    try fixture.rewrite(shots: renamed.replacing("A quay.", with: "A pier."))
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
    #expect(try paid(hub) == 4, "the hub's clips are all the same, so the shots after it start from the same frame")
  }

  /// A lost request follows its shot: no other name makes it sent again.
  @Test func doesNotSendALostRequestUnderAnotherName() async throws {
    let fixture = try SmallStoryboard(shots: single, seconds: 1)
    let hub = try await ScriptedHub.start(
      #"{"faults": [{"method": "POST", "path": "/api/ai/queue", "action": "drop"}]}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    for name in ["one", "uno"] {
      try fixture.rewrite(shots: single.replacing("id: one", with: "id: \(name)"))
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .zero }.generate()
      #expect((summary.errors.first as? PipelineError)?.code == .uncertain)
      #expect(try paid(hub) == 1)
    }
  }

  @Test func keepsTheEarlierMasterWhenALaterRunFails() async throws {
    let fixture = try SmallStoryboard(shots: single, seconds: 1)
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05, "faults": [{"skip": 1, "method": "POST", "path": "/api/ai/queue", "action": "status", "status": 422, "body": {"error": {"title": "no"}}}]}"#
    )
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).run().isGood)
    let master = try pipeline.report()["master"]
    _ = try pipeline.storyboardRun(hub: hub).redo(["one"])
    #expect(try await !pipeline.storyboardRun(wait: .poll, hub: hub).run().isGood)
    #expect(try pipeline.report()["master"] == master && master?["file"] == "master.mp4")
    try pipeline.storyboardRun(hub: hub).pick("one", take: 1)
    pipeline.forget()
    #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).run().isGood)
    #expect(pipeline.events.contains { if case .masterKept = $0 { true } else { false } })
  }

  @Test func joinsTwoChainsThatMeet() async throws {
    let shots = """
        - id: one
          prompt: A quay.
        - id: two
          prompt: A boat.
          end: next
        - id: three
          start: none
          prompt: A lighthouse.
      """
    let pipeline = PipelineFixture(try SmallStoryboard(shots: shots, seconds: 1))
    let plan = try pipeline.plan()
    #expect(plan.shots[1].request?.parameters["tail_image_url"] == "opening:three")
    #expect(plan.shots[1].endsOn == "three")
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood)
    let sent = pipeline.events.compactMap { event -> String? in
      if case .shot(let id, _, .submitted) = event { id } else { nil }
    }
    #expect(sent.firstIndex(of: "two") == 2)
    #expect(FileManager.default.fileExists(atPath: pipeline.path("anchors/three.first.png")))
    let request = try pipeline.report()["shots"]?.arrayValue?[1]["request"]
    #expect(request?["tail_image_url"]?.stringValue?.contains("/repos/sandbox/") == true)
    #expect(try pipeline.storyboardRun().redo(["three"]) == ["two", "three"])
    pipeline.forget()
    _ = try await pipeline.storyboardRun().generate()
    #expect(pipeline.submissions.count == 2)
    #expect(pipeline.steps(of: "one") == [.kept])
  }

  @Test func keepsATakeUnderWayWhenItsShotIsRedone() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 1.5}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    let run = try pipeline.storyboardRun(wait: .poll, hub: hub)
    let task = Task { try await run.generate() }
    while pipeline.submissions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    _ = try? await task.value
    let renewal = try pipeline.storyboardRun(hub: hub).regeneration(redoing: ["one"])
    #expect(renewal.inFlight.map(\.remoteID) == ["gen-1"])
    #expect(renewal.cost == USD(parsing: "1.26"))
    _ = try pipeline.storyboardRun(hub: hub).redo(["one"])
    let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
    #expect(summary.shots.map { $0.take?.take } == [2])
    #expect(try paid(hub) == 2)
    let takes = try ledger(pipeline).generations()
    #expect(takes.map(\.state) == [.verified, .verified])
    #expect(takes.map(\.isSuperseded) == [true, false])
  }

  /// The first take never ends at the service.
  @Test func theMasterDoesNotWaitForATakeThatDoesNotCount() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let endless = #"{"generation_id": "gen-1", "status": "processing", "model_name": "\#(SmallStoryboard.model)"}"#
    let fault =
      #"{"method": "GET", "path": "/api/ai/queue/gen-1", "action": "status", "status": 200, "times": 9999, "body": \#(endless)}"#
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip())", "done_after": 0.2, "faults": [\#(fault)]}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    let run = try pipeline.storyboardRun(wait: .poll, hub: hub)
    let task = Task { try await run.generate() }
    while pipeline.submissions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    _ = try? await task.value
    _ = try pipeline.storyboardRun(hub: hub).redo(["one"])
    let start = ContinuousClock.now
    let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).run()
    // A wait for a generation ends after 60 s here.
    #expect(start.duration(to: .now) < .seconds(40))
    #expect(summary.isGood && summary.master != nil)
    #expect(try ledger(pipeline).generations().map(\.state.rawValue).last == "verified")
    #expect(try ["submitted", "processing"].contains(ledger(pipeline).generations()[0].state.rawValue))
    // The next run asks again.
    let asked = try hub.requests("GET", "/api/ai/queue/gen-1").count
    _ = try await pipeline.storyboardRun(wait: .poll, hub: hub).run()
    #expect(try hub.requests("GET", "/api/ai/queue/gen-1").count > asked)
  }

  @Test(arguments: [(0, 1), (2, 3)])
  func retriesARejectedClipOnlyWhenAllowed(_ retries: Int, paid: Int) async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let summary = try await PipelineFixture(fixture).storyboardRun(hub: hub, retries: retries).generate()
    #expect(!summary.isGood)
    #expect(try self.paid(hub) == paid)
  }

  @Test(arguments: [
    ("Getting model response error: 422 - Value error, duration is too long", 1), ("Insufficient credits", 1),
    ("The model could not finish this clip", 3),
  ])
  func retriesOnlyFailuresOfTheModel(_ message: String, paid: Int) async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(
      #"{"outcome": "failed", "error_message": "\#(message)", "done_after": 0.05}"#)
    defer { hub.stop() }
    let summary = try await PipelineFixture(fixture).storyboardRun(hub: hub, retries: 2).generate()
    #expect(!summary.isGood)
    #expect(try self.paid(hub) == paid)
  }

  @Test func keepsRetriesBelowTheLimit() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    let summary = try await pipeline.storyboardRun(hub: hub, maximumCost: USD(parsing: "3"), retries: 5).generate()
    #expect((summary.errors.first as? PipelineError)?.code == .overBudget)
    #expect(try paid(hub) == 2)
    // Also over runs.
    await #expect(throws: PipelineError.self) {
      _ = try await pipeline.storyboardRun(hub: hub, maximumCost: USD(parsing: "3"), retries: 5).generate()
    }
    #expect(try paid(hub) == 2)
  }
}
