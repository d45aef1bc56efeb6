import Foundation
import Libav
import Presets
import Probing
import Support
import Testing
import Verification

@Suite(.media) struct RealClipTests {
  /// Clips that open and whose video does not decode without errors.
  private static let damaged = ["corrupted_frames.mp4", "invalid_nalu.mp4"]

  @Test(
    "On real clips: open and decode results and frame counts agree with ffmpeg", .enabled(if: RealClips.areThere),
    arguments: RealClips.paths)
  func agreesWithFFmpeg(_ path: String) throws {
    let report = try TestClip.report(path)
    guard try MediaTool.ffprobe(path) != nil else {
      #expect(report.finding("container.opens")?.status == .fail)
      return
    }
    #expect(report.finding("container.opens")?.status == .pass)
    let main = try #require(report.probe?.mainVideo)
    let reference = try MediaTool.decode(path, stream: "\(main)")
    #expect(report.measurements["video.frame_count"]?.value == .integer(Int64(reference.frames)))
    let isClean = report.finding("decode.clean")?.status == .pass
    if !reference.errors.isEmpty {
      #expect(!isClean, "\(reference.errors)")
    } else if !isClean {
      #expect(report.finding("decode.clean")?.message.contains("stream") == true)
    }
    if Self.damaged.contains(where: path.hasSuffix) { #expect(!reference.errors.isEmpty && !isClean) }
  }
}
