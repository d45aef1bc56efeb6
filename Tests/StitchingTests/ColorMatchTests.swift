import Foundation
import Stitching
import Support
import Testing

@Suite struct ColorMatchTests {
  /// A film in three shots that share a frame at each join; the second and third are redrawn with other colours.
  private func drifting(
    keyint: Int = 24, drift: [String] = ["", warm, "\(warm),\(warm)"], depth: String = "yuv420p"
  ) throws -> (ScratchFolder, [StitchShot], whole: String) {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i",
        "mandelbrot=size=320x180:rate=24:maxiter=200:start_scale=1.2:end_scale=0.4:end_pts=200", "-frames:v", "146",
        "-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc",
        "bt709", "-color_range", "tv", "-c:v", "ffv1", "whole.mkv",
      ], in: folder.url)
    var shots: [StitchShot] = []
    for (number, filter) in drift.enumerated() {
      let graph =
        "trim=start_frame=\(48 * number):end_frame=\(48 * number + 49),setpts=PTS-STARTPTS"
        + (filter.isEmpty ? "" : ",scale=in_color_matrix=bt709,format=gbrp,\(filter),scale=out_color_matrix=bt709")
      try MediaTool.ffmpeg(
        [
          "-i", "whole.mkv", "-vf", "\(graph),format=\(depth)", "-colorspace", "bt709", "-color_primaries", "bt709",
          "-color_trc", "bt709", "-color_range", "tv", "-c:v", "libx264", "-crf", "12", "-g", "\(keyint)",
          "-keyint_min", "\(min(keyint, 24))", "-sc_threshold", "0", "\(number).mp4",
        ], in: folder.url)
      shots.append(StitchShot(path: folder.path("\(number).mp4")))
    }
    return (folder, shots, folder.path("whole.mkv"))
  }

  private static let warm = "lutrgb=r=val*1.05+5:g=val*1.02+2:b=val*0.94"

  private func step(_ path: String, against whole: String, at frame: Int) throws -> Double {
    FrameReference.difference(
      try FrameReference.grid(of: path, frame: frame), try FrameReference.grid(of: whole, frame: frame))
  }

  @Test(arguments: ["yuv420p", "yuv420p10le"])
  func easingTakesTheStepAwayAndEncodesNoMoreThanItMust(depth: String) throws {
    let (folder, shots, whole) = try drifting(drift: ["", Self.warm], depth: depth)
    let plain = folder.path("plain.mp4")
    _ = try stitched(shots, to: plain)
    let output = folder.path("eased.mp4")
    let report = try stitched(shots, to: output) { $0.video.matchColor = .ease }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.frames == 97 && master.deltas.count == 1)
    // The first frame of the second shot is number 48: as if the video went on, and then less and less so.
    let before = try step(plain, against: whole, at: 48)
    let after = try [48, 54, 60, 66].map { try step(output, against: whole, at: $0) }
    #expect(before > 2)
    #expect(after[0] < 0.45 * before, "\(after) for \(before)")
    #expect(zip(after, after.dropFirst()).allSatisfy { $0 < $1 })
    let match = try #require(report.joins[0].colorMatch)
    #expect(match.applied && match.frames == 24)
    #expect(try #require(match.deltaEAfter) < report.joins[0].deltaE)
    #expect(report.shots[1].framesEncoded == 24)
    let second = try MasterReference.frames(of: shots[1].path)
    #expect(Array(master.digests[72...]) == Array(second[24...]))
  }

  @Test func theFirstShotsColoursHoldThroughAllJoins() throws {
    let (folder, shots, whole) = try drifting()
    let (plain, output) = (folder.path("plain.mp4"), folder.path("first.mp4"))
    _ = try stitched(shots, to: plain)
    let report = try stitched(shots, to: output) { $0.video.matchColor = .first }
    #expect(try MasterReference(output).complaints.isEmpty)
    for frame in [60, 95, 100, 140] {
      let (before, after) = (
        try step(plain, against: whole, at: frame), try step(output, against: whole, at: frame)
      )
      #expect(before > 2 && after < 0.5 * before, "\(frame): \(after) for \(before)")
    }
    #expect(report.shots[0].framesEncoded <= 5)
    #expect(report.shots[2].framesCopied == 0 && report.shots[2].reason.contains("first shot's"))
  }

  /// A shot of one GOP has no IDR to go back to: all of it is encoded, and that is said.
  @Test func aShotOfOneGOPIsEncodedWholeAndSaysSo() throws {
    let (folder, shots, _) = try drifting(keyint: 250, drift: ["", Self.warm])
    let report = try stitched(shots, to: folder.path("m.mp4")) { $0.video.matchColor = .ease }
    #expect(report.shots[1].framesCopied == 0)
    #expect(report.shots[1].reason.contains("no IDR") && report.shots[1].reason.contains("eased"))
    let error = #expect(throws: StitchError.self) {
      _ = try stitched(shots, to: folder.path("c.mp4")) { options in
        options.video.matchColor = .ease
        options.overlap = .keep
        options.mode = .copy
      }
    }
    #expect(error?.code == .needsEncoding && error?.file == shots[1].path)
  }

  @Test func cutsAndEqualColoursAreLeftAlone() throws {
    let (folder, shots, _) = try drifting(drift: ["", Self.warm])
    let cut = [shots[0], StitchShot(path: shots[1].path, followsCut: true)]
    let declared = try stitched(cut, to: folder.path("cut.mp4")) { $0.video.matchColor = .ease }
    #expect(declared.joins[0].colorMatch?.applied == false && declared.shots[1].framesEncoded == 0)
    let other = try folder.make(
      "other.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-vf",
      "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc",
      "bt709", "-color_range", "tv", "-c:v", "libx264")
    let found = try stitched([shots[0], StitchShot(path: other)], to: folder.path("found.mp4")) {
      $0.video.matchColor = .ease
    }
    #expect(found.joins[0].colorMatch?.applied == false && found.shots[1].framesEncoded == 0)
    let (equal, same, _) = try drifting(drift: ["", ""])
    let nothing = try stitched(same, to: equal.path("m.mp4")) { $0.video.matchColor = .ease }
    #expect(nothing.joins[0].colorMatch?.applied == false && nothing.shots[1].framesEncoded == 0)
    let off = try stitched(same, to: equal.path("off.mp4"))
    #expect(off.joins[0].colorMatch == nil)
  }
}
