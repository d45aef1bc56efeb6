import Foundation
import Libav
import Stills
import Support
import Testing

/// Flat patches of known colour through every tag combination: the still must show the original colour.
@Suite(.media) struct StillColorTests {
  struct Tagging: Sendable, CustomTestStringConvertible {
    let name: String
    let size: String
    let filter: String
    let options: [String]
    var testDescription: String { name }
  }

  /// Small sizes; only untagged video is read by its number of lines, BT.709 from 720.
  static let taggings: [Tagging] = [
    Tagging(
      name: "709 limited", size: "320x240", filter: "scale=out_color_matrix=bt709:out_range=tv",
      options: ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]),
    Tagging(
      name: "709 full", size: "320x240", filter: "scale=out_color_matrix=bt709:out_range=pc",
      options: ["-colorspace", "bt709", "-color_range", "pc"]),
    Tagging(
      name: "601 limited", size: "320x240", filter: "scale=out_color_matrix=smpte170m:out_range=tv",
      options: ["-colorspace", "smpte170m", "-color_range", "tv"]),
    Tagging(
      name: "601 tagged on HD", size: "96x720", filter: "scale=out_color_matrix=smpte170m:out_range=tv",
      options: ["-colorspace", "smpte170m", "-color_range", "tv"]),
    Tagging(
      name: "2020 limited", size: "320x240", filter: "scale=out_color_matrix=bt2020:out_range=tv",
      options: ["-colorspace", "bt2020nc", "-color_range", "tv"]),
    Tagging(
      name: "untagged HD is 709", size: "96x720", filter: "scale=out_color_matrix=bt709:out_range=tv", options: []),
    Tagging(
      name: "untagged SD is 601", size: "96x704", filter: "scale=out_color_matrix=smpte170m:out_range=tv", options: []),
  ]

  private static let colors: [(Int, Int, Int)] = [(200, 60, 30), (30, 180, 60), (40, 70, 220), (128, 128, 128)]

  private static let formats = ["yuv420p", "yuv444p", "yuv420p10le"]

  @Test(arguments: taggings, formats)
  func flatPatchesKeepTheirColor(_ tagging: Tagging, format: String) throws {
    let folder = try ScratchFolder()
    let size = tagging.size.split(separator: "x").compactMap { Int($0) }
    let patches = Self.colors.enumerated().map { number, color in
      let hex = String(format: "0x%02X%02X%02X", color.0, color.1, color.2)
      return "color=c=\(hex):size=\(size[0] / 2)x\(size[1] / 2):rate=5:duration=0.4,format=gbrp[\(number)];"
    }
    let clips = try MediaTool.files(
      ["-f", "lavfi", "-i", patches.joined() + "[0][1][2][3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0"],
      outputs: Self.formats.map { format in
        (
          name: "\(format).mp4",
          arguments: [
            "-vf", "\(tagging.filter):flags=accurate_rnd+full_chroma_int,format=\(format)", "-c:v", "libx264",
            "-preset",
            "ultrafast", "-qp", "1",
          ] + tagging.options
        )
      })
    let frame = try FrameFinder(path: clips.appending(path: "\(format).mp4").path(percentEncoded: false)).find(.last)
    let encoder = try StillEncoder(frame)
    for (name, still) in [
      ("still.png", try encoder.png()), ("still.jpg", try encoder.jpeg()),
      ("half.jpg", try encoder.jpeg(subsampled: true)), ("still.webp", try encoder.webp()),
    ] {
      let bytes = try Pixel.rgb(folder.write(name, Data(still.bytes)))
      for (number, color) in Self.colors.enumerated() {
        let (x, y) = (size[0] / 4 + number % 2 * size[0] / 2, size[1] / 4 + number / 2 * size[1] / 2)
        let shown = bytes[3 * (y * size[0] + x)..<3 * (y * size[0] + x) + 3].map(Int.init)
        let worst = zip(shown, [color.0, color.1, color.2]).map { abs($0 - $1) }.max() ?? 255
        #expect(worst <= 2, "\(name): \(shown) instead of \(color)")
      }
    }
  }

  @Test func pngCarriesOnlyTheStandardRGBChunk() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc=size=128x128:rate=5:duration=1", "-c:v", "libx264", "-colorspace",
      "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    let frame = try FrameFinder(path: path).find(.first)
    let chunks = PNGFile.chunkTypes(try StillEncoder(frame).png().bytes)
    #expect(chunks.contains("sRGB"))
    #expect(Set(chunks).isDisjoint(with: ["gAMA", "cHRM", "iCCP"]))
  }

  @Test func hdrBecomesA16BitPNGWithItsColorSpace() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=128x128:rate=5:duration=1", "-pix_fmt", "yuv420p10le", "-c:v",
      "libx265", "-preset", "ultrafast", "-x265-params",
      "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc")
    let frame = try FrameFinder(path: path).find(.first)
    let still = try StillEncoder(frame).png()
    #expect(still.bitDepth == 16)
    let chunk = try #require(PNGFile.chunk("cICP", of: still.bytes))
    #expect(chunk == [9, 16, 0, 1])
  }

  /// A grey ramp stays monotonic and neutral, and agrees with the same curve of the `ffmpeg` program.
  @Test(arguments: [("smpte2084", "2020"), ("arib-std-b67", "2020")], ToneMap.Curve.allCases)
  func hdrIsToneMapped(_ tags: (transfer: String, primaries: String), curve: ToneMap.Curve) throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i",
      "gradients=size=256x64:c0=black:c1=white:x0=0:y0=0:x1=255:y1=0:nb_colors=2:speed=0.00001",
      "-frames:v", "2", "-vf", "format=gbrp,zscale=matrix=2020_ncl:range=limited,format=yuv420p10le", "-c:v", "libx265",
      "-preset", "ultrafast", "-x265-params",
      "crf=4:log-level=none:colorprim=bt2020:transfer=\(tags.transfer):colormatrix=bt2020nc:range=limited")
    let frame = try FrameFinder.frame(.first, of: path)
    let encoder = try StillEncoder(frame, toneMap: ToneMap(curve))
    #expect(encoder.note?.contains(curve.rawValue) == true)
    let still = try encoder.png()
    #expect(still.bitDepth == 8)
    #expect(PNGFile.chunkTypes(still.bytes).contains("sRGB"))
    let ours = try Pixel.rgb(folder.write("ours.png", Data(still.bytes)))
    let row = (0..<256).map { x in Array(ours[3 * (32 * 256 + x)..<3 * (32 * 256 + x) + 3].map(Int.init)) }
    #expect(row.allSatisfy { abs($0[0] - $0[1]) <= 3 && abs($0[2] - $0[1]) <= 3 })
    #expect(zip(row, row.dropFirst(8)).allSatisfy { $0[1] <= $1[1] + 1 })
    #expect(row[250][1] - row[5][1] > 150)
    _ = try folder.make(
      "reference.png", "-i", path, "-frames:v", "1", "-vf",
      "zscale=t=linear:npl=100:m=gbr,format=gbrpf32le,zscale=p=bt709,tonemap=\(curve.rawValue):desat=0:peak=10,"
        + "zscale=t=iec61966-2-1:m=gbr:r=full,format=gbrp,format=rgb24")
    #expect(try Pixel.meanDifference(folder.path("ours.png"), folder.path("reference.png")) < 1.5)
  }

  struct Siting: Sendable, CustomTestStringConvertible {
    let name: String
    /// Luma pixels from the first luma sample to the first chroma sample, across and down.
    let offset: (x: Double, y: Double)
    let options: [String]
    var testDescription: String { name }
  }

  static let sitings: [Siting] = [
    Siting(name: "h264.mp4", offset: (0, 0.5), options: ["-c:v", "libx264", "-qp", "1"]),
    Siting(
      name: "center.mp4", offset: (0.5, 0.5),
      options: ["-c:v", "libx264", "-qp", "1", "-bsf:v", "h264_metadata=chroma_sample_loc_type=1"]),
    Siting(
      name: "topleft.mp4", offset: (0, 0),
      options: ["-c:v", "libx264", "-qp", "1", "-bsf:v", "h264_metadata=chroma_sample_loc_type=2"]),
    Siting(
      name: "hevc.mp4", offset: (0, 0.5), options: ["-c:v", "libx265", "-x265-params", "lossless=1:log-level=none"]),
    Siting(name: "vp9.webm", offset: (0, 0.5), options: ["-c:v", "libvpx-vp9", "-lossless", "1"]),
    Siting(name: "mpeg1.mpg", offset: (0.5, 0.5), options: ["-c:v", "mpeg1video", "-q:v", "1", "-qmin", "1"]),
    Siting(name: "mpeg2.mpg", offset: (0, 0.5), options: ["-c:v", "mpeg2video", "-q:v", "1", "-qmin", "1"]),
    Siting(name: "sorenson.flv", offset: (0.5, 0.5), options: ["-c:v", "flv", "-q:v", "1", "-qmin", "1"]),
    Siting(name: "jpeg.mov", offset: (0.5, 0.5), options: ["-c:v", "mjpeg", "-q:v", "1", "-qmin", "1"]),
  ]

  /// A wave of chroma, sampled where each codec's standard puts its samples, keeps its place within a tenth of a pixel: a
  /// fifth of the shift that a wrong siting causes.
  @Test(arguments: sitings, [true, false])
  func chromaIsNotShifted(_ siting: Siting, across: Bool) throws {
    let folder = try ScratchFolder()
    let (side, period) = (128, 16.0)
    let offset = across ? siting.offset.x : siting.offset.y
    let wave = (0..<side / 2).map { UInt8((128 + 50 * sin(2 * .pi * (2 * Double($0) + offset) / period)).rounded()) }
    let chroma = (0..<side * side / 4).map { wave[across ? $0 % (side / 2) : $0 / (side / 2)] }
    var frame = [UInt8](repeating: 128, count: side * side)
    frame += [UInt8](repeating: 128, count: side * side / 4) + chroma
    let raw = try folder.write("wave.yuv", Data(frame + frame))
    let path = folder.path(siting.name)
    try MediaTool.ffmpeg(
      ["-f", "rawvideo", "-pix_fmt", siting.name == "jpeg.mov" ? "yuvj420p" : "yuv420p", "-s", "\(side)x\(side)"]
        + ["-r", "25", "-i", raw] + siting.options + [path], in: folder.url)
    let still = try StillEncoder(FrameFinder.frame(.first, of: path)).png()
    let rgb = try Pixel.rgb(folder.write("still.png", Data(still.bytes)))
    var (sine, cosine) = (0.0, 0.0)
    for place in 16..<side - 16 {
      let pixel = across ? (side / 2) * side + place : place * side + side / 2
      let value = Double(rgb[3 * pixel]) - Double(rgb[3 * pixel + 2])
      sine += value * sin(2 * .pi * Double(place) / period)
      cosine += value * cos(2 * .pi * Double(place) / period)
    }
    let shift = -atan2(cosine, sine) / (2 * .pi) * period
    #expect(abs(shift) < 0.1, "\(shift) pixels")
  }

  @Test func qualityDeterminesTheSize() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=5", "-frames:v", "2", "-c:v", "libx264",
      "-pix_fmt", "yuv420p")
    let encoder = try StillEncoder(FrameFinder.frame(.first, of: path))
    let jpegs = try [100, 60, 20].map { quality in
      try encoder.jpeg(quantiser: StillEncoder.quantiser(quality: quality)).bytes.count
    }
    #expect(jpegs == jpegs.sorted(by: >) && Set(jpegs).count == 3)
    let webps = try [nil, 90, 30].map { try encoder.webp(quality: $0) }
    #expect(webps.map(\.bytes.count) == webps.map(\.bytes.count).sorted(by: >))
    #expect(webps.allSatisfy { $0.bytes.starts(with: Array("RIFF".utf8)) })
    let lossless = try folder.write("still.webp", Data(webps[0].bytes))
    let png = try folder.write("still.png", Data(try encoder.png().bytes))
    #expect(try Pixel.rgb(lossless) == Pixel.rgb(png))
  }

  @Test func rotatedVideoIsStoredInDisplayOrientation() throws {
    let folder = try ScratchFolder()
    _ = try folder.make("plain.mp4", "-f", "lavfi", "-i", "testsrc=size=128x64:rate=5:duration=1", "-c:v", "libx264")
    let path = try folder.make("rotated.mp4", "-i", "plain.mp4", "-c", "copy", "-metadata:s:v", "rotate=90")
    let frame = try FrameFinder(path: path).find(.first)
    let still = try StillEncoder(frame).png()
    #expect((still.width, still.height) == (64, 128))
    _ = try folder.write("ours.png", Data(still.bytes))
    _ = try folder.make("reference.png", "-i", "rotated.mp4", "-frames:v", "1", "-pix_fmt", "rgb24")
    let difference = try Pixel.meanDifference(folder.path("ours.png"), folder.path("reference.png"))
    #expect(difference < 4)
  }
}

