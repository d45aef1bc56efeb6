import Foundation
import Support
import Testing

@Suite struct ExitStatusTests {
  private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> LongtakeProgram.Result {
    try await LongtakeProgram.run(arguments, environment: environment)
  }

  @Test func exits66ForAMissingStoryboard() async throws {
    for command in ["run", "plan", "generate"] {
      let result = try await run(command, "/no/such/board.yaml")
      #expect(result.status == 66, "\(command)")
      #expect(result.errors.contains("board.yaml"))
    }
  }

  @Test func exits65ForABadStoryboardAndWritesNothing() async throws {
    let folder = try ScratchFolder()
    let text = try String(contentsOfFile: ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml"), encoding: .utf8)
    let board = try folder.write("board.yaml", text)
    for command in ["plan", "run"] {
      let result = try await run(command, board)
      #expect(result.status == 65)
      #expect(result.errors.contains("10 problems"))
      for line in [6, 9, 14, 15, 16, 17, 19, 20, 21, 27] { #expect(result.errors.contains("line \(line),")) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["board.yaml"])
    let json = try await run("plan", board, "--json")
    #expect(json.status == 65)
    let plan = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect((plan?["problems"] as? [Any])?.count == 10)
  }

  @Test func probeShowsAFileCutShortAndExits65() async throws {
    let folder = try ScratchFolder()
    let clip = try folder.make(
      "clip.mkv", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=24:duration=1", "-c:v", "libx264")
    let cut = try folder.write("cut.mkv", Data(contentsOf: URL(filePath: clip)).dropLast(2000))
    let table = try await run("probe", cut, clip)
    #expect(table.status == 65 && table.output.contains("24 frames"))
    #expect(table.errors.contains("cut.mkv: is cut short") && !table.errors.contains("clip.mkv"))
    let json = try await run("probe", cut, "--json")
    #expect(json.status == 65 && json.output.split(separator: "\n").count == 1)
    #expect(json.output.contains("\"read_error\":\"is cut short"))
    #expect(try await run("probe", clip).status == 0)
  }

  @Test func exits77WithoutAKey() async throws {
    let fixture = try SmallStoryboard()
    let result = try await run(
      "run", fixture.storyboard, "--provider", "oxen", "--yes", "--presets", fixture.presets)
    #expect(result.status == 77)
    #expect(result.errors.contains("OXEN_API_KEY"))
  }

  @Test func exits73ForAnExistingOutput() async throws {
    let folder = try ScratchFolder()
    let clip = try folder.make("clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1")
    let frame = try folder.write("last.png", "mine")
    let result = try await run("frame", clip, "--last", "-o", frame)
    #expect(result.status == 73)
    #expect(try String(contentsOfFile: frame, encoding: .utf8) == "mine")
  }

  @Test func exits73WhenTheWorkspaceCannotBeCreated() async throws {
    let fixture = try SmallStoryboard()
    let file = try fixture.folder.write("file", "in the way")
    let result = try await run(
      "run", fixture.storyboard, "--workspace", file + "/inside", "--presets", fixture.presets)
    #expect(result.status == 73)
  }

  @Test func exits64ForBadUsage() async throws {
    let fixture = try SmallStoryboard()
    #expect(try await run("run", fixture.storyboard, "--max-cost", "much").status == 64)
    #expect(try await run("run", fixture.storyboard, "--jobs", "0").status == 64)
    #expect(try await run("redo", fixture.storyboard, "--presets", fixture.presets, "--shot", "nine").status == 64)
    let fal = try await run(
      "run", fixture.storyboard, "--provider", "sandbox", "--anchor-store", "data", "--presets", fixture.presets)
    #expect(fal.status == 64)
  }

  @Test func asksForYesWhereThereIsNoTerminal() async throws {
    let fixture = try SmallStoryboard()
    let hub = try await ScriptedHub.start("{}")
    defer { hub.stop() }
    let result = try await run(
      "run", fixture.storyboard, "--provider", "oxen", "--presets", fixture.presets, "--base-url", hub.baseURL,
      environment: ["OXEN_API_KEY": ScriptedHub.key])
    #expect(result.status == 64)
    #expect(result.errors.contains("--yes"))
    #expect(result.errors.contains("$3.78"))
  }

  @Test func doctorNeverShowsAKey() async throws {
    let result = try await run("doctor", "--json", environment: ["OXEN_API_KEY": "very-secret", "FAL_KEY": ""])
    #expect(result.status == 0)
    #expect(!(result.output + result.errors).contains("very-secret"))
    let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(json["keys"] as? [String: Bool] == ["OXEN_API_KEY": true, "FAL_KEY": false])
    #expect((json["codecs"] as? [String: Bool])?["libx264"] == true)
    let table = try await run("doctor", environment: ["OXEN_API_KEY": "very-secret"])
    #expect(table.output.hasSuffix("\nall checks passed\n"), "\(table.output)")
    #expect(table.output.contains("ok       OXEN_API_KEY set") && !table.output.contains("very-secret"))
    let failing = try await run("doctor", "--presets", "/no/such/folder")
    #expect(failing.status == 1)
    #expect(failing.output.hasSuffix("\nfailed: presets\n"), "\(failing.output)")
  }

  @Test func listsTheBundledModelsWithoutAService() async throws {
    let result = try await run("models", "--json")
    #expect(result.status == 0)
    let ids = try result.output.split(separator: "\n").map {
      (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["id"] as? String
    }
    #expect(ids.contains("kling-video-o3-omni"))
    #expect(try await run("models", "no-such-model").status == 66)
  }
}
