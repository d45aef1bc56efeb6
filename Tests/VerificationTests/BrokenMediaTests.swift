import Foundation
import Libav
import Presets
import Support
import Testing
import Timing
import Verification

@Suite(.media) struct BrokenMediaTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("A missing file is an error, not a verdict")
  func missing() throws {
    let verifier = try Verifier(spec: TestClip.everything)
    let error = #expect(throws: LibavError.self) { _ = try verifier.verify(folder.path("nothing.mp4")) }
    #expect(error?.code == .fileNotFound)
  }

  @Test(
    "Text, an empty file and a truncated header fail to open",
    arguments: ["hello, not a video\n", "", "\0\0\0\u{18}ftypmp42"])
  func noMedia(_ text: String) throws {
    let path = try folder.write("clip.mp4", Data(text.utf8))
    let report = try TestClip.report(path)
    #expect(report.verdict == .fail)
    let finding = try #require(report.finding("container.opens"))
    #expect(finding.status == .fail)
    #expect(report.findings.filter { $0.check != "container.opens" }.allSatisfy { $0.status == .notRun })
    #expect(report.findings.count == CheckCatalogue.all.count)
  }

  @Test("A playlist cannot make another file be read")
  func playlist() throws {
    let clip = try TestClip.make(folder, audio: nil)
    let path = try folder.write("list.mp4", Data("ffconcat version 1.0\nfile '\(clip)'\n".utf8))
    #expect(try TestClip.report(path).finding("container.opens")?.status == .fail)
  }

  @Test("A truncated file fails, and does not decode cleanly")
  func truncated() throws {
    let whole = try TestClip.make(folder, extra: ["-movflags", "+faststart"])
    let data = try Data(contentsOf: URL(filePath: whole))
    let path = try folder.write("cut.mp4", data.prefix(data.count * 6 / 10))
    let report = try TestClip.report(path)
    #expect(report.finding("container.truncated")?.actual == true)
    #expect(report.finding("container.truncated")?.status == .fail)
    #expect(report.finding("decode.clean")?.status == .fail)
    #expect(report.verdict == .fail)
  }

  @Test(
    "Damaged bytes are found if ffmpeg finds them, with a time", arguments: ["libx264", "libx265"])
  func corrupted(_ codec: String) throws {
    let whole = try TestClip.make(
      folder, seconds: 4, audio: nil, extra: ["-c:v", codec, "-movflags", "+faststart", "-g", "24"])
    var data = try Data(contentsOf: URL(filePath: whole))
    let middle = data.count * 3 / 5
    for offset in 0..<6000 { data[middle + offset] = UInt8(truncatingIfNeeded: offset &* 151 &+ 7) }
    let path = try folder.write("damaged.mp4", data)
    let reference = try MediaTool.decode(path)
    #expect(!reference.errors.isEmpty)
    let finding = try #require(try TestClip.report(path).finding("decode.clean"))
    #expect(finding.status == .fail)
    #expect(finding.actual == false)
    let start = try #require(finding.start).doubleValue
    #expect(start > 0.5 && start < 4)
    #expect(try TestClip.report(whole).finding("decode.clean")?.status == .pass)
  }

  @Test("Bytes after the last box are counted")
  func trailing() throws {
    let whole = try TestClip.make(folder, audio: nil)
    let path = try folder.write("long.mp4", try Data(contentsOf: URL(filePath: whole)) + Data([1, 2, 3]))
    let finding = try TestClip.report(path).finding("container.trailing_bytes")
    #expect(finding?.actual == 3)
    #expect(finding?.status == .fail)
  }

  @Test("A file with audio only fails every rule about video")
  func audioOnly() throws {
    let path = try folder.make("audio.m4a", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    let report = try TestClip.report(path)
    #expect(report.finding("video.present")?.status == .fail)
    #expect(report.finding("video.size")?.status == .fail)
    #expect(report.finding("decode.clean")?.status == .pass)
    #expect(report.finding("audio.present")?.status == .pass)
  }
}