@Suite(.media) struct AnchorTests {
  private func noisyClip(_ folder: ScratchFolder) throws -> String {
    try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "nullsrc=size=640x360:rate=5:duration=0.6,geq=90+random(1)*60:128:128", "-c:v",
      "libx264", "-qp", "10")
  }

  @Test func aFrameWithinTheLimitsIsPNG() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=5:duration=1", "-c:v", "libx264")
    let anchor = try Anchor(of: path)
    #expect(anchor.still.format == .png)
    #expect(anchor.source.index == 4)
  }

  @Test func aLargeFrameBecomesTheBestFittingJPEG() throws {
    let folder = try ScratchFolder()
    let path = try noisyClip(folder)
    let limit = 100_000
    let anchor = try Anchor(of: path, limits: ImageLimits(maximumBytes: limit))
    #expect(anchor.still.format == .jpeg)
    #expect(anchor.still.bytes.count <= limit)
    let quantiser = try #require(anchor.still.quantiser)
    let finer = try StillEncoder(FrameFinder(path: path).find(.last), deep: false).jpeg(quantiser: quantiser - 1)
    #expect(finer.bytes.count > limit, "a finer quantiser would have fitted too")
  }

  @Test func refusesAFrameThatCannotFitWithTheReason() throws {
    let folder = try ScratchFolder()
    let path = try noisyClip(folder)
    for (limits, message) in [
      (ImageLimits(maximumBytes: 2000), "2000 bytes"), (ImageLimits(minimumSide: 1000), "at least 1000"),
      (ImageLimits(aspect: 0.9...1.1), "aspect"),
    ] {
      let error = #expect(throws: LibavError.self) { _ = try Anchor(of: path, limits: limits) }
      #expect(error?.description.contains(message) == true)
    }
  }

  /// Anchors are used as the next clip's first frame: ten round trips must not change the colours.
  @Test func tenRoundTripsKeepTheColors() throws {
    let folder = try ScratchFolder()
    var path = try folder.make(
      "0.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=5:duration=0.6", "-vf",
      "gblur=sigma=2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-c:v", "libx264", "-crf", "12",
      "-colorspace", "bt709", "-color_range", "tv")
    let first = try folder.write("first.png", Data(try StillEncoder(FrameFinder(path: path).find(.last)).png().bytes))
    for round in 1...10 {
      let still = try StillEncoder(FrameFinder(path: path).find(.last)).png()
      _ = try folder.write("\(round).png", Data(still.bytes))
      path = try folder.make(
        "\(round).mp4", "-loop", "1", "-t", "0.4", "-r", "5", "-i", "\(round).png", "-vf",
        "format=gbrp,zscale=matrix=709:range=limited:chromal=left,format=yuv420p", "-c:v",
        "libx264", "-crf", "12", "-colorspace", "bt709", "-color_range", "tv")
    }
    let last = try folder.write("last.png", Data(try StillEncoder(FrameFinder(path: path).find(.last)).png().bytes))
    #expect(try Pixel.meanDifference(first, last) < 2)
    let difference = try FrameDifference(
      FrameFinder.frame(.first, of: first), FrameFinder.frame(.first, of: last))
    #expect(difference.deltaE.mean <= 1, "\(difference.deltaE)")
  }
}
