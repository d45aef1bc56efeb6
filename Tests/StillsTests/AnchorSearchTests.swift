import Foundation
import Libav
import Stills
import Support
import Testing

@Suite(.media) struct AnchorSearchTests {
  private func clip(_ filter: String, _ folder: ScratchFolder) throws -> String {
    try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=2", "-vf", filter, "-c:v", "libx264",
      "-preset", "veryfast", "-crf", "12", "-pix_fmt", "yuv420p")
  }

  @Test func keepsTheLastFrameOfASharpEnd() throws {
    let folder = try ScratchFolder()
    let anchor = try Anchor(of: try clip("null", folder), searching: 12, limits: ImageLimits(minimumSide: 100))
    #expect(anchor.source.index == 47)
    #expect(anchor.choice?.droppedAfter == 0)
  }

  @Test(arguments: [
    ("gblur=sigma=6:enable='gte(n,44)'", 43), ("drawbox=c=black:t=fill:enable='gte(n,45)'", 44),
    ("drawbox=c=white:t=fill:enable='eq(n,47)'", 46), ("fade=out:40:8", 40),
  ])
  func passesOverABlurredBlackOrFadedEnd(_ filter: String, latest: Int) throws {
    let folder = try ScratchFolder()
    let anchor = try Anchor(of: try clip(filter, folder), searching: 16, limits: ImageLimits(minimumSide: 100))
    let choice = try #require(anchor.choice)
    #expect((32...latest).contains(choice.index), "\(choice.reason)")
    #expect(choice.index + choice.droppedAfter == 47)
    #expect(anchor.source.index == choice.index)
    #expect(!choice.reason.isEmpty)
  }

  @Test func keepsTheLastFrameOfABlackClip() throws {
    let folder = try ScratchFolder()
    let path = try clip("drawbox=c=black:t=fill", folder)
    #expect(try Anchor(of: path, searching: 8, limits: ImageLimits(minimumSide: 100)).choice?.droppedAfter == 0)
  }
}

@Suite(.media) struct FrameDifferenceTests {
  private func frames(_ folder: ScratchFolder, _ filter: String) throws -> (String, String) {
    let a = try folder.make(
      "a.png", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=1", "-frames:v", "1", "-pix_fmt", "rgb24")
    return (a, try folder.make("b.png", "-i", "a.png", "-vf", filter, "-pix_fmt", "rgb24"))
  }

  @Test func equalFramesHaveNoDifference() throws {
    let folder = try ScratchFolder()
    let (a, b) = try frames(folder, "null")
    let difference = try FrameDifference(FrameFinder.frame(.first, of: a), FrameFinder.frame(.first, of: b))
    #expect(difference.ssim == 1)
    #expect(difference.psnr == .infinity)
    #expect(difference.deltaE.max == 0)
    #expect(difference.image.rgb.allSatisfy { $0 == 0 })
  }

  /// Against `ffmpeg`'s own filters.
  @Test(arguments: ["gblur=sigma=2", "eq=brightness=0.05", "noise=alls=20"])
  func similarityAgreesWithFFmpeg(_ filter: String) throws {
    let folder = try ScratchFolder()
    let (a, b) = try frames(folder, "format=gbrp,\(filter),format=rgb24")
    let difference = try FrameDifference(FrameFinder.frame(.first, of: a), FrameFinder.frame(.first, of: b))
    func reference(_ graph: String, _ pattern: Regex<(Substring, Substring)>) throws -> Double {
      let result = try MediaTool.run(
        "ffmpeg", ["-hide_banner", "-i", a, "-i", b, "-lavfi", graph, "-f", "null", "-"])
      let match = try #require(result.errors.matches(of: pattern).last)
      return try #require(Double(match.1))
    }
    let luma = "scale=out_color_matrix=bt709:out_range=pc,format=gray"
    let ssim = try reference("[0]\(luma)[x];[1]\(luma)[y];[x][y]ssim", /All:([0-9.]+)/)
    #expect(abs(difference.ssim - ssim) < 0.01, "\(difference.ssim) against \(ssim)")
    let psnr = try reference("[0]format=gbrp[x];[1]format=gbrp[y];[x][y]psnr", /average:([0-9.]+)/)
    #expect(abs(difference.psnr - psnr) < 0.1, "\(difference.psnr) against \(psnr)")
  }

  /// Pairs with known CIEDE2000: sRGB patches computed with an independent implementation.
  @Test(arguments: [("808080", "8A8080", 5.223), ("C83C1E", "BC2E20", 4.797)])
  func flatPatchesHaveTheirKnownColorDifference(_ one: String, _ two: String, expected: Double) throws {
    let folder = try ScratchFolder()
    let (a, b) = (folder.path("a.png"), folder.path("b.png"))
    for (path, hex) in [(a, one), (b, two)] {
      let code = try #require(UInt32(hex, radix: 16))
      let pixel = [UInt8(code >> 16), UInt8(code >> 8 & 255), UInt8(code & 255)]
      let raw = try folder.write("raw", Data((0..<64 * 64).flatMap { _ in pixel }))
      _ = try folder.make(
        "still.png", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x64", "-i", raw, "-frames:v", "1")
      try FileManager.default.moveItem(atPath: folder.path("still.png"), toPath: path)
    }
    let difference = try FrameDifference(FrameFinder.frame(.first, of: a), FrameFinder.frame(.first, of: b))
    #expect(abs(difference.deltaE.mean - expected) < 0.02, "\(difference.deltaE.mean)")
    #expect(abs(difference.deltaE.p95 - difference.deltaE.max) < 0.02)
  }

  @Test func scalesAnImageOfAnotherSize() throws {
    let folder = try ScratchFolder()
    let (a, b) = try frames(folder, "scale=160:90:flags=area")
    let difference = try FrameDifference(FrameFinder.frame(.first, of: a), FrameFinder.frame(.first, of: b))
    #expect(difference.isScaled)
    #expect(difference.width == 320)
  }
}
