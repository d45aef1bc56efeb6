import Foundation
import Presets
import Support
import Testing
import Verification

/// Video that flashes by ITU-R BT.1702-3 and WCAG 2.2, and video that does not.
@Suite(.media) struct FlashTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// Two seconds at 24 fps of one colour, and another while `when` holds, over a part of the frame.
  private func isRisk(
    _ name: String, _ ground: String, _ flash: String, when: String = "lt(mod(n,4),2)", width: Int = 160,
    tags: [String] = []
  ) throws -> Bool? {
    let path = folder.path(name)
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i",
        "color=\(ground):size=160x90:rate=24:duration=2,format=gbrp[a];"
          + "color=\(flash):size=\(width)x90:rate=24:duration=2,format=gbrp[b];"
          + "[a][b]overlay=format=gbrp:enable='\(when)',scale=out_color_matrix=bt709:out_range=tv,format=yuv444p",
        "-c:v", "ffv1", "-colorspace", "bt709", "-color_range", "tv",
      ] + tags + [name], in: folder.url)
    let spec = TestClip.spec(["video.flash_risk": DeliverableRule(condition: nil)])
    let value = try TestClip.report(path, spec).measurements["video.flash_risk"]?.value
    if case .bool(let isRisk) = value { return isRisk }
    return nil
  }

  @Test("Six white flashes a second are a risk; three, or many on an eighth of the frame, are none")
  func general() throws {
    #expect(try isRisk("six.mkv", "black", "white") == true)
    #expect(try isRisk("three.mkv", "black", "white", when: "lt(mod(n,8),4)") == false)
    #expect(try isRisk("small.mkv", "black", "white", width: 20) == false)
    #expect(try isRisk("half.mkv", "black", "white", width: 80) == true)
    // 20 cd/m² between two greys, and less.
    #expect(try isRisk("grey.mkv", "0x808080", "0xa0a0a0") == true)
    #expect(try isRisk("faint.mkv", "0x808080", "0x888888") == false)
    #expect(try isRisk("bright.mkv", "0xf0f0f0", "0xffffff") == false)
  }

  @Test("Saturated red is a risk however dark; unsaturated, other and similar colours are none")
  func red() throws {
    // Below 20 cd/m² between each pair.
    #expect(try isRisk("red.mkv", "0x202020", "0x900000") == true)
    #expect(try isRisk("blue.mkv", "0x000060", "0x800000") == true)
    #expect(try isRisk("small red.mkv", "0x202020", "0x900000", width: 20) == false)
    #expect(try isRisk("slow red.mkv", "0x202020", "0x900000", when: "lt(mod(n,8),4)") == false)
    #expect(try isRisk("brick.mkv", "0x202020", "0x804848") == false)
    #expect(try isRisk("green.mkv", "0x202020", "0x004000") == false)
    #expect(try isRisk("reds.mkv", "0x900000", "0xa00000") == false)
    #expect(try isRisk("noise.mkv", "0x000000", "0x100000") == false)
  }

  @Test("In HDR luminance counts, not code values")
  func hdr() throws {
    // 0x80 against 0x88 is 93 against 120 cd/m² in PQ; in SDR it is less than 20 apart.
    let tags = ["-color_trc", "smpte2084", "-color_primaries", "bt709"]
    #expect(try isRisk("pq.mkv", "0x808080", "0x888888", tags: tags) == true)
    #expect(try isRisk("dark pq.mkv", "0x101010", "0x404040", tags: tags) == false)
  }
}
