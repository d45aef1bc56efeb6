import Foundation
import Support
import Testing

/// `stitch`: never overwrites a shot, and reports a bad output before the work.
@Suite struct StitchCommandTests {
  private func shots() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for name in ["a.mp4", "b.mp4"] {
      _ = try folder.make(
        name, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24:duration=1", "-c:v", "libx264")
    }
    return folder
  }

  @Test(arguments: [
    ["-o", "a.mp4", "--overwrite"], ["-o", "./b.mp4", "--overwrite"],
    ["-o", "m.mp4", "--report", "b.mp4", "--overwrite"],
    ["-o", "m.mp4", "--report", "m.mp4"],
  ])
  func neverOverwritesAShotOrTheMaster(arguments: [String]) async throws {
    let folder = try shots()
    let before = try ["a.mp4", "b.mp4"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    let paths = arguments.map { $0.hasSuffix(".mp4") ? folder.path($0) : $0 }
    let result = try await LongtakeProgram.run(["stitch", folder.path("a.mp4"), folder.path("b.mp4")] + paths)
    #expect(result.status == 64)
    #expect(try ["a.mp4", "b.mp4"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) } == before)
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }

  /// Before anything is written.
  @Test(arguments: [
    (64, ["--trim", "3=1.."], "no shot 3"), (64, ["--trim", "c.mp4=1.."], "no shot has that name"),
    (64, ["--trim", "1=1..", "--trim", "a.mp4=..1"], "already trimmed"), (64, ["--trim", "1=x"], "--trim"),
    (64, ["--trim", "1=#9..#3"], "#9 to #3"), (65, ["--trim", "b.mp4=..2"], "trim out 2"),
    (64, ["--transition", "2=dip:1"], "there is 1 join"), (64, ["--transition", "1=wipe:1"], "--transition"),
    (64, ["--transition", "1=dissolve:0"], "shorter than 1"), (65, ["--transition", "1=dissolve:3"], "too few"),
    (64, ["--size", "320x180"], "--conform"), (64, ["--conform", "--size", "321x180"], "must be even"),
    (64, ["--conform", "--rate", "0"], "--rate"), (65, ["--conform", "--rate", "30"], "--rate-conversion"),
    (64, ["--ease-frames", "0"], "--ease-frames"),
  ])
  func namesTheOptionThatCannotBeApplied(status: Int32, arguments: [String], text: String) async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run(
      ["stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--overlap", "keep"]
        + arguments)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }

  @Test(arguments: [
    (["probe", "a.mp4", "--limits", "pixels=100"], "160x90 = 14400 pixels"),
    (["frame", "a.mp4", "--last", "-o", "x.png", "--limits", "streams=9,packets=5"], "--limits packets="),
    (["stitch", "a.mp4", "b.mp4", "-o", "m.mp4", "--limits", "boxes=1"], "--limits boxes="),
  ])
  func limitsCanBeSet(arguments: [String], text: String) async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run(arguments.map { $0.contains(".") ? folder.path($0) : $0 })
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
    let unknown = try await LongtakeProgram.run(["probe", folder.path("a.mp4"), "--limits", "pixel=1"])
    #expect(unknown.status == 64)
  }

  @Test func warnsOfStreamsThatAreLeftOut() async throws {
    let folder = try shots()
    let captions = try folder.write("c.srt", "1\n00:00:00,000 --> 00:00:00,900\nhello\n")
    let path = try folder.make(
      "c.mp4", "-i", folder.path("a.mp4"), "-i", captions, "-c", "copy", "-c:s", "mov_text")
    let result = try await LongtakeProgram.run(["stitch", path, folder.path("b.mp4"), "-o", folder.path("m.mp4")])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.errors.contains("warning: \(path): subtitle stream #1 (mov_text) not in the master"), "\(result.errors)")
  }

  @Test func appliesTrimsAndTransitions() async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run([
      "stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--trim", "1=..#20", "--trim",
      "b.mp4=0.25..", "--transition", "1=dissolve:#6", "--overlap", "keep",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try MediaTool.decode(folder.path("m.mp4")).frames == 20 + 18 - 6)
  }

  @Test func checksTheReportPathBeforeTheWork() async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run([
      "stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--report",
      folder.path("missing/r.json"),
    ])
    #expect(result.status == 73)
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }

  /// Also negative values, SOURCE_DATE_EPOCH and the timeline.
  @Test func appliesAudioAndMetadataOptions() async throws {
    let folder = try shots()
    let music = try folder.make("music.wav", "-f", "lavfi", "-t", "1", "-i", "sine=frequency=400")
    let result = try await LongtakeProgram.run(
      [
        "stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mov"), "--overlap", "keep",
        "--loudness", "-20", "--true-peak", "-2", "--music", music, "--music-level", "-3", "--music-fade", "0",
        "--music-loop", "--audio-codec", "pcm", "--title", "A", "--metadata", "own=x=y", "--otio",
        folder.path("m.otio"), "--json",
      ], environment: ["SOURCE_DATE_EPOCH": "1704164645"])
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let audio = try #require(report["audio"] as? [String: Any])
    #expect(abs((audio["integrated_lufs"] as? Double ?? 0) + 20) < 0.5)
    #expect(audio["true_peak_limit_dbtp"] as? Double == -2 && audio["codec"] as? String == "pcm")
    #expect((audio["music"] as? [String: Any])?["level_db"] as? Double == -3)
    let format = try #require(try MediaTool.ffprobe(folder.path("m.mov"))?["format"] as? [String: Any])
    let tags = try #require(format["tags"] as? [String: String])
    #expect(tags["title"] == "A" && tags["own"] == "x=y" && tags["creation_time"] == "2024-01-02T03:04:05.000000Z")
    #expect(FileManager.default.fileExists(atPath: folder.path("m.otio")))
  }

  @Test(arguments: [
    (["--audio-codec", "pcm"], 64, "pcm audio does not fit into .mp4"),
    (["--loudness", "3"], 64, "--loudness must be"),
    (["--true-peak", "-30"], 64, "--true-peak must be"), (["--music-level", "-3"], 64, "--music FILE"),
    (["--music", "missing.wav"], 66, "missing.wav"), (["--music", "a.mp4"], 65, "has no audio stream"),
    (["--audio-codec", "pcm", "--audio-bitrate", "320"], 64, "--audio-bitrate"),
    (["--audio-bitrate", "9"], 64, "--audio-bitrate"), (["--otio", "a.mp4", "--overwrite"], 64, "same file"),
    (["--creation-time", "soon"], 64, "--creation-time"),
  ])
  func namesTheOptionThatIsInvalid(arguments: [String], status: Int32, text: String) async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run(
      ["stitch", "a.mp4", "b.mp4", "-o", "m.mp4"] + arguments, in: folder.url)
    #expect(result.status == status && result.errors.contains(text), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }
}
