import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Synchronization
import Testing

/// Runs against a paid hub that loses answers and is slow, sparing or wrong in what it lists; its seconds are hundredths.
@Suite struct LostAnswerTests {
  private static let single = "  - id: one\n    prompt: A quay."
  private static let lost = #"{"method": "POST", "path": "/api/ai", "action": "accept_and_drop"}"#
  private static let dropped = #"{"method": "POST", "path": "/api/ai", "action": "drop"}"#

  private func withHub(
    _ script: String, faults: String = lost, shots: String = single,
    _ body: (PipelineFixture, ScriptedHub) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: shots, seconds: 1)
    let more = script.isEmpty ? "" : ", " + script
    let hub = try await ScriptedHub.startUnfriendly(
      #"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.1, "faults": [\#(faults)]\#(more)}"#)
    defer { hub.stop() }
    try await body(PipelineFixture(fixture), hub)
  }

  private func sent(_ hub: ScriptedHub) throws -> Int {
    try hub.requests("POST", "/api/ai/queue").count + hub.requests("POST", "/api/ai/videos").count
  }

  /// 20 s and 90 s until the list shows it; the clock runs 100 times faster.
  @Test(arguments: [
    #""list_lag": 0.2"#, #""list_lag": 0.9"#, #""rows": "bare""#, #""rows": "prompt", "job": "prompt""#,
    #""decoys": 5, "page_size": 2"#, #""decoys": 5, "page_size": 2, "paging": "link", "count": "none""#,
    #""status": "preparing""#, #""duplicates": true, "shuffled": true, "decoys": 3"#, #""clock_skew": -250"#,
  ])
  func adoptsALostRequestInsteadOfSendingItAgain(_ script: String) async throws {
    try await withHub(script) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect(summary.isGood, "\(summary.errors)")
      #expect(try sent(hub) == 1)
      #expect("\(summary.spending.paid) \(summary.spending.uncertain)" == "$0.42 $0.00")
    }
  }

  @Test(arguments: [WaitMode.sse, .sync]) func adoptsInEveryWaitMode(_ wait: WaitMode) async throws {
    try await withHub(#""list_lag": 0.3, "events": "never""#) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: wait, hub: hub).generate()
      #expect(summary.isGood, "\(summary.errors)")
      #expect(try sent(hub) == 1)
    }
  }

  /// A gateway answers 504, and the service after it accepts 2 s later.
  @Test func adoptsARequestThatAGatewayGoesOnWith() async throws {
    let late = #"{"method": "POST", "path": "/api/ai", "action": "late", "status": 504, "seconds": 0.02}"#
    try await withHub(#""list_lag": 0.3"#, faults: late) { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      #expect(try sent(hub) == 1)
    }
  }

  @Test(arguments: [WaitMode.poll, .sync]) func neverSendsAgainByItself(_ wait: WaitMode) async throws {
    let shots = "\(Self.single)\n  - id: two\n    start: none\n    prompt: A boat."
    try await withHub("", faults: Self.dropped, shots: shots) { (pipeline, hub) async throws in
      // One at a time, so that the first request is the lost one.
      for _ in 0..<2 {
        let summary = try await pipeline.storyboardRun(wait: wait, hub: hub, change: { $0.jobs = 1 }).generate()
        #expect(summary.shots.map { $0.take != nil } == [false, true], "the other chain goes on")
        let error = try #require(summary.errors.first as? PipelineError)
        #expect(error.code == .uncertain)
        #expect(error.message.contains("$0.42") && error.message.contains("--shot one --accept-double-payment"))
        #expect(error.message.contains("Run again later"))
        #expect(try sent(hub) == 2)
        #expect("\(summary.spending.paid) \(summary.spending.uncertain)" == "$0.42 $0.42")
        #expect(try pipeline.report()["uncertain_usd"]?.doubleValue == 0.42)
      }
      // It counts for the limit.
      let changed = try pipeline.storyboardRun(wait: wait, hub: hub)
      let refused = #expect(throws: PipelineError.self) { try changed.redo(["one"]) }
      #expect(refused?.code == .uncertain)
      _ = try changed.redo(["one"], acceptingDoublePayment: true)
      let limited = await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(wait: wait, hub: hub, maximumCost: USD(parsing: "1.25")).generate()
      }
      #expect(limited?.code == .overBudget)
      let last = try await pipeline.storyboardRun(wait: wait, hub: hub).generate()
      #expect(last.isGood)
      #expect(try sent(hub) == 3)
      #expect("\(last.spending.paid) \(last.spending.uncertain)" == "$0.84 $0.42")
    }
  }

  /// Found by a later run, which needs no consent for what is paid already.
  @Test func looksAgainInTheNextRun() async throws {
    try await withHub(#""list_asks": 40"#) { (pipeline, hub) async throws in
      let first = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .seconds(20) }
        .generate()
      #expect((first.errors.first as? PipelineError)?.code == .uncertain)
      let ledger = try Ledger(readingWorkspace: pipeline.fixture.workspace)
      #expect(try ledger.generations().map(\.state) == [.uncertain])
      while try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate().isGood == false {
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(try sent(hub) == 1)
      let spending = try ledger.spending()
      #expect("\(spending.paid) \(spending.uncertain)" == "$0.42 $0.00")
    }
  }

  /// Two generations may be the lost one: neither is taken.
  @Test func takesNoneOfSeveralCandidates() async throws {
    let twin =
      #""decoys": 2, "twins": true, "decoy": {"model": "\#(SmallStoryboard.model)", "prompt": "A quay.", "duration": 1, "generate_audio": true}"#
    try await withHub(twin, faults: Self.dropped) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .seconds(10) }
        .generate()
      #expect((summary.errors.first as? PipelineError)?.code == .uncertain)
      #expect("\(summary.errors)".contains("oxen lists 2 generations with its parameters"))
      #expect(try sent(hub) == 1)
    }
  }

  /// A stop reports what is known, and both ways out.
  @Test(arguments: [
    (#""status": 403, "body": {"error": {"message": "this key may not list"}}"#, "this key may not list"),
    (#""status": 404, "body": {"error": {"title": "no such page"}}"#, "no such page"),
    (#""status": 500, "body": {"error": {"message": "broken"}}"#, "broken"),
    (#""status": 200, "body": "<html><title>Maintenance</title></html>""#, "unknown form"),
  ])
  func reportsAListThatCannotBeRead(_ answer: String, _ reason: String) async throws {
    let fault = #"{"method": "GET", "path": "/api/ai/queue$", "action": "status", "times": 999, \#(answer)}"#
    try await withHub("", faults: "\(Self.lost), \(fault)") { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .seconds(5) }
        .generate()
      let error = try #require(summary.errors.first as? PipelineError)
      #expect(error.code == .uncertain && error.message.contains(reason), "\(error.message)")
      #expect(error.message.contains("its list cannot be read") && !error.message.contains("does not list it"))
      #expect(error.message.contains("$0.42") && error.message.contains("Run again later"))
      #expect(error.message.contains("--shot one --accept-double-payment"))
      #expect(summary.spending.uncertain == USD(parsing: "0.42"))
      #expect(try sent(hub) == 1)
    }
  }

  @Test(arguments: [
    (#""decoys": 9, "page_size": 2, "paging": "none", "list_lag": 0.5"#, "does not give its whole list"),
    (#""rows": "bare", "job": "bare""#, "lists 1 generation that may be it"),
  ])
  func reportsAListThatDoesNotTell(_ script: String, _ text: String) async throws {
    try await withHub(script) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .seconds(5) }
        .generate()
      #expect("\(summary.errors)".contains(text), "\(summary.errors)")
      #expect(try sent(hub) == 1)
    }
  }

  /// Two requests with one prompt are lost, one of which the hub has accepted, and it repeats prompts only: it may be either.
  @Test func adoptsNothingThatMayBeAnotherLostRequest() async throws {
    let shots = "\(Self.single)\n  - id: two\n    start: none\n    prompt: A quay.\n    duration: 2"
    try await withHub(
      #""rows": "prompt", "job": "prompt""#, faults: "\(Self.dropped), \(Self.lost)", shots: shots
    ) { (pipeline, hub) async throws in
      for _ in 0..<2 {
        let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { options in
          options.lostAnswerWait = .seconds(5)
          options.jobs = 1
        }.generate()
        #expect(summary.errors.count == 2)
      }
      #expect(try Ledger(readingWorkspace: pipeline.fixture.workspace).generations().allSatisfy { $0.remoteID == nil })
      #expect(try sent(hub) == 2)
    }
  }

  /// Equal requests of two shots are lost: each shot gets one of the two generations.
  @Test func adoptsEqualRequestsOfTwoShots() async throws {
    let shots = "\(Self.single)\n  - id: two\n    start: none\n    prompt: A quay."
    try await withHub("", faults: Self.lost + ", " + Self.lost, shots: shots) { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      #expect(try sent(hub) == 2)
      let ids = try Ledger(readingWorkspace: pipeline.fixture.workspace).generations().map(\.remoteID)
      #expect(Set(ids) == ["gen-1", "gen-2"])
    }
  }

  /// The hub accepts one of two takes: the shot goes on with it, and the other stays uncertain.
  @Test func goesOnWithTheTakesThatWereFound() async throws {
    let first =
      #"{"generation_id": "gen-1", "status": "queued", "model_name": "\#(SmallStoryboard.model)", "prompt": "A quay.", "duration": 1, "generate_audio": true}"#
    let list =
      #"{"method": "GET", "path": "/api/ai/queue$", "action": "status", "status": 200, "times": 999, "body": {"generations": [\#(first)]}}"#
    try await withHub("", faults: "\(Self.lost), \(list)", shots: "\(Self.single)\n    takes: 2") {
      (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub) { $0.lostAnswerWait = .seconds(10) }
        .generate()
      #expect(summary.isGood, "\(summary.errors)")
      #expect("\(summary.spending.paid) \(summary.spending.uncertain)" == "$0.42 $0.42")
      #expect(try sent(hub) == 1)
    }
  }

  @Test func countsAGenerationCancelledAfterItBeganAsUncertain() async throws {
    let cancelled = #"{"generation_id": "gen-1", "status": "cancelled", "enqueued_at": 1, "started_at": STARTED}"#
    for (started, uncertain) in [("2", "$0.42"), ("null", "$0.00")] {
      let body = cancelled.replacing("STARTED", with: started)
      let fault =
        #"{"method": "GET", "path": "/api/ai/queue/", "action": "status", "status": 200, "times": 99, "body": \#(body)}"#
      try await withHub("", faults: fault) { (pipeline, hub) async throws in
        let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
        #expect((summary.errors.first as? GenerationError)?.code == .cancelled)
        #expect("\(summary.spending.paid) \(summary.spending.uncertain)" == "$0.00 \(uncertain)")
      }
    }
  }

  // MARK: - Consent

  /// What a shot in progress may cost by `--retries` is asked for, too, and nothing is sent that nobody was asked about.
  @Test func neverRetriesUnasked() async throws {
    let shots = Self.single
    try await withHub(#""outcome": "failed", "error_message": "it broke", "done_after": 0.5"#, faults: "", shots: shots)
    {
      (pipeline, hub) async throws in
      let run = try pipeline.storyboardRun(wait: .poll, hub: hub)
      let task = Task { try await run.generate() }
      while pipeline.submissions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      task.cancel()
      _ = try? await task.value
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false, retries: 1).generate()
      #expect((summary.errors.first as? PipelineError)?.code == .needsConsent)
      #expect(try sent(hub) == 1)
    }
  }

  @Test func asksOnceForTheSameMoney() async throws {
    try await withHub("", faults: "") { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      _ = try pipeline.storyboardRun(hub: hub).redo(["one"], agreed: true)
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate().isGood)
      #expect(try sent(hub) == 2)
      _ = try pipeline.storyboardRun(hub: hub).redo(["one"])
      await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate()
      }
      // Dearer than what was agreed to.
      _ = try pipeline.storyboardRun(hub: hub).redo(["one"], agreed: true)
      try pipeline.fixture.rewrite(shots: "\(Self.single)\n    takes: 2")
      await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(wait: .poll, hub: hub, agrees: false).generate()
      }
      #expect(try sent(hub) == 2)
    }
  }

  @Test func endsWithoutSendingWhenTheCostIsDeclined() async throws {
    try await withHub("", faults: "") { (pipeline, hub) async throws in
      let error = await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(hub: hub) { $0.consent = { _ in false } }.generate()
      }
      #expect(error?.code == .declined)
      #expect(try sent(hub) == 0)
    }
  }
}
