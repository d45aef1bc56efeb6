import Foundation
import Support
import Testing

/// How arguments are read: durations, and file names that look like something else.
@Suite struct ArgumentTests {
  private static let durations: [(text: String, status: Int32)] = [
    ("90s", 66), ("45m", 66), ("1h30m", 66), ("1.5h", 66), ("1h30m15s", 66), ("500ms", 66), ("24h", 66),
    ("45", 64), ("25h", 64), ("0s", 64), ("30m1h", 64), ("1h1h", 64), ("1d", 64), ("-5m", 64), ("m", 64), ("5 m", 64),
    ("", 64), ("1e9s", 64), ("99999999999999999999h", 64),
  ]

  /// A valid duration gets as far as the missing storyboard.
  @Test(arguments: durations)
  func readsDurations(_ text: String, status: Int32) async throws {
    let result = try await LongtakeProgram.run(["run", "missing.yaml", "--timeout=\(text)"])
    #expect(result.status == status, "\(result.errors)")
    if status == 64 { #expect(result.errors.contains("timeout")) }
  }

  /// Where plain seconds were always accepted, they still are.
  @Test(arguments: ["5", "5s", "5.5", "0.1m"]) func readsPlainSeconds(_ text: String) async throws {
    let result = try await LongtakeProgram.run(["extend", "missing.mp4", "--prompt", "x", "--duration", text])
    #expect(result.status == 66, "\(result.errors)")
  }

  @Test func showsTheDefaultOfADuration() async throws {
    let result = try await LongtakeProgram.run(["help", "run"])
    #expect(result.status == 0)
    #expect(result.output.contains("(default: 45m)"))
  }

  /// Every command, and every option of it, has a line of help.
  @Test func explainsEveryOption() async throws {
    let root = try await LongtakeProgram.run(["--experimental-dump-help"])
    let dump = try #require(try JSONSerialization.jsonObject(with: Data(root.output.utf8)) as? [String: Any])
    let commands = try #require((dump["command"] as? [String: Any])?["subcommands"] as? [[String: Any]])
    #expect(commands.count >= 18)
    for command in commands where command["commandName"] as? String != "help" {
      #expect((command["abstract"] as? String ?? "").isEmpty == false, "\(command["commandName"] ?? "")")
      for argument in command["arguments"] as? [[String: Any]] ?? [] {
        #expect((argument["abstract"] as? String ?? "").isEmpty == false, "\(argument["valueName"] ?? "")")
      }
    }
  }

  private static let names = [
    "concat:a.mp4", "concat:a.mp4|b.mp4", "data:video/mp4;base64,AAAA.mp4", "subfile,,start,0,end,9,,:a.mp4", "@a.mp4",
    "-a.mp4", "file:a.mp4", "http:a.mp4", "pipe:0.mp4", "~a.mp4", "a*[?].mp4", "a%20b.mp4", "a b#c.mp4", "%03d.mp4",
    "-",
  ]

  @Test(arguments: names) func opensTheFileOfThatName(_ name: String) async throws {
    let folder = try ScratchFolder()
    let clip = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24:duration=0.25", "-c:v", "libx264")
    let own = folder.url.appending(path: "own")
    try FileManager.default.createDirectory(
      at: URL(filePath: own.path + "/" + name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: clip, toPath: own.path + "/" + name)
    let probe = try await LongtakeProgram.run(["probe", "--json", "--", name], in: own)
    #expect(probe.status == 0, "\(probe.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(probe.output.utf8)) as? [String: Any])
    #expect((report["format"] as? [String: Any])?["filename"] as? String == name)
    // The outputs too.
    let still = name.replacing("/", with: "_") + ".png"
    let frame = try await LongtakeProgram.run(["frame", "--last", "--output=\(still)", "--", name], in: own)
    #expect(frame.status == 0, "\(frame.errors)")
    let master = "m" + name.replacing("/", with: "_") + ".mp4"
    let stitch = try await LongtakeProgram.run(["stitch", "--output=\(master)", "--", name], in: own)
    #expect(stitch.status == 0, "\(stitch.errors)")
    let written = try FileManager.default.contentsOfDirectory(atPath: own.path)
    #expect(written.contains(still) && written.contains(master), "\(written)")
  }

  /// Once a pattern of numbered images, `f%d.png` opened `f0.png`.
  @Test(arguments: ["f%d.png", "f%02d.jpg", "f[0-9].png", "f%%.webp"])
  func opensAnImageWhoseNameLooksLikeAPattern(_ name: String) async throws {
    let folder = try ScratchFolder()
    let ending = URL(filePath: name).pathExtension
    for (file, size) in [("f0.\(ending)", "64x64"), ("f00.\(ending)", "64x64"), ("own.\(ending)", "96x48")] {
      _ = try folder.make(file, "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=1", "-frames:v", "1", "-update", "1")
    }
    try FileManager.default.moveItem(atPath: folder.path("own.\(ending)"), toPath: folder.path + "/" + name)
    let result = try await LongtakeProgram.run(["frame", name, "--first", "-o", "out%d.png", "--json"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report["width"] as? Int == 96)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains("out%d.png"))
  }
}
