import Foundation
import Support
import Testing

/// `redo`, `pick`, `jobs`, `extend`: takes, costs, and workspaces that cannot be written.
@Suite struct TakesCommandTests {
  private let fixture: SmallStoryboard
  private static let single = "  - id: one\n    prompt: A quay."

  init() throws { fixture = try SmallStoryboard(shots: Self.single) }

  private func hub(_ fixture: SmallStoryboard, _ more: String = "") async throws -> ScriptedHub {
    try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 0.05\#(more)}"#)
  }

  private static let environment = [
    "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.1",
  ]

  private func run(
    _ arguments: [String], _ fixture: SmallStoryboard? = nil, in folder: URL? = nil
  ) async throws -> LongtakeProgram.Result {
    try await LongtakeProgram.run(
      arguments + ["--presets", (fixture ?? self.fixture).presets], environment: Self.environment, in: folder)
  }

  private func oxen(_ command: String, _ fixture: SmallStoryboard, _ hub: ScriptedHub, _ more: String...) -> [String] {
    [command, fixture.storyboard, "--provider", "oxen", "--base-url", hub.baseURL] + more
  }

  private func paid(_ hub: ScriptedHub) throws -> Int {
    try hub.requests("POST", "/api/ai/queue").count + hub.requests("POST", "/api/ai/videos").count
  }

  @Test func picksAndRedoesTakesOnlyWithConsent() async throws {
    let shots = "  - id: one\n    prompt: A quay.\n    takes: 2\n  - id: two\n    prompt: A boat."
    let fixture = try SmallStoryboard(shots: shots)
    let clips = try [0, 120, 240].map { #""\#(try fixture.clip(hue: $0))""# }.joined(separator: ", ")
    let hub = try await hub(fixture, #", "clip_files": [\#(clips)]"#)
    defer { hub.stop() }
    #expect(try await run(oxen("generate", fixture, hub, "--yes"), fixture).status == 0)

    let refused = try await run(["pick", fixture.storyboard, "one", "2"], fixture)
    #expect(refused.status == 64)
    #expect(refused.errors.contains("two") && refused.errors.contains("$1.26") && refused.errors.contains("--yes"))
    // In the folder of the only workspace, the storyboard need not be named.
    let picked = try await run(["pick", "one", "2", "--yes"], fixture, in: fixture.folder.url)
    #expect(picked.status == 0, "\(picked.errors)")
    #expect(picked.output == "one take 2\n")
    #expect(picked.errors.contains("film.yaml"))
    #expect(try await run(oxen("generate", fixture, hub, "--yes"), fixture).status == 0)
    #expect(try paid(hub) == 3)
    let back = try await run(["pick", fixture.storyboard, "one", "1"], fixture)
    #expect(back.status == 0, "\(back.errors)")
    #expect(back.errors.contains("without cost: two"))
    #expect(try await run(oxen("generate", fixture, hub), fixture).status == 0)
    #expect(try paid(hub) == 3)
    #expect(try await run(["pick", fixture.storyboard, "one", "7"], fixture).status == 1)
    #expect(try await run(["pick", fixture.storyboard, "nine", "1"], fixture).status == 64)
    #expect(try await run(["pick", "one"], fixture).status == 64)

    // Reviewers' decisions: what they agree on is picked, what they do not is left.
    func decided(_ shot: String, _ reviewer: String, _ decision: String, _ pick: String) -> String {
      #"{"shot":"\#(shot)","reviewer":"\#(reviewer)","decision":\#(decision),"pick":\#(pick),"at":"2026-01-01T00:00:00Z"}"#
    }
    func decisions(_ shots: String...) throws -> String {
      let shots = shots.joined(separator: ",")
      return try fixture.folder.write(
        "decisions.json",
        """
        {"schema":"longtake.decisions/1","title":"Film","master":null,"reviewers":["Ada","Bob"],
         "written":"2026-01-01T00:00:00Z","shots":[\(shots)],"notes":[],"conflicts":[]}
        """)
    }
    let agreed = try decisions(
      decided("one", "Ada", "null", "2"), decided("one", "Bob", "null", "2"), decided("two", "Ada", "null", "1"),
      decided("two", "Bob", "null", "2"))
    let decidedPick = try await run(["pick", fixture.storyboard, "--decisions", agreed], fixture)
    #expect(decidedPick.status == 0 && decidedPick.output == "one take 2\n", "\(decidedPick.errors)")
    #expect(decidedPick.errors.contains("two: reviewers disagree (Ada: 1, Bob: 2)"), "\(decidedPick.errors)")
    #expect(try await run(["pick", fixture.storyboard, "one", "1"], fixture).status == 0)
    let disputed = try decisions(
      decided("one", "Ada", "\"reject\"", "null"), decided("one", "Bob", "\"approve\"", "null"))
    let left = try await run(["redo", fixture.storyboard, "--decisions", disputed, "--yes"], fixture)
    #expect(left.status == 0 && left.output.isEmpty && left.errors.contains("no shot is rejected"), "\(left.errors)")

    let unasked = try await run(["redo", fixture.storyboard, "--shot", "one"], fixture)
    #expect(unasked.status == 64)
    #expect(unasked.output.isEmpty)
    #expect(unasked.errors.contains("one, two") && unasked.errors.contains("$3.78"))
    let rejected = try decisions(
      decided("one", "Ada", "\"reject\"", "null"), decided("two", "Ada", "\"approve\"", "null"))
    let redone = try await run(["redo", fixture.storyboard, "--decisions", rejected, "--yes"], fixture)
    #expect(redone.output == "one\ntwo\n", "\(redone.errors)")
    let listed = try await LongtakeProgram.run(["jobs", fixture.storyboard])
    #expect(listed.output.contains("superseded"), "\(listed)")

    let json = try await LongtakeProgram.run(["jobs", "--json"], in: fixture.folder.url)
    #expect(json.output.split(separator: "\n").count == 4)
    let jobs = try await LongtakeProgram.run(["jobs"], in: fixture.folder.url)
    #expect(jobs.output.contains("this storyboard: paid $5.04"), "\(jobs.output)")
    #expect(jobs.output.contains(/\d{4}-\d\d-\d\d: paid \$5\.04/))
  }

  /// `redo` names the cost of both ways, whichever was asked for.
  @Test func comparesTheCostOfARedoBetweenItsNeighbours() async throws {
    let fixture = try SmallStoryboard(shots: SmallStoryboard.plainChain, seconds: 1)
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    #expect(try await run(oxen("generate", fixture, hub, "--yes"), fixture).status == 0)
    for between in [[], ["--between"]] {
      let redo = try await run(["redo", fixture.storyboard, "--shot", "two"] + between, fixture)
      #expect(redo.status == 64, "nobody agreed")
      #expect(
        redo.errors.contains(
          "two alone, between its neighbours (--between): $0.42; with what is made from it, two, three: $0.84"),
        "\(redo.errors)")
    }
    let redone = try await run(["redo", fixture.storyboard, "--shot", "two", "--between", "--yes"], fixture)
    #expect(redone.status == 0 && redone.output == "two\n", "\(redone.errors)")
    // Agreed to already.
    #expect(try await run(oxen("generate", fixture, hub), fixture).status == 0)
    #expect(try paid(hub) == 4)
  }

  @Test func cancelsAGenerationInProgress() async throws {
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip())", "done_after": 900}"#)
    defer { hub.stop() }
    let program = try LongtakeProgram.start(
      oxen("generate", fixture, hub, "--yes", "--presets", fixture.presets), environment: Self.environment)
    while try hub.requests("GET", "/api/ai/queue/gen-1").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    program.signal(SIGTERM)
    _ = try await program.result()
    let redo = try await run([
      "redo", fixture.storyboard, "--shot", "one", "--yes", "--cancel", "--base-url", hub.baseURL,
    ])
    #expect(redo.status == 0, "\(redo.errors)")
    #expect(redo.errors.contains("one take 1: cancelled"))
    #expect(try hub.requests("DELETE", "/api/ai/queue/gen-1").count == 1)
    #expect(try await LongtakeProgram.run(["jobs", fixture.storyboard]).output.contains("paid $0.00"))
  }

