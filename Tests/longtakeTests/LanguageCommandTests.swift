import Foundation
import Support
import Testing

/// Captions, voices and retiming as a user asks for them.
@Suite(.media) struct LanguageCommandTests {
  private static let cues =
    "WEBVTT\n\n00:00.200 --> 00:00.900\nA line that is a little too long to be read in time, really\n"

  private func program() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    _ = try folder.make(
      "film.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-f", "lavfi", "-i",
      "sine=frequency=300:sample_rate=48000:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac",
      "2")
    _ = try folder.make("de.wav", "-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000:duration=1")
    try folder.write("de.vtt", Self.cues)
    return folder
  }

  private func schemaProblems(_ text: String, _ schema: String) throws -> [String] {
    var batch = SchemaBatch()
    for line in text.split(separator: "\n") {
      batch.add("answer", String(line), schema: ProjectFiles.path("presets/schema/\(schema).json"))
    }
    #expect(batch.count > 0)
    return try batch.problems()
  }

  @Test func deliversOneVersionPerLanguageWithCaptionsAndSums() async throws {
    let folder = try program()
    let result = try await LongtakeProgram.run([
      "deliver", folder.path("film.mp4"), "--preset", "proxy-1080p", "-o", folder.path("out"), "--json", "--captions",
      folder.path("de.vtt") + "=deu", "--voice", "none=eng", "--voice", folder.path("de.wav") + "=deu", "--voice-duck",
      "9",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("characters a second") && result.errors.contains("de.vtt: line 3, cue 1"))
    #expect(try schemaProblems(result.output, "deliverable") == [])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    let versions = ["deu", "eng"].flatMap { language in
      ["deu.srt", "deu.vtt", "mp4"].map { "film_proxy-1080p_\(language).\($0)" }
    }
    #expect(names == ["SHA256SUMS"] + versions + ["manifest.json", "qc.html"])
    let sums = try MediaTool.run("sha256sum", ["-c", "SHA256SUMS"], in: URL(filePath: folder.path("out")))
    #expect(sums.status == 0 && sums.text.split(separator: "\n").count == 6, "\(sums.errors)")
    let manifest = try String(contentsOfFile: folder.path("out/manifest.json"), encoding: .utf8)
    #expect(
      try SchemaValidator.problems(
        of: folder.path("out/manifest.json"), schema: ProjectFiles.path("presets/schema/manifest.json")) == [])
    #expect(manifest.contains("\"de.wav\"") && !manifest.contains(folder.path("out")))
  }

  @Test func stitchesOneMasterPerLanguage() async throws {
    let folder = try program()
    let result = try await LongtakeProgram.run([
      "stitch", folder.path("film.mp4"), folder.path("film.mp4"), "--overlap", "keep", "-o", folder.path("m.mov"),
      "--json",
      "--retime", "24000/1001", "--audio-codec", "pcm", "--captions", folder.path("de.vtt") + "=deu", "--voice",
      "none=eng", "--voice", folder.path("de.wav") + "=deu",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try schemaProblems(result.output, "stitch") == [])
    let packets = try ["eng", "deu"].map { language in
      try MediaTool.run(
        "ffmpeg",
        ["-v", "error", "-i", folder.path("m.\(language).mov"), "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]
      ).text
    }
    #expect(packets[0] == packets[1] && packets[0].count > 1000)
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mov")))
  }

  @Test(arguments: [
    (65, ["--captions", "late.srt"], "after the program's end"), (66, ["--captions", "none.srt"], "none.srt"),
    (64, ["--voice", "de.wav=deu", "--voice", "de.wav=deu"], "deu"), (65, ["--voice", "de.vtt=deu"], "de.vtt"),
    (64, ["--voice-duck", "6"], "--voice"), (64, ["--burn-captions"], "--captions"),
    (65, ["--voice", "long.wav"], "longer"),
  ])
  func saysWhatIsWrongBeforeTheWork(status: Int32, arguments: [String], text: String) async throws {
    let folder = try program()
    try folder.write("late.srt", "1\n00:00:02,000 --> 00:00:03,000\nx\n")
    _ = try folder.make("long.wav", "-f", "lavfi", "-i", "sine=duration=3")
    let paths = arguments.map { $0.hasPrefix("--") || Double($0) != nil ? $0 : folder.path($0) }
    let result = try await LongtakeProgram.run(
      ["deliver", folder.path("film.mp4"), "--preset", "proxy-1080p", "-o", folder.path("out"), "--json"] + paths)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    let left = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("out"))) ?? []
    #expect(left == [])
  }
}
