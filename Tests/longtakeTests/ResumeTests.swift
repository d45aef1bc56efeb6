import Foundation
import Support
import Testing

/// The built program, ended by signals and run again.
@Suite struct ResumeTests {
  private struct Bench {
    let fixture: SmallStoryboard
    let hub: ScriptedHub

    init(delay: Double = 0.2, shots: String = SmallStoryboard.chain) async throws {
      fixture = try SmallStoryboard(shots: shots)
      hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": \#(delay)}"#)
    }

    func start(_ wait: String) throws -> LongtakeProgram.Running {
      try LongtakeProgram.start(
        [
          "run", fixture.storyboard, "--provider", "oxen", "--base-url", hub.baseURL, "--yes", "--wait", wait,
          "--presets",
          fixture.presets, "--json",
        ],
        environment: [
          "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.1",
        ])
    }

    /// Generations that the hub has taken.
    func paid() throws -> Int {
      try hub.requests("POST", "/api/ai/queue").count + hub.requests("POST", "/api/ai/videos").count
    }

    func log() throws -> String { try String(contentsOfFile: fixture.workspace + "/run.log", encoding: .utf8) }
  }

  /// The process is killed while a generation is under way; ``FailpointTests`` ends it at every other place.
  @Test func resumesAfterAKill() async throws {
    let bench = try await Bench(delay: 1)
    defer { bench.hub.stop() }
    let program = try bench.start("sse")
    while try bench.paid() == 0 { try await Task.sleep(for: .milliseconds(20)) }
    program.signal(SIGKILL)
    #expect(try await program.result().status == -SIGKILL)
    let second = try await bench.start("sse").result()
    #expect(second.status == 0, "\(second.errors)")
    #expect(try bench.paid() == 3)
    let decoded = try MediaTool.decode(bench.fixture.workspace + "/master.mp4")
    #expect(decoded.frames > 200)
    #expect(decoded.errors.isEmpty)
    let jobs = try await LongtakeProgram.run(["jobs", bench.fixture.storyboard, "--json"])
    let states = jobs.output.split(separator: "\n").filter { $0.contains(#""state":"verified""#) }
    #expect(states.count == 3)
    #expect(!(try bench.log()).contains(ScriptedHub.key))
    #expect(!(try bench.log()).contains("X-Amz-Signature"))
  }

  @Test(arguments: [(SIGTERM, Int32(75)), (SIGHUP, Int32(75)), (SIGINT, Int32(130))])
  func stopsCleanlyOnASignalAndResumes(_ number: Int32, status: Int32) async throws {
    let bench = try await Bench(delay: 1, shots: "  - id: one\n    prompt: A quay.")
    defer { bench.hub.stop() }
    let program = try bench.start("sse")
    while try bench.paid() == 0 { try await Task.sleep(for: .milliseconds(20)) }
    program.signal(number)
    let stopped = try await program.result()
    #expect(stopped.status == status)
    #expect(stopped.output.contains(#""exit_status":\#(status)"#), "\(stopped.output)")
    let second = try await bench.start("sse").result()
    #expect(second.status == 0)
    #expect(try bench.paid() == 1)
  }

  @Test func refusesASecondRunOfTheWorkspace() async throws {
    let bench = try await Bench(delay: 2, shots: "  - id: one\n    prompt: A quay.")
    defer { bench.hub.stop() }
    let first = try bench.start("poll")
    while try bench.paid() == 0 { try await Task.sleep(for: .milliseconds(20)) }
    let second = try await bench.start("poll").result()
    #expect(second.status == 75)
    #expect(second.errors.contains("in use"))
    let ended = try await first.result()
    #expect(ended.status == 0)
    #expect(try bench.paid() == 1)
  }

  /// Neither has the workspace when both begin.
  @Test func oneOfTwoRunsAtOnceSends() async throws {
    let bench = try await Bench(delay: 1, shots: "  - id: one\n    prompt: A quay.")
    defer { bench.hub.stop() }
    let runs = [try bench.start("poll"), try bench.start("poll")]
    let statuses = [try await runs[0].result().status, try await runs[1].result().status]
    #expect(statuses.sorted() == [0, 75])
    #expect(try bench.paid() == 1)
  }

  @Test func servesTheSandboxUntilStopped() async throws {
    let folder = try ScratchFolder()
    let sandbox = try LongtakeProgram.start(["sandbox", "--port", "0", "--directory", folder.path("state")])
    try await sandbox.waitForOutput("/api\n")
    sandbox.signal(SIGTERM)
    let result = try await sandbox.result()
    #expect(result.status == 75)
    #expect(result.output.hasPrefix("http://127.0.0.1:"))
    #expect(result.output.hasSuffix("/api\n"))
  }
}
