import Foundation
import Libav
import Presets
import Probing
import Support
import Testing
import Verification

struct RealClipTests {
  @Test("On real clips: opens, decodes cleanly and counts as ffmpeg does", .enabled(if: RealClips.areThere))
  func agreesWithFFmpeg() throws {
    var dirty = 0
    for path in RealClips.paths {
      let report = try TestClip.report(path)
      guard try MediaTool.ffprobe(path) != nil else {
        #expect(report.finding("container.opens")?.status == .fail, "\(path)")
        continue
      }
      #expect(report.finding("container.opens")?.status == .pass, "\(path)")
      let main = try #require(report.probe?.mainVideo)
      let judge = try MediaTool.decode(path, stream: "\(main)")
      #expect(report.measurements["video.frame_count"]?.value == .integer(Int64(judge.frames)), "\(path)")
      let isClean = report.finding("decode.clean")?.status == .pass
      if !judge.errors.isEmpty {
        dirty += 1
        #expect(!isClean, "\(path): \(judge.errors)")
      } else if !isClean {
        #expect(report.finding("decode.clean")?.message.contains("stream") == true, "\(path)")
      }
    }
    #expect(dirty > 0)
  }
}
