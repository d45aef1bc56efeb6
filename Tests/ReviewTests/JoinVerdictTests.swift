import Foundation
import Review
import Support
import Testing

/// Verdicts on joins with and without planted faults.
@Suite(.media) struct JoinVerdictTests {
  /// A filter on the frames from the join on, and the word that the reason must contain; nil for a clean join.
  @Test(arguments: [
    ("null", nil), ("lutyuv=y=val+9", "luma"), ("lutyuv=u=val+14:v=val-14", "colour"),
    ("gblur=sigma=2.5", "sharpness"), ("loop=loop=5:size=1:start=0", "repeats"),
  ])
  func plantedFaultsAreFound(filter: String, word: String?) throws {
    let folder = try ScratchFolder()
    let source = "testsrc2=size=320x180:rate=24:duration=2,noise=alls=4:allf=t"
    let chapters = try folder.write(
      "chapters.txt",
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/24\nSTART=0\nEND=24\ntitle=one\n[CHAPTER]\nTIMEBASE=1/24\nSTART=24\nEND=48\ntitle=two\n"
    )
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", source, "-i", chapters, "-map_metadata", "1", "-filter_complex",
        "[0:v]split[a][b];[a]trim=end_frame=24[c];[b]trim=start_frame=\(filter.hasPrefix("loop") ? 23 : 24),setpts=PTS-STARTPTS,\(filter)[d];[c][d]concat",
        "-frames:v", "48", "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "master.mp4",
      ],
      in: folder.url)
    let result = try ReviewWriter(
      ReviewSubject(title: "x", master: folder.path("master.mp4")), options: ReviewOptions()
    )
    .write(to: folder.path("page"))
    let join = try #require(result.joins.first)
    #expect(join.frame == 24)
    if let word {
      #expect(join.verdict == "check" || join.verdict == "seam", "\(join.verdict): \(join.reason)")
      #expect(join.reason.contains(word), "\(join.reason)")
    } else {
      #expect(join.verdict == "clean", "\(join.reason)")
    }
  }
}
