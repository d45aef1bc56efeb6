import Foundation
import Libav
import Stills
import Support
import Testing

/// Flat patches of known colour in every matrix: the still must show the colour that went in.
@Suite struct StillMatrixTests {
  /// libav's names, and the numbers of ITU-T H.273 for zimg, whose names differ between versions.
  static let matrices = [
    "bt709": 1, "fcc": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "ycgco": 8, "bt2020nc": 9,
  ]

  private static let color = (200, 60, 30)

  /// One `ffmpeg` makes the clips of all matrices and ranges.
  private func clip(_ matrix: String, format: String, range: String, size: String) throws -> String {
    let outputs = Self.matrices.sorted { $0.key < $1.key }.flatMap { name, number in
      ["tv", "pc"].map { range in
        (
          name: "\(name)-\(range).mkv",
          arguments: [
            "-vf",
            "format=gbrp,setparams=color_primaries=bt2020:color_trc=bt2020-10,"
              + "zscale=matrix=\(number):range=\(range),format=\(format)",
            "-c:v", "libx264", "-qp", "1", "-colorspace", name, "-color_range", range, "-color_primaries", "bt2020",
            "-color_trc", "bt2020-10",
          ]
        )
      }
    }
    let folder = try MediaTool.files(
      ["-f", "lavfi", "-i", "color=c=0xC83C1E:size=\(size):rate=5:duration=0.4,format=gbrp"], outputs: outputs)
    return folder.appending(path: "\(matrix)-\(range).mkv").path(percentEncoded: false)
  }

  private func expectColor(of still: EncodedStill, named name: String, in folder: ScratchFolder) throws {
    let (red, green, blue) = try Pixel.center(of: folder.write(name, Data(still.bytes)))
    let worst = max(abs(red - Self.color.0), abs(green - Self.color.1), abs(blue - Self.color.2))
    #expect(worst <= 2, "\(name): \((red, green, blue)) instead of \(Self.color)")
  }

  @Test(arguments: matrices.keys.sorted(), ["yuv420p", "yuv444p", "yuv420p10le"])
  func everyMatrixKeepsItsColor(_ matrix: String, format: String) throws {
    let folder = try ScratchFolder()
    for range in ["tv", "pc"] {
      let path = try clip(matrix, format: format, range: range, size: "64x48")
      let encoder = try StillEncoder(FrameFinder.frame(.first, of: path))
      try expectColor(of: encoder.png(), named: "\(range).png", in: folder)
      try expectColor(of: encoder.jpeg(), named: "\(range).jpg", in: folder)
    }
  }

  /// zimg takes no frame whose size the chroma subsampling does not divide.
  @Test(arguments: matrices.keys.sorted())
  func everyMatrixKeepsItsColorAtOddSizes(_ matrix: String) throws {
    let folder = try ScratchFolder()
    let path = try clip(matrix, format: "yuv444p", range: "tv", size: "63x47")
    let half = try folder.make(
      "half.mkv", "-i", path, "-pix_fmt", "yuv420p", "-c:v", "ffv1", "-colorspace", matrix, "-color_range", "tv",
      "-color_primaries", "bt2020", "-color_trc", "bt2020-10")
    for file in [path, half] {
      try expectColor(of: StillEncoder(FrameFinder.frame(.first, of: file)).png(), named: "odd.png", in: folder)
    }
  }

  @Test(arguments: matrices.keys.sorted())
  func everyMatrixKeepsItsColorInThumbnails(_ matrix: String) throws {
    let path = try clip(matrix, format: "yuv420p", range: "tv", size: "64x48")
    var count = 0
    try Thumbnails(of: path, choose: .count(2)).forEach(width: 32) { thumbnail in
      count += 1
      let middle = 3 * (thumbnail.frame.width * thumbnail.frame.height / 2 + thumbnail.frame.width / 2)
      let shown = thumbnail.frame.rgb[middle..<middle + 3].map(Int.init)
      let worst = zip(shown, [Self.color.0, Self.color.1, Self.color.2]).map { abs($0 - $1) }.max() ?? 255
      #expect(worst <= 3, "\(shown)")
    }
    #expect(count == 2)
  }

  /// Code values of the colour by BT.2020, table 4: zimg makes constant luminance otherwise.
  @Test(arguments: ["yuv420p", "yuv444p", "yuv420p10le"])
  func constantLuminanceKeepsItsColor(_ format: String) throws {
    let folder = try ScratchFolder()
    let scale = format.hasSuffix("10le") ? 4 : 1
    let path = try folder.make(
      "clip.mkv", "-f", "lavfi", "-i", "color=c=black:size=64x48:rate=5:duration=0.4,format=\(format)", "-vf",
      "geq=lum=\(114 * scale):cb=\(90 * scale):cr=\(204 * scale)", "-c:v", "libx264", "-qp", "1", "-pix_fmt", format,
      "-colorspace", "bt2020c", "-color_range", "tv", "-color_primaries", "bt2020", "-color_trc", "bt2020-10")
    try expectColor(of: StillEncoder(FrameFinder.frame(.first, of: path)).png(), named: "still.png", in: folder)
    try expectColor(
      of: StillEncoder(FrameFinder.frame(.first, of: path), deep: true).png(), named: "deep.png", in: folder)
  }

