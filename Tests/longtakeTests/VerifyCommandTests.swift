import Foundation
import Support
import Testing

/// `verify`: several files, folders, JUnit and joins of a stitch report.
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

  @Test func verifiesTheFilesOfAFolderInOrder() async throws {
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

  /// Even with `--overwrite`.
  @Test(arguments: ["verify", "frame", "difference", "sheet", "anchor"])
  func neverOverwritesAnInput(_ command: String) async throws {
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

  @Test func writesAJUnitCaseForEveryRule() async throws {
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
    let parsed = try MediaTool.run("python3", ["-c", script, report])
    #expect(
      String(decoding: parsed.output, as: UTF8.self)
        == "a <&\"> b.mp4 3 0 0 3 0\nb.mp4 3 1 0 3 1\nmissing.mp4 1 0 1 1 0\n")
    #expect(try await LongtakeProgram.run(arguments).status == 73)
  }

  @Test func checksTheJoinsOfAStitchReport() async throws {
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

  /// A pipe or device is bad input, not a deliverable that fails; a broken link is a missing file.
  @Test func distinguishesUnreadableFilesFromFailingOnes() async throws {
    try #require(try MediaTool.run("mkfifo", [folder.path("pipe.mp4")]).status == 0)
    for (path, status) in [(folder.path("pipe.mp4"), Int32(65)), ("/dev/null", 65), (folder.path("missing.mp4"), 66)] {
      let result = try await LongtakeProgram.run(["verify", "--preset", preset, path])
      #expect(result.status == status, "\(path): \(result.errors)")
      #expect(result.output.isEmpty, "\(result.output)")
    }
    let links = folder.url.appending(path: "links")
    try FileManager.default.createDirectory(at: links.appending(path: "folder.mp4"), withIntermediateDirectories: true)
    for (name, target) in [("loop.mp4", "loop.mp4"), ("whole.mp4", "../media/a.mp4")] {
      try FileManager.default.createSymbolicLink(
        atPath: links.appending(path: name).path, withDestinationPath: target)
    }
    try folder.write("links/._whole.mp4", "what other systems leave beside files")
    try #require(try MediaTool.run("mkfifo", [folder.path("links/pipe.mp4")]).status == 0)
    let result = try await LongtakeProgram.run(["verify", "--json", "--preset", preset, links.path])
    #expect(result.status == 66, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].contains(#""exit_status":66"#) && lines[1].contains("whole.mp4"))
  }

  @Test func findsAPresetByPathWithAnyName() async throws {
    let clip = folder.path("media/a.mp4")
    let text = try String(contentsOfFile: preset, encoding: .utf8)
    let own = try folder.write("presets of mine/mine.preset", text)
    try folder.write(
      "presets of mine/more.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "more", "title": "t", "source": "s", "extends": "./mine.preset",
       "rules": {"video.frame_rate": {"between": [23.9, 24.1]}}}
      """)
    #expect(try await LongtakeProgram.run(["verify", clip, "--preset", own]).status == 0)
    let more = folder.path("presets of mine/more.json")
    let extended = try await LongtakeProgram.run(["verify", clip, "--preset", more])
    #expect(extended.status == 0 && extended.output.contains("4 checks passed"), "\(extended.output)")
    let wrong = try await LongtakeProgram.run(["verify", clip, "--preset", folder.path("media/notes.txt")])
    #expect(wrong.status == 65 && wrong.errors.contains("notes.txt") && !wrong.errors.contains("there is no"))
    let none = try await LongtakeProgram.run(["verify", clip, "--preset", folder.path("nothing.json")])
    #expect(none.status == 66)
  }

  /// Names of files may hold anything but `/`.
  @Test func writesValidXMLForAnyFileName() async throws {
    let (report, hostile) = (folder.path("odd.xml"), folder.path("a\u{1}\n]]>'\u{FFFE}é\u{1F3AC}.mp4"))
    try FileManager.default.copyItem(atPath: folder.path("media/a.mp4"), toPath: hostile)
    _ = try await LongtakeProgram.run(["verify", "--preset", preset, "--junit", report, hostile])
    let script = """
      import sys, xml.etree.ElementTree as T
      print(*[ascii(s.get('name').split('/')[-1]) for s in T.parse(sys.argv[1]).getroot()])
      """
    let parsed = try MediaTool.run("python3", ["-c", script, report])
    let name = String(decoding: parsed.output, as: UTF8.self)
    #expect(name.contains(#"a\ufffd\n]]>'\ufffd\xe9\U0001f3ac.mp4"#), "\(name)")
  }

  @Test func summarisesAFileThatDoesNotOpen() async throws {
    let result = try await LongtakeProgram.run(["verify", folder.path("media/notes.txt")])
    #expect(result.status == 1)
    #expect(result.errors.isEmpty)
    #expect(result.output.split(separator: "\n").count <= 6, "\(result.output)")
  }

  @Test func listsPassedChecksOnlyWhenVerbose() async throws {
    let arguments = ["verify", folder.path("media/a.mp4"), "--preset", preset]
    let brief = try await LongtakeProgram.run(arguments)
    #expect(!brief.output.contains("video.size") && brief.output.contains("passed"), "\(brief.output)")
    let verbose = try await LongtakeProgram.run(arguments + ["--verbose"])
    #expect(verbose.output.contains("video.size"), "\(verbose.output)")
  }
}