  @Test func extendsAClipFromItsLastFrame() async throws {
    let clip = try fixture.clip()
    let hub = try await hub(fixture)
    defer { hub.stop() }
    let output = fixture.folder.path("long.mp4")
    func extend(_ more: String...) async throws -> LongtakeProgram.Result {
      try await run(
        [
          "extend", clip, "--prompt", "It goes on.", "--model", SmallStoryboard.model, "--duration", "3", "--provider",
          "oxen",
          "--base-url", hub.baseURL, "-o", output, "--json",
        ] + more)
    }
    #expect(try await extend().status == 64)
    #expect(try paid(hub) == 0)
    let first = try await extend("--yes")
    #expect(first.status == 0, "\(first.errors)")
    let decoded = try MediaTool.decode(output)
    #expect(decoded.errors.isEmpty)
    #expect((140...144).contains(decoded.frames), "\(decoded.frames)")
    let body = try #require(try hub.requests("POST", "/api/ai/queue").first?.body)
    #expect(body.contains("start_image_url") && body.contains("It goes on."))
    #expect(
      try SchemaValidator.problems(
        of: fixture.folder.write("stitch.json", first.output), schema: ProjectFiles.path("presets/schema/stitch.json"))
        == [])
    #expect(try await extend("--yes").status == 73)
    #expect(try await extend("--overwrite").status == 0)
    #expect(try paid(hub) == 1)

