import Files
import Foundation
import Support
import Testing

/// `review` of shots that are stitched for the page.
@Suite(.media) struct ReviewCommandTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    let video = ["-f", "lavfi", "-i", "testsrc2=size=128x72:rate=24:duration=0.25"]
    for name in ["one.mov", "two.mov"] {
      try MediaTool.ffmpeg(video + ["-c:v", "prores_ks", "-profile:v", "0", name], in: folder.url)
    }
    try MediaTool.ffmpeg(video + ["-c:v", "libx264", "-pix_fmt", "yuv420p", "other.mp4"], in: folder.url)
  }

  private func review(_ shots: String...) async throws -> LongtakeProgram.Result {
    try await LongtakeProgram.run(["review"] + shots + ["--quiet", "--json", "-o", "page"], in: folder.url)
  }

  @Test func shotsThatDoNotFitIntoMP4AreShown() async throws {
    let result = try await review("one.mov", "two.mov")
    #expect(result.status == 0, "\(result.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path("page/index.html")))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false))
    #expect(left.sorted() == ["one.mov", "other.mp4", "page", "two.mov"])
  }

  @Test func optionsThatOtherShotsNeedAreThoseOfStitch() async throws {
    let result = try await review("one.mov", "other.mp4")
    #expect(result.status == 65)
    #expect(result.errors.contains("'longtake stitch' has these options"), "\(result.errors)")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false))
    #expect(left.sorted() == ["one.mov", "other.mp4", "two.mov"])
  }

  @Test(arguments: [true, false]) func decisionsAboutAnotherMasterAreToldOf(_ isAnother: Bool) async throws {
    let digest = isAnother ? "ab" : try SHA256Text.ofFile(folder.path("other.mp4")).sha256
    let decisions = try folder.write(
      "ada.json",
      #"""
      {"schema":"longtake.decisions/1","title":"x","master":{"file":"other.mp4","sha256":"\#(digest)"},"reviewers":["Ada"],
      "written":"2026-01-01T00:00:00Z","conflicts":[],"shots":[],"notes":[]}
      """#)
    let result = try await LongtakeProgram.run(
      ["review", "other.mp4", "--decisions", decisions, "-o", "page"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("another master") == isAnother, "\(result.errors)")
  }
}
