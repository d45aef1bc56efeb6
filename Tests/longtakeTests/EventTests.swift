import Foundation
import Support
import Testing

/// `--events` and `--notify`.
@Suite struct EventTests {
  private struct Event: Decodable {
    let sequence: Int
    let command: String
    let event: String
    let step: String?
    let shot: String?
    let file: String?
    let message: String
    let exitStatus: Int?

    private enum CodingKeys: String, CodingKey {
      case sequence, command, event, step, shot, file, message
      case exitStatus = "exit_status"
    }
  }

  private static func events(_ text: String) throws -> [Event] {
    try text.split(separator: "\n").filter { $0.contains("longtake.event/1") }.map {
      try JSONDecoder().decode(Event.self, from: Data($0.utf8))
    }
  }

  private static func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func checkSchema(_ text: String) throws {
    var batch = SchemaBatch()
    for (number, line) in text.split(separator: "\n").enumerated() where line.contains("longtake.event/1") {
      batch.add("\(number)", String(line), schema: OutputFixture.schema("event"))
    }
    #expect(batch.count > 0)
    #expect(try batch.problems() == [])
  }

  @Test func aRunReportsEveryStepInOrder() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.", extra: "provider: sandbox", seconds: 1)
    let path = fixture.folder.path("events.jsonl")
    let result = try await LongtakeProgram.run(
      ["run", fixture.storyboard, "--quiet", "--events", path, "--presets", fixture.presets])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let text = try Self.read(path)
    try checkSchema(text)
    let events = try Self.events(text)
    #expect(events.map(\.sequence) == Array(1...events.count))
    #expect(events.allSatisfy { $0.command == "run" })
    #expect(events.first?.event == "began" && events.last?.event == "ended" && events.last?.exitStatus == 0)
    let steps = events.filter { $0.event == "shot" && $0.shot == "one" }.compactMap(\.step)
    for step in ["submitting", "submitted", "downloaded", "verified", "done"] {
      #expect(steps.contains(step), "\(steps)")
    }
    let written = events.filter { $0.event == "written" }.compactMap(\.file)
    #expect(written.contains { $0.hasSuffix("master.mp4") } && written.contains { $0.hasSuffix("review/index.html") })
  }

  @Test(arguments: [["verify", "--preset", "small"], ["native"], ["stitch"], ["review"]])
  func longCommandsReportTheirProgressOnStdoutBesideTheAnswer(_ command: [String]) async throws {
    let fixture = try SmallStoryboard()
    let clip = try fixture.clip(seconds: 1)
    let extra =
      switch command[0] {
      case "stitch": [clip, "-o", fixture.folder.path("master.mp4")]
      case "review": ["-o", fixture.folder.path("page")]
      default: [String]()
      }
    let result = try await LongtakeProgram.run(
      command + [clip] + extra + ["--json", "--events", "-"], environment: ["LONGTAKE_PRESETS": fixture.presets])
    #expect(result.status == 0, "\(result.errors)")
    try checkSchema(result.output)
    let events = try Self.events(result.output)
    #expect(events.contains { $0.event == "progress" } && events.last?.event == "ended", "\(result.output)")
    #expect(result.output.split(separator: "\n").count == events.count + 1)
  }

  @Test func aFailureIsAnEventAndTheLastOneHasTheExitStatus() async throws {
    let folder = try ScratchFolder()
    let path = folder.path("events.jsonl")
    let result = try await LongtakeProgram.run(["native", folder.path("none.mp4"), "--events", path])
    #expect(result.status == 66)
    let events = try Self.events(try Self.read(path))
    #expect(events.contains { $0.event == "error" && $0.message.contains("none.mp4") })
    #expect(events.last?.exitStatus == 66)
  }

  @Test func writesToAnOpenDescriptor() async throws {
    let folder = try ScratchFolder()
    let command = [
      "-c", "exec \"$@\" 9>\"$0\"", folder.path("nine"), try LongtakeProgram.path(), "native", "none.mp4", "--events",
      "fd:9",
    ]
    _ = try MediaTool.run("bash", command)
    #expect(try Self.events(try Self.read(folder.path("nine"))).last?.exitStatus == 66)
  }

  @Test func refusesTargetsThatCannotBeWritten() async throws {
    for (target, status) in [("-", Int32(64)), ("fd:99", 64), ("fd:x", 64), ("/no/such/events", 73)] {
      let result = try await LongtakeProgram.run(["native", "x.mp4", "--events", target])
      #expect(result.status == status && result.errors.contains("--events"), "\(target): \(result.errors)")
    }
  }

  // MARK: - Notifications

  @Test func postsEventsThatTheSecretSigns() async throws {
    let hub = try await ScriptedHub.start(
      #"{"faults": [{"path": "/api/hook", "action": "status", "status": 200, "times": 99}]}"#)
    defer { hub.stop() }
    let folder = try ScratchFolder()
    let result = try await LongtakeProgram.run(
      ["native", folder.path("none.mp4"), "--notify", "\(hub.baseURL)/hook?channel=1"],
      environment: ["LONGTAKE_NOTIFY_SECRET": "shared secret"])
    #expect(result.status == 66 && !result.errors.contains("could not be posted"), "\(result.errors)")
    let posts = try hub.requests("POST", "/api/hook")
    let events = try Self.events(posts.map(\.body).joined(separator: "\n"))
    #expect(events.first?.event == "began" && events.last?.event == "ended")
    for post in posts {
      let time = try #require(post.headers["x-longtake-timestamp"])
      // openssl is the reference.
      let expected = try await OutsideProgram.run(
        "openssl", ["dgst", "-sha256", "-hmac", "shared secret", "-r"], input: "\(time).\(post.body)")
      let digest = try #require(expected.text.split(separator: " ").first)
      #expect(post.headers["x-longtake-signature"] == "sha256=\(digest)")
      #expect(post.headers["authorization"] == nil && post.query == ["channel": "1"])
    }
  }

  @Test func aReceiverThatIsAwayStopsNoWork() async throws {
    let fixture = try SmallStoryboard()
    let result = try await LongtakeProgram.run(
      ["native", try fixture.clip(seconds: 1), "--notify", "http://127.0.0.1:9/hook"],
      environment: ["LONGTAKE_NOTIFY_SECRET": "s"])
    #expect(result.status == 0 && result.errors.contains("could not be posted to http://127.0.0.1:9/hook"))
    #expect(result.output.contains("clip-1"))
  }

  @Test func needsASecretAndAnEncryptedAddress() async throws {
    let bare = try await LongtakeProgram.run(["native", "x.mp4", "--notify", "https://receiver.example/x"])
    #expect(bare.status == 64 && bare.errors.contains("LONGTAKE_NOTIFY_SECRET"))
    let plain = try await LongtakeProgram.run(
      ["native", "x.mp4", "--notify", "http://receiver.example/x"], environment: ["LONGTAKE_NOTIFY_SECRET": "s"])
    #expect(plain.status == 64 && plain.errors.contains("Use https"), "\(plain.errors)")
  }
}
