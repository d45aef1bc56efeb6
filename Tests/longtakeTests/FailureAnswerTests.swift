import Foundation
import Support
import Testing

/// A JSON answer also where a command fails.
@Suite struct FailureAnswerTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private static let mistakes = ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml")

  /// The objects on stdout; each must follow its schema.
  private func errors(_ result: LongtakeProgram.Result) throws -> [[String: Any]] {
    try result.output.split(separator: "\n").enumerated().map { number, line in
      let file = try folder.write("\(number).json", String(line))
      #expect(try SchemaValidator.problems(of: file, schema: ProjectFiles.path("presets/schema/error.json")) == [])
      return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private static let failures: [(arguments: [String], status: Int32)] = [
    (["run", "missing.yaml"], 66), (["generate", "missing.yaml"], 66), (["plan", "missing.yaml"], 66),
    (["run", mistakes], 65), (["run", mistakes, "--jobs", "0"], 64), (["verify", "a.mp4", "--preset", "none"], 66),
    (["verify"], 64), (["jobs"], 66), (["stitch", "a.mp4", "-o", "m.avi"], 64), (["models", "none"], 66),
    (["frame", "a.mp4", "--last", "-o", "a.txt"], 64), (["native", "--no-such-option"], 64),
    (["extend", "missing.mp4", "--prompt", "x"], 66),
  ]

  @Test(arguments: failures)
  func printsOneErrorObject(_ arguments: [String], status: Int32) async throws {
    let result = try await LongtakeProgram.run(arguments + ["--json"], in: folder.url)
    #expect(result.status == status, "\(result.errors)")
    let errors = try errors(result)
    #expect(errors.count == 1)
    #expect(errors.first?["exit_status"] as? Int == Int(status))
    #expect((errors.first?["problems"] as? [Any])?.count == (status == 65 ? 10 : 0))
    let silent = try await LongtakeProgram.run(arguments, in: folder.url)
    #expect(silent.status == status)
    #expect(silent.output.isEmpty, "\(silent.output)")
  }

  @Test(arguments: ["probe", "verify", "native"]) func printsAnErrorObjectForEachFile(_ command: String) async throws {
    let result = try await LongtakeProgram.run([command, "x.mp4", "y.mp4", "--json"], in: folder.url)
    #expect(result.status == 66)
    #expect(try errors(result).map { $0["file"] as? String } == ["x.mp4", "y.mp4"])
  }

  @Test func answersARefusalToSpend() async throws {
    let fixture = try SmallStoryboard()
    let hub = try await ScriptedHub.start("{}")
    defer { hub.stop() }
    let result = try await LongtakeProgram.run(
      [
        "run", fixture.storyboard, "--provider", "oxen", "--presets", fixture.presets, "--base-url", hub.baseURL,
        "--json",
      ], environment: ["OXEN_API_KEY": ScriptedHub.key])
    #expect(result.status == 64)
    let errors = try errors(result)
    #expect(errors.count == 1)
    #expect((errors.first?["error"] as? String)?.contains("--yes") == true)
  }

  @Test(arguments: [["verify"], ["thumbnails", "--scenes", "-o", "out"], ["thumbnails", "--best", "3", "-o", "out"]])
  func answersAnInterruption(_ command: [String]) async throws {
    _ = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=24:duration=3", "-c:v", "libx264", "-preset",
      "ultrafast", "-pix_fmt", "yuv420p")
    let files = Array(repeating: "clip.mp4", count: 40)
    let program = try LongtakeProgram.start(command + ["--json"] + files, in: folder.url)
    try await program.waitForOutput("\n")
    program.signal(SIGTERM)
    let result = try await program.result()
    #expect(result.status == 75, "\(result.errors)")
    let answers = result.output.split(separator: "\n")
    #expect(answers.count < 41)
    #expect(answers.last?.contains(#""exit_status":75"#) == true)
  }
}
