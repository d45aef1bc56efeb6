import Foundation
import Ledger
import Pipeline
import Presets
import Storyboard
import Support
import Synchronization
import Testing

/// The service's own rules override the descriptor before anything is paid.
@Suite struct LiveRulesTests {
  private let single = "  - id: one\n    prompt: A quay."

  /// A hub whose catalogue has the small model with these rules of `duration` and these further members.
  private func hub(
    _ fixture: SmallStoryboard, duration: String, extra: String = "", word: String = "request_schema", more: String = ""
  ) async throws -> ScriptedHub {
    let schema = """
      {"type": "object", "properties": {"prompt": {"type": "string", "maxLength": 500}, "duration": \(duration),
       "start_image_url": {"type": "string"}, "tail_image_url": {"type": "string"}, "multi_prompt": {"type": "array"},
       "generate_audio": {"type": "boolean"}\(extra)}}
      """
    let model = #"{"id": "\#(SmallStoryboard.model)", "\#(word)": \#(schema)\#(more)}"#
    return try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05, "models": [\#(model)]}"#)
  }

  private func paid(_ hub: ScriptedHub) throws -> Int { try hub.requests("POST", "/api/ai/queue").count }

  @Test(arguments: ["request_schema", "json_request_schema"])
  func doesNotSendARequestThatTheServiceWouldRefuse(_ word: String) async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await hub(fixture, duration: #"{"type": "integer", "minimum": 4, "maximum": 8}"#, word: word)
    defer { hub.stop() }
    let error = await #expect(throws: StoryboardError.self) {
      _ = try await PipelineFixture(fixture).storyboardRun(hub: hub).generate()
    }
    #expect(error?.problems.count == 1)
    #expect(error?.problems.first?.message.contains("4 to 8 s") == true)
    #expect(error?.problems.first?.line != nil)
    #expect(try paid(hub) == 0)
  }

  @Test func doesNotSendAParameterUnknownToTheService() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await hub(fixture, duration: #"{"type": "string", "enum": ["3", "5"]}"#)
    defer { hub.stop() }
    let error = await #expect(throws: StoryboardError.self) {
      _ = try await PipelineFixture(fixture).storyboardRun(hub: hub).generate()
    }
    let messages = (error?.problems ?? []).map(\.message).joined()
    #expect(messages.contains("must be string"), "\(messages)")
    #expect(try paid(hub) == 0)
  }

  @Test func appliesAndReportsTheServicesPrice() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let hub = try await hub(
      fixture, duration: #"{"type": "integer"}"#, more: #", "pricing": {"method": "time", "cost_per_second": "1.5"}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    let asked = Mutex<USD?>(nil)
    let summary = try await pipeline.storyboardRun(
      hub: hub, asked: { question in asked.withLock { $0 = question.cost } }
    ).generate()
    #expect(asked.withLock { $0 } == USD(parsing: "4.50"))
    #expect(summary.spending.paid == USD(parsing: "4.50"))
    #expect(pipeline.notices.contains { $0.contains("$1.50 per second") && $0.contains("$0.42") })
  }

  @Test func acceptsALimitThatTheServiceHasWidened() async throws {
    let fixture = try SmallStoryboard(shots: single + "\n    duration: 20")
    let hub = try await hub(fixture, duration: #"{"type": "integer", "minimum": 1, "maximum": 30}"#)
    defer { hub.stop() }
    #expect(!(try PipelineFixture(fixture).plan(provider: "oxen")).problems.isEmpty)
    // The hub's clip is short, so the shot fails; that it was asked for is what counts.
    _ = try await PipelineFixture(fixture).storyboardRun(hub: hub).generate()
    #expect(try paid(hub) == 1)
  }

  @Test func runsWithoutACatalogue() async throws {
    let fixture = try SmallStoryboard(shots: single)
    let fault = #"{"method": "GET", "path": "/api/ai/models", "action": "status", "status": 403}"#
    let hub = try await ScriptedHub.start(
      #"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05, "faults": [\#(fault)]}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    #expect(try await pipeline.storyboardRun(hub: hub).generate().isGood)
    #expect(pipeline.notices.contains { $0.contains("the bundled descriptor applies") })
  }
}
