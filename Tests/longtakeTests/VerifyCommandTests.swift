import Foundation
import Support
import Testing

/// Several files at once, folders, JUnit, and the joins of a stitch report.
@Suite struct VerifyCommandTests {
  private let folder: ScratchFolder
  private let preset: String

  init() throws {
    folder = try ScratchFolder()
    preset = try folder.write(
      "p.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "p", "title": "t", "source": "s",
       "rules": {"video.size": {"anyOf": ["160x90"]}, "video.black": {"max": 1, "severity": "warn"}}}
      """)
    for (name, size) in [("media/a.mp4", "160x90"), ("media/deep/b.mp4", "192x108")] {
      try folder.write(name, "")
      _ = try folder.make(
        name, "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=24:duration=0.5", "-c:v", "libx264")
    }
    try folder.write("media/notes.txt", "no media")
  }

  @Test func aFolderIsItsMediaInOrderWhateverIsDoneFirst() async throws {
    let arguments = ["verify", "--json", "--quiet", "--jobs", "3", "--preset", preset, folder.path("media")]
    let result = try await LongtakeProgram.run(arguments)
    #expect(result.status == 1)
    let verdicts = try result.output.split(separator: "\n").map { line -> String in
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return "\((try #require(object["file"] as? String) as NSString).lastPathComponent) \(object["verdict"] ?? "")"
    }
    #expect(verdicts == ["a.mp4 pass", "b.mp4 fail"])
    let empty = try await LongtakeProgram.run(["verify", "--preset", preset, folder.path("media/deep/..") + "/none"])
    #expect(empty.status == 66)
  }

  /// What is read is never written over, not by any command and whatever `--overwrite` says.
  @Test(arguments: ["verify", "frame", "difference", "sheet", "anchor"])
  func nothingIsWrittenOverWhatIsRead(_ command: String) async throws {
    let clip = folder.path("clip.png")
    try FileManager.default.copyItem(atPath: folder.path("media/a.mp4"), toPath: clip)
    let before = try Data(contentsOf: URL(filePath: clip))
    let arguments =
      switch command {
      case "verify": ["verify", clip, "--preset", preset, "--junit", clip]
      case "frame": ["frame", clip, "--last", "-o", clip]
      case "difference": ["frame", "--diff", clip, folder.path("media/deep/b.mp4"), "-o", clip]
      case "sheet": ["sheet", clip, "-o", clip]
      default: ["anchor", clip, "-o", clip]
      }
    let result = try await LongtakeProgram.run(arguments + ["--overwrite"])
    #expect(result.status == 64 || command == "anchor" && result.status == 65, "\(result.errors)")
    #expect(try Data(contentsOf: URL(filePath: clip)) == before)
  }

  @Test func junitHoldsEveryRuleAndIsWellFormed() async throws {
    let report = folder.path("junit.xml")
    let hostile = folder.path("a <&\"> b.mp4")
    try FileManager.default.copyItem(atPath: folder.path("media/a.mp4"), toPath: hostile)
    let arguments = [
      "verify", "--preset", preset, "--junit", report, hostile, folder.path("media/deep/b.mp4"),
      folder.path("missing.mp4"),
    ]
    #expect(try await LongtakeProgram.run(arguments).status == 66)
    let script = """
      import sys, xml.etree.ElementTree as T
      for s in T.parse(sys.argv[1]).getroot():
        counts = [s.get(name) for name in ('tests', 'failures', 'errors')]
        print(s.get('name').split('/')[-1], *counts, len(s.findall('testcase')), len(s.findall('.//failure')))
      """
    let judge = try MediaTool.run("python3", ["-c", script, report])
    #expect(
      String(decoding: judge.output, as: UTF8.self)
        == "a <&\"> b.mp4 3 0 0 3 0\nb.mp4 3 1 0 3 1\nmissing.mp4 1 0 1 1 0\n")
    #expect(try await LongtakeProgram.run(arguments).status == 73)
  }

  @Test func joinsOfAStitchReportAreLookedAt() async throws {
    let (master, report) = (folder.path("m.mp4"), folder.path("r.json"))
    let clip = folder.path("media/a.mp4")
    #expect(try await LongtakeProgram.run(["stitch", clip, clip, "-o", master, "--report", report]).status == 0)
    let result = try await LongtakeProgram.run([
      "verify", "--json", "--quiet", "--preset", preset, "--joins", report, master,
    ])
    #expect(result.output.contains(#""check":"join.duplicates""#))
    #expect(result.output.contains(#""check":"request.frame_count""#))
    let wrong = try await LongtakeProgram.run(["verify", "--preset", preset, "--joins", preset, master])
    #expect(wrong.status == 65 && wrong.errors.contains("stitch --report"))
  }
}
