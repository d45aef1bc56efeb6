import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Synchronization
import Testing

/// Runs against a scripted, paid hub that delivers the same file for every clip.
@Suite struct PaidRunTests {
  private func withHub(
    _ script: String = "", shots: String = SmallStoryboard.plainChain,
    clip: (SmallStoryboard) throws -> String = { try $0.clip(seconds: 1) },
    _ body: (PipelineFixture, ScriptedHub) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: shots, seconds: 1)
    let file = try clip(fixture)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(file)", "done_after": 0.1\#(script)}"#)
    defer { hub.stop() }
    try await body(PipelineFixture(fixture), hub)
  }

  /// Generations that the hub has accepted.
  private func paid(_ hub: ScriptedHub) throws -> Int {
    try hub.requests("POST", "/api/ai/queue").count + hub.requests("POST", "/api/ai/videos").count
  }

  @Test(arguments: WaitMode.allCases) func paysEachShotOnce(_ wait: WaitMode) async throws {
    try await withHub { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: wait, hub: hub).run()
      #expect(summary.isGood)
      #expect(try paid(hub) == 3)
      #expect(summary.spending.paid == USD(parsing: "1.26"))
      _ = try await pipeline.storyboardRun(wait: wait, hub: hub).generate()
      #expect(try paid(hub) == 3)
      // The hub's clips are all the same, so both anchors are one frame: it travels once.
      #expect(try hub.requests("PUT", "/api/repos/tester/").count == 1)
    }
  }

  @Test(arguments: [WaitMode.poll, .sse]) func adoptsARequestWhoseAnswerWasLost(_ wait: WaitMode) async throws {
    let fault =
      #", "faults": [{"method": "POST", "path": "/api/ai/queue", "action": "accept_and_drop", "skip": 1}]"#
    try await withHub(fault) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: wait, hub: hub).generate()
      #expect(summary.isGood)
      #expect(try paid(hub) == 3)
      #expect(pipeline.steps(of: "two").contains(.adopted(["gen-2"])))
    }
  }

  @Test func skipsOnlyTheDependentsOfAFailedShot() async throws {
    let shots = """
        - id: one
          prompt: A quay.
        - id: two
          prompt: A boat.
        - id: three
          start: none
          prompt: A lighthouse.
      """
    let refusal = #"{"error": {"type": "invalid_params", "title": "no"}}"#
    let fault =
      #", "faults": [{"method": "POST", "path": "/api/ai/queue", "action": "status", "status": 422, "body": \#(refusal), "times": 1}]"#
    try await withHub(fault, shots: shots) { (pipeline, hub) async throws in
      // One after the other, so that the first request is the one refused.
      let summary = try await pipeline.storyboardRun(hub: hub).generate()
      let failed = summary.shots.filter { $0.error != nil }.map(\.id)
      #expect(failed == ["one"] || failed == ["three"])
      #expect(!summary.isGood)
      #expect(summary.shots.filter { $0.take != nil }.count == (failed == ["one"] ? 1 : 2))
      // It was not paid, so the next run asks again.
      let second = try await pipeline.storyboardRun(hub: hub).generate()
      #expect(second.isGood)
    }
  }

  @Test func countsARejectedClipAsPaid() async throws {
    try await withHub(clip: { try $0.clip(seconds: 2) }) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(hub: hub).generate()
      #expect(!summary.isGood)
      #expect(try paid(hub) == 1)
      #expect(summary.spending.paid == USD(parsing: "0.42"))
      _ = try pipeline.storyboardRun(hub: hub).redo(["one"])
      _ = try await pipeline.storyboardRun(hub: hub).generate()
      #expect(try paid(hub) == 2)
    }
  }

  @Test func doesNotRepeatAGenerationMissingAtTheService() async throws {
    let fault =
      #", "faults": [{"method": "GET", "path": "/api/ai/queue/gen-1", "action": "status", "status": 404, "times": 3}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      let first = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect((first.errors.first as? GenerationError)?.code == .notFound)
      let second = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect(second.isGood)
      #expect(try paid(hub) == 1)
    }
  }

  @Test func asksForTheCostOfRetriesToo() async throws {
    try await withHub { (pipeline, hub) async throws in
      let asked = Mutex<[SpendingQuestion]>([])
      _ = try await pipeline.storyboardRun(
        hub: hub, retries: 2, asked: { question in asked.withLock { $0.append(question) } }
      )
      .generate()
      let question = try #require(asked.withLock { $0.first })
      #expect(asked.withLock { $0.count } == 1)
      #expect(question.shots == ["one", "two", "three"] && question.spent == .zero)
      #expect(question.cost == USD(parsing: "1.26") && question.retries == USD(parsing: "2.52"))
    }
  }

  @Test func sendsNothingBeyondTheLimit() async throws {
    try await withHub { (pipeline, hub) async throws in
      let limit = try #require(USD(parsing: "0.90"))
      let error = await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(hub: hub, maximumCost: limit).generate()
      }
      #expect(error?.code == .overBudget)
      #expect(try paid(hub) == 0)
      let last = try await pipeline.storyboardRun(hub: hub, maximumCost: USD(parsing: "1.26")).generate()
      #expect(last.isGood)
      #expect(try paid(hub) == 3)
    }
  }

  @Test func sendsNothingWithoutConsent() async throws {
    try await withHub { (pipeline, hub) async throws in
      await #expect {
        _ = try await pipeline.storyboardRun(hub: hub, agrees: false).generate()
      } throws: { error in
        (error as? PipelineError)?.code == .needsConsent && "\(error)".contains("$1.26")
      }
      #expect(try paid(hub) == 0)
    }
  }

  @Test func downloadsADamagedBodyAgainWithoutPaying() async throws {
    for (wait, action) in [(WaitMode.poll, #""damage", "from": 60000"#), (.sync, #""cut", "bytes": 30000"#)] {
      let fault = #", "faults": [{"port": "files", "action": \#(action)}]"#
      try await withHub(fault, shots: Self.pair) { (pipeline, hub) async throws in
        #expect(try await pipeline.storyboardRun(wait: wait, hub: hub).generate().isGood)
        #expect(try paid(hub) == 2)
        #expect(pipeline.notices.contains { $0.contains("clips/one.take1.mp4.damaged") })
        #expect(pipeline.steps(of: "one").filter { if case .downloaded = $0 { true } else { false } }.count == 2)
        #expect(FileManager.default.fileExists(atPath: pipeline.path("clips/one.take1.mp4.damaged")))
      }
    }
  }

  /// A blocking request that was answered is paid, even when its clip cannot be downloaded.
  @Test func doesNotPayAgainForAClipThatCannotBeDownloaded() async throws {
    let fault = #", "faults": [{"port": "files", "action": "status", "status": 403, "times": 4}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      #expect(try await !pipeline.storyboardRun(wait: .sync, hub: hub).generate().isGood)
      #expect(try await pipeline.storyboardRun(wait: .sync, hub: hub).generate().isGood)
      #expect(try paid(hub) == 1)
    }
  }

  @Test func reportsABodyDamagedTwiceAndAnchorsNothing() async throws {
    let fault = #", "faults": [{"port": "files", "action": "damage", "from": 4000, "times": 2}]"#
    try await withHub(fault, shots: Self.pair) { (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect(!summary.isGood)
      #expect(summary.errors.contains { "\($0)".contains("clips/one.take1.mp4") && "\($0)".contains("damaged") })
      #expect(pipeline.steps(of: "two").contains(.blocked(by: "one")))
      #expect(try paid(hub) == 1)
      // The service's copy may be whole: the next run fetches it without paying.
      let second = try await pipeline.storyboardRun(wait: .poll, hub: hub).generate()
      #expect(second.isGood)
      #expect(try paid(hub) == 2)
    }
  }

  /// Bytes that differ each time broke in transit.
  @Test func doesNotRetryAfterDamageInTransit() async throws {
    let faults = ["damage\", \"from\": 4000", "cut\", \"bytes\": 30000"].map {
      #"{"port": "files", "action": "\#($0)}"#
    }
    try await withHub(#", "faults": [\#(faults.joined(separator: ", "))]"#, shots: "  - id: one\n    prompt: A quay.") {
      (pipeline, hub) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, hub: hub, retries: 2).generate()
      #expect((summary.errors.first as? GenerationError)?.code == .damagedDownload)
      #expect(try paid(hub) == 1)
    }
  }

  /// The same damaged bytes twice are what the service has.
  @Test func retriesAClipThatIsDamagedAtTheService() async throws {
    let fault = #", "faults": [{"port": "files", "action": "damage", "from": 4000, "times": 2}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub, retries: 1).generate().isGood)
      #expect(try paid(hub) == 2)
    }
  }

  /// One take of a request may be listed before the other.
  @Test func adoptsAllTakesOfALostRequest() async throws {
    let first =
      #"{"generation_id": "gen-1", "status": "queued", "model_name": "\#(SmallStoryboard.model)", "prompt": "A quay.", "duration": 1, "generate_audio": true}"#
    let list =
      #"{"method": "GET", "path": "/api/ai/queue", "action": "status", "status": 200, "times": 4, "body": {"generations": [\#(first)]}}"#
    let lost = #"{"method": "POST", "path": "/api/ai/queue", "action": "accept_and_drop"}"#
    let shots = "  - id: one\n    prompt: A quay.\n    takes: 2"
    try await withHub(#", "faults": [\#(lost), \#(list)]"#, shots: shots) { (pipeline, hub) async throws in
      #expect(try await pipeline.storyboardRun(hub: hub).generate().isGood)
      #expect(try paid(hub) == 1)
      #expect(pipeline.steps(of: "one").contains(.adopted(["gen-1", "gen-2"])))
    }
  }

  @Test func reportsARetiredModel() async throws {
    let gone = #"{"error": {"type": "resource_not_found", "title": "Model not found"}}"#
    let fault =
      #", "faults": [{"method": "POST", "path": "/api/ai/queue", "action": "status", "status": 404, "body": \#(gone)}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      let error = try #require(try await pipeline.storyboardRun(hub: hub).generate().errors.first)
      #expect("\(error)".contains("Model not found") && "\(error)".contains("longtake models"), "\(error)")
    }
  }

  @Test func resumesADownloadInTheNextRun() async throws {
    let fault = #", "faults": [{"port": "files", "action": "stall", "bytes": 70000, "seconds": 60}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      let run = try pipeline.storyboardRun(wait: .poll, hub: hub)
      let task = Task { try await run.generate() }
      let part = URL(filePath: pipeline.path("clips/one.take1.mp4.part"))
      while ((try? Data(contentsOf: part).count) ?? 0) < 70000 { try await Task.sleep(for: .milliseconds(20)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await pipeline.storyboardRun(wait: .poll, hub: hub).generate().isGood)
      let ranges = try hub.requests().filter { $0.port == "files" }.map { $0.headers["range"] }
      #expect(ranges == [nil, "bytes=70000-"])
      #expect(try paid(hub) == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: pipeline.path("clips")) == ["one.take1.mp4"])
    }
  }

  /// After a clear refusal nothing can have been paid, so a run that ends then has nothing to look for.
  @Test func resendsARateLimitedRequestAfterCancellation() async throws {
    let fault =
      #", "faults": [{"method": "POST", "path": "/api/ai/videos", "action": "status", "status": 429, "headers": {"Retry-After": "100"}, "body": {"error": {"message": "busy"}}}]"#
    try await withHub(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, hub) async throws in
      let run = try pipeline.storyboardRun(wait: .sync, hub: hub)
      let task = Task { try await run.generate() }
      while try paid(hub) == 0 { try await Task.sleep(for: .milliseconds(20)) }
      // Wait until the answer has been recorded.
      while try Ledger(readingWorkspace: pipeline.path("")).openIntents().first?.mayHaveBeenSent != false {
        try await Task.sleep(for: .milliseconds(20))
      }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await pipeline.storyboardRun(wait: .sync, hub: hub).generate().isGood)
      #expect(try paid(hub) == 2)
      #expect(!pipeline.steps(of: "one").contains(.reconciling))
    }
  }

  private static let pair = "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat."
}