    let small = try fixture.clip(width: 320, height: 180)
    let other = try await run([
      "extend", small, "--prompt", "x", "--model", SmallStoryboard.model, "--provider", "oxen", "--base-url",
      hub.baseURL,
      "--yes",
    ])
    #expect(other.status == 65)
    #expect(other.errors.contains("320x180") && other.errors.contains("576x324"))
    #expect(try paid(hub) == 1)
  }

  /// The last answer is Ctrl-C, which ends the program at once.
  @Test(arguments: [("n", Int32(1), 0), ("y", 0, 1), ("\u{3}", 130, 0)])
  func asksOnATerminal(_ answer: String, status: Int32, paid: Int) async throws {
    let hub = try await hub(fixture)
    defer { hub.stop() }
    let script = try fixture.folder.write(
      "terminal.py",
      """
      import os, pty, sys
      answer, command = sys.argv[1], sys.argv[2:]
      child, terminal = pty.fork()
      if child == 0:
          os.execv(command[0], command)
      shown = b""
      asked = False
      while True:
          try:
              part = os.read(terminal, 4096)
          except OSError:
              break
          if not part:
              break
          shown += part
          if not asked and b"[y/N]" in shown:
              asked = True
              os.write(terminal, answer.encode() + (b"" if answer == chr(3) else b"\\n"))
      print(shown.decode("utf-8", "replace"))
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """)
    let program = try LongtakeProgram.path()
    let start = ContinuousClock.now
    let result = try await OutsideProgram.run(
      "python3", [script, answer, program] + oxen("generate", fixture, hub, "--presets", fixture.presets),
      environment: Self.environment.merging(["TERM": "xterm"]) { $1 })
    #expect(result.status == status, "\(result.text)")
    #expect(result.text.contains("for $1.26"))
    #expect(try self.paid(hub) == paid)
    // Cancelled work that hangs is ended after 20 s.
    if status == 130 { #expect(start.duration(to: .now) < .seconds(15)) }
  }

  @Test(arguments: [8, 64, 160]) func losesNothingOnAFullDisk(_ kilobytes: Int) async throws {
    let hub = try await hub(fixture)
    defer { hub.stop() }
    let command = try [LongtakeProgram.path()] + oxen("generate", fixture, hub, "--yes", "--presets", fixture.presets)
    let full = try await OutsideProgram.run(
      "bash", ["-c", "ulimit -f \(kilobytes); exec \"$@\"", "bash"] + command, environment: Self.environment)
    #expect(full.status == 74, "\(full.errors)")
    let again = try await run(oxen("generate", fixture, hub, "--yes"))
    #expect(again.status == 0, "\(again.errors)")
    #expect(try paid(hub) == 1)
  }

  @Test func checksTheWorkspaceBeforeSendingAnything() async throws {
    let hub = try await hub(fixture)
    defer { hub.stop() }
    let blocked = try fixture.folder.write("file", "x") + "/workspace"
    let result = try await run(oxen("generate", fixture, hub, "--yes", "--workspace", blocked))
    #expect(result.status == 73)
    #expect(result.errors.contains(blocked))
    #expect(try hub.requests().isEmpty)
    let plan = try await run(["plan", fixture.storyboard, "--workspace", blocked])
    #expect(plan.status == 73 && plan.errors.contains("is not a folder"), "\(plan.errors)")
  }

  @Test func plansWithoutTheServiceUnlessLive() async throws {
    let schema = #"{"type": "object", "properties": {"prompt": {"type": "string"}, "duration": {"maximum": 2}}}"#
    let model = #"{"id": "\#(SmallStoryboard.model)", "request_schema": \#(schema), "pricing": {"per_second": 1}}"#
    let hub = try await hub(fixture, #", "models": [\#(model)]"#)
    defer { hub.stop() }
    #expect(try await run(["plan", fixture.storyboard, "--provider", "oxen"]).status == 0)
    #expect(try hub.requests().isEmpty)
    let live = try await run(oxen("plan", fixture, hub, "--live", "--json"))
    #expect(live.status == 65)
    #expect(live.errors.contains("$1.00 per second"), "\(live.errors)")
    #expect(live.output.contains(#""reached":true"#))
    #expect(
      try SchemaValidator.problems(
        of: fixture.folder.write("plan.json", live.output), schema: ProjectFiles.path("presets/schema/plan.json")) == []
    )
    #expect(try paid(hub) == 0)
    let listing = try await run(["models", SmallStoryboard.model, "--provider", "oxen", "--base-url", hub.baseURL])
    #expect(listing.status == 0)
    #expect(listing.output.contains("$1.00 per second"))
  }

  @Test func logsRequestsWithoutSecrets() async throws {
    let hub = try await hub(fixture)
    defer { hub.stop() }
    let result = try await run(oxen("generate", fixture, hub, "--yes", "--log-level", "debug"))
    #expect(result.status == 0)
    #expect(result.errors.contains("A quay.") && result.errors.contains("/api/ai/queue"))
    let log = try String(contentsOfFile: fixture.workspace + "/run.log", encoding: .utf8)
    for text in [result.errors, log] {
      #expect(!text.contains(ScriptedHub.key))
      #expect(!text.contains("X-Amz-Signature"))
    }
    #expect(log.contains("one take 1: verified"))
  }
}
