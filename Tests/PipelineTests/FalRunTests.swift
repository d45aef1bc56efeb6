import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Testing

/// Runs against a scripted fal that delivers the same file for every clip.
@Suite struct FalRunTests {
  private func withFal(
    _ script: String = "", shots: String = SmallStoryboard.chain,
    _ body: (PipelineFixture, ScriptedFal) async throws -> Void
  ) async throws {
    let fixture = try SmallStoryboard(shots: shots)
    let fal = try await ScriptedFal.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 0.1\#(script)}"#)
    defer { fal.stop() }
    try await body(PipelineFixture(fixture), fal)
  }

  private func paid(_ fal: ScriptedFal) throws -> [JSONValue] {
    try (fal.requests("POST", at: "queue") + fal.requests("POST", at: "run")).map {
      try JSONDecoder().decode(JSONValue.self, from: Data($0.body.utf8))
    }
  }

  @Test(arguments: WaitMode.allCases) func runsTheSameStoryboardAtFal(_ wait: WaitMode) async throws {
    try await withFal { (pipeline, fal) async throws in
      let run = try pipeline.storyboardRun(wait: wait, fal: fal)
      #expect(try await (wait == .sse ? run.run() : run.generate()).isGood)
      let bodies = try paid(fal)
      #expect(bodies.map { $0["duration"] } == ["3", nil, "3"])
      #expect(bodies[0]["start_image_url"] == nil)
      let anchor = try #require(bodies[1]["start_image_url"]?.stringValue)
      #expect(
        anchor.hasPrefix(fal.address("files") + "/upload/") && bodies[2]["start_image_url"]?.stringValue == anchor)
      #expect(try fal.requests("PUT", at: "files").count == 1, "both anchors are one frame")
      _ = try await pipeline.storyboardRun(wait: wait, fal: fal).generate()
      #expect(try paid(fal).count == 3)
    }
  }

  @Test(arguments: [WaitMode.poll, .sse, .sync], ["accept_and_drop", "late"])
  func adoptsALostRequestFromTheHistory(_ wait: WaitMode, _ action: String) async throws {
    let faults = ["queue", "run"].map {
      #"{"port": "\#($0)", "method": "POST", "action": "\#(action)", "seconds": 0.02}"#
    }
    // 90 s until it is listed; the clock runs 100 times faster.
    let script = #", "history_lag": 0.9, "history_page": 1, "faults": [\#(faults.joined(separator: ", "))]"#
    try await withFal(script, shots: "  - id: one\n    prompt: A quay.") { (pipeline, fal) async throws in
      let summary = try await pipeline.storyboardRun(wait: wait, fal: fal).generate()
      #expect(summary.isGood, "\(summary.errors)")
      #expect(try paid(fal).count == 1)
    }
  }

  @Test(arguments: [WaitMode.sse, .sync], ["never", "bare"])
  func neverResendsAPossiblyPaidRequestByItself(_ wait: WaitMode, _ history: String) async throws {
    let fault =
      #", "history": "\#(history)", "faults": [{"port": "queue", "method": "POST", "action": "accept_and_drop"}, {"port": "run", "action": "accept_and_drop"}]"#
    try await withFal(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, fal) async throws in
      for _ in 0..<2 {
        let summary = try await pipeline.storyboardRun(wait: wait, fal: fal) { $0.lostAnswerWait = .seconds(20) }
          .generate()
        #expect((summary.errors.first as? PipelineError)?.code == .uncertain)
        #expect(try paid(fal).count == 1)
      }
      #expect(throws: PipelineError.self) { try pipeline.storyboardRun(wait: wait, fal: fal).redo(["one"]) }
      // The user has checked the account and asks for another.
      _ = try pipeline.storyboardRun(wait: wait, fal: fal).redo(["one"], acceptingDoublePayment: true)
      let summary = try await pipeline.storyboardRun(wait: wait, fal: fal).generate()
      #expect(summary.isGood)
      #expect(try paid(fal).count == 2)
      #expect(summary.spending.uncertain == USD(parsing: "1.26"))
    }
  }

  @Test(arguments: [(401, "refused the key"), (403, "refused the key"), (404, "not found"), (500, "busy")])
  func reportsAHistoryThatCannotBeRead(_ status: Int, _ text: String) async throws {
    let faults = """
      , "faults": [{"port": "queue", "method": "POST", "action": "accept_and_drop"},
        {"port": "api", "action": "status", "status": \(status), "times": 999, "body": {"detail": "busy or not yours"}}]
      """
    try await withFal(faults, shots: "  - id: one\n    prompt: A quay.") { (pipeline, fal) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, fal: fal) { $0.lostAnswerWait = .seconds(5) }
        .generate()
      let message = "\(summary.errors)"
      #expect(message.contains("cannot be read") && message.contains(text), "\(message)")
      #expect(message.contains("busy or not yours") && message.contains("$1.26"), "\(message)")
      #expect(!message.contains("does not list it") && message.contains("--accept-double-payment"), "\(message)")
      #expect(try paid(fal).count == 1)
    }
  }

  /// The queue keeps a result for minutes; the history has it for days.
  @Test func fetchesAnExpiredResultFromTheHistory() async throws {
    try await withFal(#", "expired": true, "history_page": 1"#, shots: "  - id: one\n    prompt: A quay.") {
      (pipeline, fal) async throws in
      let summary = try await pipeline.storyboardRun(wait: .poll, fal: fal).generate()
      #expect(summary.isGood, "\(summary.errors)")
      // The clip is lost after the run, too.
      try FileManager.default.removeItem(atPath: pipeline.path("clips/one.take1.mp4"))
      #expect(try await pipeline.storyboardRun(wait: .poll, fal: fal).generate().isGood)
      #expect(try paid(fal).count == 1)
    }
  }

  /// fal may charge for a request whose input the model refused, never for its own errors.
  @Test(arguments: [WaitMode.poll, .sse, .sync]) func countsARefusalByTheModelAsUncertain(_ wait: WaitMode) async throws
  {
    for (outcome, uncertain) in [("refused", "1.26"), ("failed", "0.00")] where wait != .sync || outcome == "refused" {
      try await withFal(#", "outcome": "\#(outcome)""#, shots: "  - id: one\n    prompt: A quay.") {
        (pipeline, fal) async throws in
        let summary = try await pipeline.storyboardRun(wait: wait, fal: fal).generate()
        #expect(!summary.isGood)
        #expect("\(summary.spending.paid) \(summary.spending.uncertain)" == "$0.00 $\(uncertain)")
      }
    }
  }

  @Test func doesNotPayAgainForAClipThatCannotBeDownloaded() async throws {
    let fault = #", "faults": [{"port": "files", "method": "GET", "action": "status", "status": 403, "times": 99}]"#
    try await withFal(fault, shots: "  - id: one\n    prompt: A quay.") { (pipeline, fal) async throws in
      for _ in 0..<2 { #expect(try await !pipeline.storyboardRun(wait: .sync, fal: fal).generate().isGood) }
      #expect(try paid(fal).count == 1)
      // Another is paid for only after a redo.
      _ = try pipeline.storyboardRun(wait: .sync, fal: fal).redo(["one"], acceptingDoublePayment: true)
      _ = try await pipeline.storyboardRun(wait: .sync, fal: fal).generate()
      #expect(try paid(fal).count == 2)
    }
  }

  @Test func sendsEachTakeAsARequest() async throws {
    try await withFal(shots: "  - id: one\n    prompt: A quay.\n    takes: 2") { (pipeline, fal) async throws in
      #expect(try await pipeline.storyboardRun(fal: fal).generate().isGood)
      #expect(try paid(fal).count == 2)
      #expect(Set(pipeline.submissions).count == 2)
    }
  }

  @Test func uploadsImagesToTheChosenStore() async throws {
    let shots = "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat."
    try await withFal(shots: shots) { (pipeline, fal) async throws in
      let command = "test -s \"$1\" && echo https://frames.example/anchor; : "
      let summary = try await pipeline.storyboardRun(fal: fal) { options in
        options.provider.anchorStore = "command"
        options.provider.environment["LONGTAKE_UPLOAD_COMMAND"] = "sh -c '\(command)' sh"
      }.generate()
      #expect(summary.isGood)
      #expect(try paid(fal).last?["start_image_url"] == "https://frames.example/anchor")
    }
    try await withFal(shots: shots) { (pipeline, fal) async throws in
      await #expect(throws: PipelineError.self) {
        _ = try await pipeline.storyboardRun(fal: fal) { $0.provider.anchorStore = "data" }.generate()
      }
      #expect(try paid(fal).isEmpty, "the model is not known to take data addresses")
    }
  }
}
