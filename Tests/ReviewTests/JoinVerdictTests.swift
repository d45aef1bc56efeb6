import Foundation
import Review
import Support
import Synchronization
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

  /// A still image that scrolls: how the scrolling changes at the join, the factor of its speed and the degrees of its turn.
  @Test(arguments: [("h=0.01", 1.0, 0.0), ("h=0.02", 2.0, 0.0), ("v=0.0178", 1.0, 90.0)])
  func aChangeOfMotionIsMeasured(scroll: String, factor: Double, turn: Double) throws {
    let folder = try ScratchFolder()
    let chapters = try folder.write(
      "chapters.txt",
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/24\nSTART=0\nEND=12\ntitle=one\n[CHAPTER]\nTIMEBASE=1/24\nSTART=12\nEND=24\ntitle=two\n"
    )
    let image = "mandelbrot=size=480x270:rate=24:start_scale=0.8,trim=end_frame=1,loop=loop=24:size=1,setpts=N/24/TB"
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", image, "-i", chapters, "-map_metadata", "1", "-filter_complex",
        "[0:v]split[a][b];[a]scroll=h=0.01,trim=end_frame=12[c];[b]scroll=\(scroll):hpos=0.12,trim=end_frame=12[d];[c][d]concat",
        "-frames:v", "24", "-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p", "master.mp4",
      ],
      in: folder.url)
    let result = try ReviewWriter(
      ReviewSubject(title: "x", master: folder.path("master.mp4")), options: ReviewOptions()
    )
    .write(to: folder.path("page"))
    let join = try #require(result.joins.first)
    let motion = try #require(join.motion)
    #expect(abs((motion.speedRatio ?? 0) - factor) < 0.1 * factor, "\(motion)")
    #expect(abs((motion.direction ?? 180) - turn) < 5, "\(motion)")
  }

  /// The last frame before the join cannot be decoded, so nothing is known of the join.
  @Test func aJoinWithoutItsFrameIsNotClean() throws {
    let folder = try ScratchFolder()
    let chapters = try folder.write(
      "chapters.txt",
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/24\nSTART=0\nEND=24\ntitle=one\n[CHAPTER]\nTIMEBASE=1/24\nSTART=24\nEND=48\ntitle=two\n"
    )
    let path = try folder.make(
      "master.mov", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=2", "-i", chapters, "-map_metadata",
      "1",
      "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p")
    let packets = try MediaTool.run(
      "ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pos,size", "-of", "csv=p=0", path])
    let numbers = packets.text.split(separator: "\n")[23].split(separator: ",").compactMap { Int($0) }
    try #require(numbers.count == 2)
    // ffprobe prints the size before the place.
    var data = try Data(contentsOf: URL(filePath: path))
    data.replaceSubrange(numbers[1]..<numbers[1] + numbers[0], with: Data(count: numbers[0]))
    try data.write(to: URL(filePath: path))
    let events = Mutex<[ReviewEvent]>([])
    let result = try ReviewWriter(ReviewSubject(title: "x", master: path), options: ReviewOptions())
      .write(to: folder.path("page")) { event in events.withLock { $0.append(event) } }
    let join = try #require(result.joins.first)
    #expect(join.verdict == "check" && join.reason.contains("cannot be decoded"), "\(join.verdict): \(join.reason)")
    #expect(events.withLock { $0.contains(.missing(frames: 1, of: 48)) })
  }
}
