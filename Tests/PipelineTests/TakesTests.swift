import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Storyboard
import Support
import Testing

/// Takes that are chosen, done again, kept and asked for again.
@Suite(.serialized) struct TakesTests {
  private let twoTakes = "  - id: one\n    prompt: A quay.\n    takes: 2\n  - id: two\n    prompt: A boat."
  private let single = "  - id: one\n    prompt: A quay."

  private func paid(_ hub: ScriptedHub) throws -> Int { try hub.requests("POST", "/api/ai/queue").count }

  private func ledger(_ stage: Stage) throws -> Ledger { try Ledger(readingWorkspace: stage.fixture.workspace) }

  @Test func goingBackToATakeBringsBackWhatWasMadeFromIt() async throws {
    let stage = Stage(try SmallStoryboard(shots: twoTakes))
    _ = try await stage.production().run()
    let forward = try stage.production().renewal(picking: "one", take: 2)
    #expect(forward.shots == ["two"])
    #expect(forward.regained == [])
    try stage.production().pick("one", take: 2)
    stage.forget()
    let second = try await stage.production().run()
    #expect(second.shots.map { $0.take?.take } == [2, 2])
    #expect(stage.submissions.count == 1)
    // The first take of "two" was made from the take of "one" that no longer counts.
    let error = #expect(throws: PipelineError.self) { try stage.production().pick("two", take: 1) }
    #expect(error?.message.contains("one 1") == true, "\(error?.message ?? "")")
    let back = try stage.production().renewal(picking: "one", take: 1)
    #expect(back.shots == [])
    #expect(back.regained == ["two"])
    try stage.production().pick("one", take: 1)
    stage.forget()
    let third = try await stage.production().run()
    #expect(third.shots.map { $0.take?.take } == [1, 1])
    #expect(stage.submissions.isEmpty)
    #expect(third.isGood)
    #expect(throws: PipelineError.self) { try stage.production().pick("one", take: 3) }
    #expect(throws: StoryboardError.self) { try stage.production().pick("nine", take: 1) }
  }

  @Test func whatWasRedoneCanBePickedAgainWithWhatHungOnIt() async throws {
    let stage = Stage(try SmallStoryboard())
    _ = try await stage.production().run()
    _ = try stage.production().redo(["two"])
    #expect(try await stage.production().run().shots.map { $0.take?.take } == [1, 2, 2])
    let renewal = try stage.production().renewal(picking: "two", take: 1)
    #expect(renewal.shots == [])
    #expect(renewal.regained == ["three"])
    try stage.production().pick("two", take: 1)
    stage.forget()
    #expect(try await stage.production().run().shots.map { $0.take?.take } == [1, 1, 1])
    #expect(stage.submissions.isEmpty)
  }

  @Test func twoChainsMeet() async throws {
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
    let stage = Stage(try SmallStoryboard(shots: shots))
    let plan = try stage.plan()
    #expect(plan.shots[1].request?.parameters["tail_image_url"] == "opening:three")
    #expect(plan.shots[1].endsOn == "three")
    let summary = try await stage.production().run()
    #expect(summary.isGood)
    let sent = stage.events.compactMap { event -> String? in
      if case .shot(let id, _, .submitted) = event { id } else { nil }
    }
    #expect(sent.firstIndex(of: "two") == 2)
    #expect(FileManager.default.fileExists(atPath: stage.path("anchors/three.first.png")))
    let request = try stage.report()["shots"]?.arrayValue?[1]["request"]
    #expect(request?["tail_image_url"]?.stringValue?.contains("/repos/sandbox/") == true)
    #expect(try stage.production().redo(["three"]) == ["two", "three"])
    stage.forget()
    _ = try await stage.production().generate()
    #expect(stage.submissions.count == 2)
    #expect(stage.steps(of: "one") == [.kept])
  }

  @Test func whatIsUnderWayWhenAShotIsRedoneIsKept() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 1.5}"#)
    defer { hub.stop() }
    let stage = Stage(fixture)
    let production = try stage.production(wait: .poll, hub: hub)
    let task = Task { try await production.run() }
    while stage.submissions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    _ = try? await task.value
    let renewal = try stage.production(hub: hub).renewal(redoing: ["one"])
    #expect(renewal.inFlight.map(\.remoteID) == ["gen-1"])
    #expect(renewal.cost == USD(parsing: "1.26"))
    _ = try stage.production(hub: hub).redo(["one"])
    let summary = try await stage.production(wait: .poll, hub: hub).run()
    #expect(summary.shots.map { $0.take?.take } == [2])
    #expect(try paid(hub) == 2)
    let takes = try ledger(stage).generations()
    #expect(takes.map(\.state) == [.verified, .verified])
    #expect(takes.map(\.isSuperseded) == [true, false])
  }

  @Test(arguments: [(0, 1), (2, 3)])
  func aBadClipIsAskedForAgainOnlyWhenToldTo(_ retries: Int, paid: Int) async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let summary = try await Stage(fixture).production(hub: hub, retries: retries).run()
    #expect(!summary.isGood)
    #expect(try self.paid(hub) == paid)
  }

  @Test(arguments: [
    ("Getting model response error: 422 - Value error, duration is too long", 1), ("Insufficient credits", 1),
    ("The model could not finish this clip", 3),
  ])
  func onlyWhatAnotherTakeMayNotHaveIsAskedForAgain(_ words: String, paid: Int) async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(
      #"{"outcome": "failed", "error_message": "\#(words)", "done_after": 0.05}"#)
    defer { hub.stop() }
    let summary = try await Stage(fixture).production(hub: hub, retries: 2).run()
    #expect(!summary.isGood)
    #expect(try self.paid(hub) == paid)
  }

  @Test func retriesStayBelowTheLimit() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let stage = Stage(fixture)
    let summary = try await stage.production(hub: hub, maximumCost: USD(parsing: "3"), retries: 5).run()
    #expect((summary.errors.first as? PipelineError)?.code == .overBudget)
    #expect(try paid(hub) == 2)
    // Also over runs.
    await #expect(throws: PipelineError.self) {
      _ = try await stage.production(hub: hub, maximumCost: USD(parsing: "3"), retries: 5).run()
    }
    #expect(try paid(hub) == 2)
  }
}
