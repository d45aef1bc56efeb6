import Foundation
import Stitching
import Support
import Testing

/// Grain that hides a repeated frame makes the overlap uncertain; grain alone does not.
@Suite(.media) struct OverlapDoubtTests {
  @Test(arguments: [(30, 3, 1, true), (30, 12, 1, false), (60, 12, 1, false), (30, 12, 0, true), (60, 12, 0, true)])
  func reportsAnUncertainOverlap(rate: Int, noise: Int, overlap: Int, isCertain: Bool) throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i",
        "mandelbrot=size=480x270:rate=30:maxiter=100:start_scale=1.2:end_scale=0.6:end_pts=240", "-frames:v", "60",
        "-pix_fmt", "yuv420p", "-c:v", "ffv1", "whole.mkv",
      ], in: folder.url)
    var shots: [StitchShot] = []
    for (number, start) in [0, 30 - overlap].enumerated() {
      let path = try folder.make(
        "\(number).mp4", "-r", "\(rate)", "-i", "whole.mkv", "-vf",
        "trim=start_frame=\(start):end_frame=\(start + 30),setpts=PTS-STARTPTS,"
          + "noise=alls=\(noise):allf=t:all_seed=\(77 * number + 5)",
        "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "fast", "-crf", "18")
      shots.append(StitchShot(path: path))
    }
    let join = try StitchPlan(shots, options: StitchOptions()).joins[0]
    #expect(join.isCertain == isCertain, "\(join)")
    #expect(join.overlap == (isCertain ? overlap : 0))
    if !isCertain { #expect(join.nearestDistance < join.ordinaryDistance) }
    var forced = StitchOptions()
    forced.overlap = .fixed(1)
    #expect(try StitchPlan(shots, options: forced).joins[0].isCertain)
  }
}
