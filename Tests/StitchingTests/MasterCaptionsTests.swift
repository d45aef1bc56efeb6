import Captions
import Foundation
import Stitching
import Support
import Testing

/// Text tracks of a master, read back by ffmpeg.
@Suite(.media) struct MasterCaptionsTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func stitch(_ text: String, _ change: (inout StitchOptions) -> Void = { _ in }) throws -> StitchReport {
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:duration=1", "-f", "lavfi", "-i", "sine=duration=1", "-c:v",
        "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "a.mp4",
      ], in: folder.url)
    try folder.write("a.vtt", text)
    var options = StitchOptions()
    options.overlap = .keep
    options.captions = [CaptionSource(file: folder.path("a.vtt"), language: "deu")]
    change(&options)
    let shots = [StitchShot(path: folder.path("a.mp4")), StitchShot(path: folder.path("a.mp4"))]
    return try Stitcher(try StitchPlan(shots, options: options), options: options).write(to: folder.path("m.mp4"))
  }

  @Test(arguments: [false, true]) func aMasterHasThemAsATrack(chapters: Bool) throws {
    let report = try stitch("WEBVTT\n\n00:00.500 --> 00:01.800\nover the join\n") { $0.writesChapters = chapters }
    #expect(report.captions?.first?.language == "deu" && report.captions?.first?.cues == 1)
    #expect(report.checks.contains { $0.check == "captions" && $0.passed })
    let probe = try MediaTool.ffprobe(folder.path("m.mp4"))?["streams"] as? [[String: Any]]
    let stream = try #require(probe?.first { $0["codec_name"] as? String == "mov_text" })
    #expect((stream["tags"] as? [String: Any])?["language"] as? String == "deu")
    let read = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", folder.path("m.mp4"), "-map", "0:s", "-f", "srt", "-"])
    #expect(read.text.contains("00:00:00,500 --> 00:00:01,800") && read.text.contains("over the join"), "\(read.text)")
  }

  @Test func captionsAfterTheEndAreRefusedBeforeAnythingIsWritten() throws {
    #expect { try stitch("WEBVTT\n\n00:02.500 --> 00:03.000\nlate\n") } throws: { error in
      (error as? CaptionError)?.problems.map(\.check) == [.end]
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("m.mp4")))
  }
}
