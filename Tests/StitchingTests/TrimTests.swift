import Foundation
import Stitching
import Support
import Testing
import Timing

@Suite(.media) struct TrimTests {
  /// Four seconds with an IDR every second and a sweep for audio.
  private func sweep(_ folder: ScratchFolder, _ codec: [String]) throws -> String {
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=4", "-f", "lavfi", "-i",
        "aevalsrc='0.5*sin(2*PI*(300*t+100*t*t))':s=48000:d=4", "-pix_fmt", "yuv420p",
      ] + codec + ["-c:a", "aac", "-b:a", "256k", "-ac", "2", "sweep.mp4"], in: folder.url)
    return folder.path("sweep.mp4")
  }

  private static let h264 = [
    "-c:v", "libx264", "-preset", "veryfast", "-g", "24", "-keyint_min", "24", "-sc_threshold", "0", "-bf", "3",
  ]
  private static let hevc = [
    "-c:v", "libx265", "-preset", "veryfast", "-tag:v", "hvc1", "-x265-params",
    "log-level=none:keyint=24:min-keyint=24:scenecut=0:open-gop=0",
  ]

  /// Both ends are cut between IDRs: only the frames up to the next IDR and those before the out point are re-encoded, the
  /// rest is bit for bit the source's, and the audio keeps its place to the sample.
  @Test(arguments: [h264, hevc])
  func reencodesBothEndsAndCopiesBetween(codec: [String]) throws {
    let folder = try ScratchFolder()
    let source = try sweep(folder, codec)
    var shot = StitchShot(path: source)
    shot.trim = StitchTrim(parsing: "#10..#70")
    let output = folder.path("master.mp4")
    let report = try stitched([shot], to: output)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.frames == 60 && master.deltas.count == 1 && master.videoStart == 0)
    let kept = try #require(report.shots.first)
    #expect(kept.keptFrom == 10 && kept.keptTo == 70 && kept.framesIn == 96)
    #expect(kept.framesEncoded <= 14 + 5 && kept.framesCopied >= 41)
    let own = Array(try MasterReference.frames(of: source)[10..<70])
    let changed = zip(master.digests, own).count { $0 != $1 }
    #expect(changed <= kept.framesEncoded)
    #expect(Array(master.digests[14..<50]) == Array(own[14..<50]))

    let (cut, whole) = (try MasterReference.samples(of: output), try MasterReference.samples(of: source))
    func error(shift: Int) -> Float {
      (20_000..<90_000).reduce(Float(0)) { $0 + abs(cut[$1] - whole[$1 + 20_000 + shift]) } / 70_000
    }
    #expect(error(shift: 0) < 0.01)
    #expect([-1, 1].allSatisfy { error(shift: $0) > 2 * error(shift: 0) })
  }

  @Test(arguments: [
    ("1.5..3", 36, 72), ("..2", 0, 48), ("00:00:01:12..", 36, 96), ("00:00:01.5..00:00:03:00", 36, 72),
    ("#5..#6", 5, 6), ("0..4", 0, 96),
  ])
  func acceptsTimesInAllForms(text: String, first: Int, end: Int) throws {
    let folder = try ScratchFolder()
    var shot = StitchShot(path: try sweep(folder, ["-c:v", "libx264", "-preset", "ultrafast"]))
    shot.trim = StitchTrim(parsing: text)
    let plan = try StitchPlan([shot], options: StitchOptions())
    let kept = try Stitcher(plan, options: StitchOptions()).plannedReport(output: "m.mp4").shots[0]
    #expect(kept.keptFrom == first && kept.keptTo == end)
  }

  @Test(arguments: ["", "..", "1", "1-2", "a..b", "1..b", "-1..2"])
  func rejectsMalformedRanges(text: String) { #expect(StitchTrim(parsing: text) == nil) }

  @Test(arguments: [
    ("3..1", StitchError.Code.badRequest, "#72 to #24"), ("#4..#4", .badRequest, "#4 to #4"),
    ("#97..", .outOfRange, "trim in #97"), ("1..4.1", .outOfRange, "trim out 4.1"),
    ("00:00:00:24..", .badRequest, "not a valid timecode"),
  ])
  func refusesRangesOutsideTheShot(text: String, code: StitchError.Code, message: String) throws {
    let folder = try ScratchFolder()
    var shot = StitchShot(path: try sweep(folder, ["-c:v", "libx264", "-preset", "ultrafast"]))
    shot.trim = StitchTrim(parsing: text)
    let error = #expect(throws: StitchError.self) { _ = try StitchPlan([shot], options: StitchOptions()) }
    #expect(error?.code == code && error?.file == shot.path)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func measuresOverlapsAtTheTrimmedEnds() throws {
    let chain = try ChainClips(count: 2, length: 49, overlap: 6, extraAudio: nil)
    var shots = chain.paths.map { StitchShot(path: $0) }
    shots[0].trim = StitchTrim(end: .frame(46))
    #expect(try StitchPlan(shots, options: StitchOptions()).joins[0].overlap == 3)
    shots[1].trim = StitchTrim(start: .frame(2))
    #expect(try StitchPlan(shots, options: StitchOptions()).joins[0].overlap == 1)
  }
}
