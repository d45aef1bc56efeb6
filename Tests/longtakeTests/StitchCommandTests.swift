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
