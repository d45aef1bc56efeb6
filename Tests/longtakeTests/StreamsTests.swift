import Foundation
import Support
import Testing

/// Answers go to stdout, everything else to stderr.
@Suite struct StreamsTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    // An anchor must have at least 300 pixels a side.
    for (name, size) in [("a.mp4", "160x90"), ("b.mp4", "160x90"), ("large.mp4", "320x320")] {
      _ = try folder.make(
        name, "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=24:duration=0.5", "-c:v", "libx264", "-g", "6",
        "-pix_fmt", "yuv420p")
    }
    try folder.write(
      "p.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "p", "title": "t", "source": "s",
       "rules": {"video.size": {"anyOf": ["160x90"]}}}
      """)
  }

  private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> LongtakeProgram.Result {
    try await LongtakeProgram.run(arguments, environment: environment, in: folder.url)
  }

  @Test(arguments: [
    ["probe", "a.mp4", "b.mp4"], ["verify", "a.mp4", "--preset", "p.json"], ["verify", "--list-checks"],
    ["verify", "--list-presets"], ["native", "a.mp4"], ["frame", "a.mp4", "--last", "-o", "last.png", "--overwrite"],
    ["frame", "--diff", "a.mp4", "b.mp4"], ["frame", "--last", "a.mp4", "b.mp4", "-o", "stills", "--overwrite"],
    ["anchor", "large.mp4", "-o", "anchor.png", "--overwrite"],
    ["thumbnails", "a.mp4", "b.mp4", "--count", "2", "-o", "thumbs", "--overwrite"],
    ["sheet", "a.mp4", "-o", "sheet.png", "--width", "320", "--overwrite"],
    ["stitch", "a.mp4", "b.mp4", "-o", "m.mp4", "--overwrite"], ["models", "--offline"],
    ["models", "--offline", "kling-video-o3-omni"], ["doctor"],
  ])
  func printsTheAnswerOnStdoutEvenWhenQuiet(_ arguments: [String]) async throws {
    let plain = try await run(arguments)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(!plain.output.isEmpty)
    #expect(!plain.output.split(separator: "\n").contains { plain.errors.contains($0) })
    let quiet = try await run(arguments + ["--quiet"])
    #expect(quiet.output == plain.output || arguments[0] == "doctor")
    #expect(quiet.errors.isEmpty)
    let json = try await run(arguments + ["--json", "--quiet"])
    #expect(json.errors.isEmpty)
    let objects = try json.output.split(separator: "\n").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
    #expect(!objects.isEmpty && objects.allSatisfy { $0 is [String: Any] })
  }

  @Test(arguments: ["plan", "jobs"]) func printsStoryboardAnswersOnStdoutEvenWhenQuiet(_ command: String) async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    duration: 1")
    let environment = ["LONGTAKE_PRESETS": fixture.presets]
    if command == "jobs" {
      let made = try await run(["generate", fixture.storyboard], environment: environment)
      try #require(made.status == 0, "\(made.errors)")
      #expect(made.errors.contains("1 shot by sandbox") && made.output.contains("one: 1 s, take 1, verified"))
    }
    let plain = try await run([command, fixture.storyboard], environment: environment)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(plain.output.contains(command == "jobs" ? "(Small video): 1 generation\n" : "total: 1 shot, 1 s"))
    #expect(plain.errors.isEmpty)
    let quiet = try await run([command, fixture.storyboard, "--quiet"], environment: environment)
    #expect(quiet.output == plain.output)
    let json = try await run([command, fixture.storyboard, "--json"], environment: environment)
    #expect(json.output.split(separator: "\n").count == 1)
    #expect(json.output.hasPrefix("{"))
  }

  /// Stdout is a pipe whose reader is gone, or a device that is full.
  private func run(to target: String, _ arguments: [String]) throws -> OutsideProgram.Result {
    let script = """
      import os, subprocess, sys
      if sys.argv[1] == "pipe":
          reader, writer = os.pipe()
          os.close(reader)
      else:
          writer = os.open("/dev/full", os.O_WRONLY)
      child = subprocess.run(sys.argv[2:], stdout=writer, stdin=subprocess.DEVNULL)
      sys.exit(child.returncode if child.returncode >= 0 else 200 - child.returncode)
      """
    return try MediaTool.run("python3", ["-c", script, target, LongtakeProgram.path()] + arguments, in: folder.url)
  }

  private static let unread: [(arguments: [String], status: Int32)] = [
    (["probe", "a.mp4", "b.mp4"], 0), (["verify", "--list-checks"], 0), (["doctor"], 0), (["models", "--json"], 0),
    (["--help"], 0), (["verify", "a.mp4", "--preset", "p.json", "--json"], 0), (["verify", "a.mp4"], 1),
    (["frame", "a.mp4", "--last", "-o", "last.png", "--json"], 0),
  ]

  @Test(arguments: unread)
  func endsQuietlyWhenTheReaderIsGone(_ arguments: [String], status: Int32) throws {
    let result = try run(to: "pipe", arguments + (arguments == ["--help"] ? [] : ["--quiet"]))
    #expect(result.status == status)
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  @Test func stopsAfterTheFileWhoseReaderIsGone() throws {
    let result = try run(to: "pipe", ["probe", "a.mp4", "missing.mp4", "b.mp4"])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test func reportsThatStdoutIsFull() throws {
    let result = try run(to: "full", ["probe", "a.mp4"])
    #expect(result.status == 74)
    #expect(result.errors.contains("standard output"))
  }

  @Test(arguments: [
    ["probe", "a.mp4"], ["verify", "--list-checks"], ["frame", "a.mp4", "--last", "-o", "last.png", "--overwrite"],
    ["stitch", "a.mp4", "b.mp4", "-o", "m.mp4", "--overwrite", "--quiet"],
  ])
  func noFileTakesThePlaceOfAClosedStdout(_ arguments: [String]) throws {
    let command = [try LongtakeProgram.path()] + arguments
    let result = try MediaTool.run("bash", ["-c", "exec \"$@\" >&-", "bash"] + command, in: folder.url)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test func writesNoColorOrProgressIntoAPipe() async throws {
    let result = try await run(["probe", "missing.mp4", "a.mp4"])
    #expect(result.status == 66)
    #expect(result.output.contains("a.mp4") && result.errors.contains("missing.mp4"))
    #expect(!(result.output + result.errors).contains("\u{1B}"))
  }

  @Test func makesControlCharactersOfFileNamesVisible() async throws {
    let name = "a\u{1B}[2J\nb.mp4"
    try FileManager.default.copyItem(atPath: folder.path("a.mp4"), toPath: folder.path + "/" + name)
    let result = try await run(["probe", name, "missing\u{1B}[2J.mp4"])
    #expect(result.status == 66)
    #expect(result.output.contains(#"a\u{1b}[2J\u{a}b.mp4"#))
    #expect(result.errors.contains(#"missing\u{1b}[2J.mp4"#))
    #expect(!(result.output + result.errors).contains("\u{1B}"))
  }
}
