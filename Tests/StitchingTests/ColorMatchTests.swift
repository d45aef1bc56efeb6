import Foundation
import Stitching
import Support
import Testing

@Suite(.media) struct ColorMatchTests {
  /// One video cut into shots that share a frame at each join; the second and third shot have shifted colours.
  private func drifting(
    keyint: Int = 24, drift: [String] = ["", warm, "\(warm),\(warm)"], depth: String = "yuv420p"
  ) throws -> (ScratchFolder, [StitchShot], whole: String) {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i",
        "mandelbrot=size=320x180:rate=24:maxiter=100:start_scale=1.2:end_scale=0.4:end_pts=200", "-frames:v", "146",
        "-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc", "bt709", "-color_range", "tv", "-c:v", "ffv1", "whole.mkv",
      ], in: folder.url)
    var shots: [StitchShot] = []
    for (number, filter) in drift.enumerated() {
      let graph =
        "trim=start_frame=\(48 * number):end_frame=\(48 * number + 49),setpts=PTS-STARTPTS"
        + (filter.isEmpty ? "" : ",scale=in_color_matrix=bt709,format=gbrp,\(filter),scale=out_color_matrix=bt709")
      try MediaTool.ffmpeg(
        [
          "-i", "whole.mkv", "-vf", "\(graph),format=\(depth)", "-colorspace", "bt709", "-color_primaries", "bt709",
          "-color_trc", "bt709", "-color_range", "tv", "-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-g",
          "\(keyint)",
          "-keyint_min", "\(min(keyint, 24))", "-sc_threshold", "0", "\(number).mp4",
        ], in: folder.url)
      shots.append(StitchShot(path: folder.path("\(number).mp4")))
    }
    return (folder, shots, folder.path("whole.mkv"))
  }

  private static let warm = "lutrgb=r=val*1.05+5:g=val*1.02+2:b=val*0.94"

  /// How far the colours of some frames are from those of the uncut video.
  private func steps(_ path: String, against whole: String, at frames: [Int]) throws -> [Double] {
    zip(try FrameReference.grids(of: path, frames: frames), try FrameReference.grids(of: whole, frames: frames))
      .map { FrameReference.difference($0, $1) }
  }

  @Test(arguments: ["yuv420p", "yuv420p10le"])
  func easingRemovesTheColorStepAndReencodesNoMoreThanItsSpan(depth: String) throws {
    let (folder, shots, whole) = try drifting(drift: ["", Self.warm], depth: depth)
    let plain = folder.path("plain.mp4")
    _ = try stitched(shots, to: plain)
    let output = folder.path("eased.mp4")
    let report = try stitched(shots, to: output) { $0.video.matchColor = .ease }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.frames == 97 && master.deltas.count == 1)
    // Frame 48 is the second shot's first: it continues the first shot's colours, later frames less and less.
    let before = try steps(plain, against: whole, at: [48])[0]
    let after = try steps(output, against: whole, at: [48, 54, 60, 66])
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

  @Test func keepsTheFirstShotsColorsThroughAllJoins() throws {
    let (folder, shots, whole) = try drifting()
    let (plain, output) = (folder.path("plain.mp4"), folder.path("first.mp4"))
    _ = try stitched(shots, to: plain)
    let report = try stitched(shots, to: output) { $0.video.matchColor = .first }
    #expect(try MasterReference(output).complaints.isEmpty)
    let frames = [60, 95, 100, 140]
    let (before, after) = (
      try steps(plain, against: whole, at: frames), try steps(output, against: whole, at: frames)
    )
    for (number, frame) in frames.enumerated() {
      #expect(before[number] > 2 && after[number] < 0.5 * before[number], "\(frame): \(after) for \(before)")
    }
    #expect(report.shots[0].framesEncoded <= 5)
    #expect(report.shots[2].framesCopied == 0 && report.shots[2].reason.contains("first shot's"))
  }

  /// A shot of one GOP has no later IDR to copy from: all of it is re-encoded, and the report gives the reason.
  @Test func reencodesAShotOfOneGOPWhole() throws {
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

  @Test func leavesCutsAndEqualColorsUnchanged() throws {
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