  @Test func refusalNamesTheFile() throws {
    let folder = try ScratchFolder()
    // zimg has no such matrix.
    let path = try folder.make(
      "odd.mkv", "-f", "lavfi", "-i", "color=c=red:size=64x48:rate=5:duration=0.4", "-pix_fmt", "yuv420p", "-c:v",
      "libx264", "-bsf:v", "h264_metadata=matrix_coefficients=11")
    let error = #expect(throws: LibavError.self) { _ = try StillEncoder(FrameFinder.frame(.first, of: path)) }
    #expect(error?.file == path)
  }
}

/// Alpha of a frame: kept where the format has it, and never dropped silently.
@Suite struct StillAlphaTests {
  /// Alpha falls from left to right.
  private func clip(_ format: String, codec: [String], alpha: String, in folder: ScratchFolder) throws -> String {
    try folder.make(
      "alpha.mov", "-f", "lavfi", "-i", "color=c=0xC83C1E:size=64x48:rate=5:duration=0.4", "-vf",
      "format=rgba,geq=r=200:g=60:b=30:a='\(alpha)',scale=flags=accurate_rnd,format=\(format)", "-c:v", codec[0],
      "-pix_fmt", format)
  }

  /// The first frame by ffmpeg; the clips carry no matrix and are SD, so that theirs is BT.601.
  private func rgba(_ path: String) throws -> [UInt8] {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-frames:v", "1", "-vf",
        "scale=in_color_matrix=smpte170m:flags=accurate_rnd+full_chroma_int", "-pix_fmt", "rgba", "-f", "rawvideo", "-",
      ])
    #expect(result.status == 0, "\(result.errors)")
    return [UInt8](result.output)
  }

  static let sources = [
    ("yuva444p10le", ["prores_ks"]), ("rgba", ["png"]), ("argb", ["qtrle"]), ("rgba64be", ["png"]),
  ]

  @Test(arguments: sources)
  func pngKeepsAlpha(_ format: String, codec: [String]) throws {
    let folder = try ScratchFolder()
    let path = try clip(format, codec: codec, alpha: "255-4*X", in: folder)
    let reference = try rgba(path)
    for deep in [false, true] {
      let encoder = try StillEncoder(FrameFinder.frame(.first, of: path), deep: deep)
      #expect(encoder.note == nil)
      let still = try encoder.png()
      #expect(still.bitDepth == (deep ? 16 : 8))
      let ours = try rgba(folder.write("still.png", Data(still.bytes)))
      try #require(ours.count == 4 * 64 * 48 && reference.count == ours.count)
      for x in stride(from: 2, to: 62, by: 10) {
        let range = 4 * (24 * 64 + x)..<4 * (24 * 64 + x) + 4
        let worst = zip(ours[range], reference[range]).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(worst <= 3, "\(Array(ours[range])) at \(x)")
        #expect(abs(Int(ours[range.upperBound - 1]) - (255 - 4 * x)) <= 1)
      }
    }
  }

  @Test func losslessWebPKeepsAlpha() throws {
    let folder = try ScratchFolder()
    let path = try clip("yuva444p10le", codec: ["prores_ks"], alpha: "255-2*X", in: folder)
    let still = try StillEncoder(FrameFinder.frame(.first, of: path)).webp()
    let ours = try rgba(folder.write("still.webp", Data(still.bytes)))
    try #require(ours.count == 4 * 64 * 48)
    #expect(abs(Int(ours[4 * (24 * 64 + 40) + 3]) - 175) <= 3)
  }

  @Test func droppedAlphaIsReported() throws {
    let folder = try ScratchFolder()
    let path = try clip("yuva444p10le", codec: ["prores_ks"], alpha: "255-4*X", in: folder)
    let encoder = try StillEncoder(FrameFinder.frame(.first, of: path), keepsAlpha: false)
    #expect(encoder.note?.contains("alpha") == true)
    let bytes = try Pixel.rgb(folder.write("still.jpg", Data(try encoder.jpeg().bytes)))
    #expect(bytes.count == 3 * 64 * 48)
  }

  @Test func opaqueAlphaIsLeftOut() throws {
    let folder = try ScratchFolder()
    let path = try clip("yuva444p10le", codec: ["prores_ks"], alpha: "255", in: folder)
    let encoder = try StillEncoder(FrameFinder.frame(.first, of: path), keepsAlpha: false)
    #expect(encoder.note == nil)
    let png = try encoder.png().bytes
    // Colour type 2 of IHDR: RGB without alpha.
    #expect(PNGFile.chunk("IHDR", of: png)?[9] == 2)
  }

  @Test func rotatedFrameKeepsAlphaInPlace() throws {
    let folder = try ScratchFolder()
    _ = try clip("yuva444p10le", codec: ["prores_ks"], alpha: "255-4*X", in: folder)
    let path = try folder.make("rotated.mov", "-i", "alpha.mov", "-c", "copy", "-metadata:s:v", "rotate=90")
    let still = try StillEncoder(FrameFinder.frame(.first, of: path)).png()
    #expect((still.width, still.height) == (48, 64))
    let ours = try rgba(folder.write("still.png", Data(still.bytes)))
    try #require(ours.count == 4 * 64 * 48)
    let (top, bottom) = (Int(ours[4 * (2 * 48 + 24) + 3]), Int(ours[4 * (61 * 48 + 24) + 3]))
    #expect(abs(top - bottom) > 200)
  }
}
