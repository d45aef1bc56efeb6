import Foundation
import Support
import Testing

/// Nothing that was paid for may be written over, and what cannot be written is told before the work.
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
  func neverWritesOverAShotOrTheMaster(arguments: [String]) async throws {
    let folder = try shots()
    let before = try ["a.mp4", "b.mp4"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    let paths = arguments.map { $0.hasSuffix(".mp4") ? folder.path($0) : $0 }
    let result = try await LongtakeProgram.run(["stitch", folder.path("a.mp4"), folder.path("b.mp4")] + paths)
    #expect(result.status == 64)
    #expect(try ["a.mp4", "b.mp4"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) } == before)
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }

  /// What is asked of shots and joins that are not there, or cannot be, is told by name before anything is written.
  @Test(arguments: [
    (64, ["--trim", "3=1.."], "no shot 3"), (64, ["--trim", "c.mp4=1.."], "no shot has that name"),
    (64, ["--trim", "1=1..", "--trim", "a.mp4=..1"], "trimmed twice"), (64, ["--trim", "1=x"], "--trim"),
    (64, ["--trim", "1=#9..#3"], "#9 to #3"), (65, ["--trim", "b.mp4=..2"], "trim out 2"),
    (64, ["--transition", "2=dip:1"], "there is 1 join"), (64, ["--transition", "1=wipe:1"], "--transition"),
    (64, ["--transition", "1=dissolve:0"], "shorter than 1"), (65, ["--transition", "1=dissolve:3"], "too few"),
    (64, ["--size", "320x180"], "--conform"), (64, ["--conform", "--size", "321x180"], "must be even"),
    (64, ["--conform", "--rate", "0"], "--rate"), (65, ["--conform", "--rate", "30"], "--rate-conversion"),
    (64, ["--ease-frames", "0"], "--ease-frames"),
  ])
  func namesWhatCannotBeAsked(status: Int32, arguments: [String], words: String) async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run(
      ["stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--overlap", "keep"]
        + arguments)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }

  @Test func trimsAndTransitionsReachTheMaster() async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run([
      "stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--trim", "1=..#20", "--trim",
      "b.mp4=0.25..", "--transition", "1=dissolve:#6", "--overlap", "keep",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try MediaTool.decode(folder.path("m.mp4")).frames == 20 + 18 - 6)
  }

  @Test func aReportThatCannotBeWrittenIsToldBeforeTheWork() async throws {
    let folder = try shots()
    let result = try await LongtakeProgram.run([
      "stitch", folder.path("a.mp4"), folder.path("b.mp4"), "-o", folder.path("m.mp4"), "--report",
      folder.path("missing/r.json"),
    ])
    #expect(result.status == 73)
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }
}
