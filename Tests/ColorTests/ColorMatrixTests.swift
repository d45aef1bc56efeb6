import Color
import Foundation
import Libav
import Support
import Testing

@Suite(.media) struct ColorMatrixTests {
  static let names = [
    "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc", "bt2020c", "ycgco", "gbr",
  ]
  private static let colors: [SIMD3<Int>] = [
    SIMD3(200, 60, 30), SIMD3(30, 180, 60), SIMD3(40, 70, 220), SIMD3(128, 128, 128), SIMD3(255, 255, 255),
    SIMD3(0, 0, 0),
  ]

  private static func scaled(_ color: SIMD3<Int>) -> SIMD3<Double> { SIMD3<Double>(color) / 255 }

  @Test(arguments: names, ["tv", "pc"])
  func codesConvertBackToTheirColor(_ name: String, range: String) {
    for depth in [8, 10, 12] {
      let matrix = ColorMatrix(ColorTags(range: range, matrix: name), bitDepth: depth)
      for color in Self.colors.map(Self.scaled) {
        let codes = matrix.codes(color)
        let back = matrix.rgb(codes.x, codes.y, codes.z)
        let worst = (back - color).indices.map { abs((back - color)[$0]) }.max() ?? 1
        #expect(worst < 1e-6, "\(depth) bits: \(back) instead of \(color)")
      }
    }
  }

  @Test(arguments: names.filter { $0 != "gbr" })
  func whiteAndBlackAreTheNominalLevels(_ name: String) {
    let matrix = ColorMatrix(ColorTags(range: "tv", matrix: name), bitDepth: 10)
    for (rgb, codes) in [(SIMD3(1.0, 1, 1), SIMD3(940.0, 512, 512)), (SIMD3(0.0, 0, 0), SIMD3(64.0, 512, 512))] {
      let found = matrix.codes(rgb) - codes
      #expect(abs(found.x) < 0.01 && abs(found.y) < 0.01 && abs(found.z) < 0.01)
    }
  }

  /// Greys have luma only, whatever the matrix.
  @Test(arguments: names.filter { $0 != "gbr" })
  func greyHasNoChroma(_ name: String) {
    let codes = ColorMatrix(ColorTags(range: "pc", matrix: name)).codes(SIMD3(repeating: 128) / 255)
    #expect(abs(codes.x - 128) < 0.01 && abs(codes.y - 128) < 0.01 && abs(codes.z - 128) < 0.01)
  }

  @Test(arguments: ["bt709", "bt2020c"])
  func deepFrameConvertsPixelByPixel(_ name: String) throws {
    let tags = ColorTags(range: "tv", matrix: name)
    let matrix = ColorMatrix(tags, bitDepth: 16)
    let format = try #require(PixelFormat(name: "yuv444p16le"))
    for color in Self.colors {
      let codes = matrix.codes(Self.scaled(color))
      let frame = try Frame(width: 8, height: 4, format: format, color: tags)
      for plane in 0..<3 {
        frame.withMutablePlane16(plane) { samples, _ in
          for index in samples.indices { samples[index] = UInt16(clamping: Int(codes[plane].rounded())) }
        }
      }
      let rgb = try ColorMatrix.rgb(frame, color: tags)
      #expect(rgb.pixelFormat == .rgb48)
      rgb.withPlane(0) { bytes, stride in
        for channel in 0..<3 {
          let at = 3 * stride + 6 * 7 + 2 * channel
          #expect(abs(Int(bytes[at]) << 8 + Int(bytes[at + 1]) - 257 * color[channel]) <= 8, "\(color)")
        }
      }
    }
  }

  @Test func unknownMatrixIsBT709() {
    let known = ColorMatrix(ColorTags(range: "tv", matrix: "bt709"))
    for name in [nil, "reserved", "no-such-matrix"] {
      let matrix = ColorMatrix(ColorTags(range: "tv", matrix: name))
      #expect(matrix.rgb(120, 90, 170) == known.rgb(120, 90, 170))
    }
  }

  /// The reference is zimg, by the `ffmpeg` program.
  @Test(arguments: names.filter { $0 != "gbr" }, ["tv", "pc"])
  func codesAreThoseOfZimg(_ name: String, range: String) throws {
    let folder = try ScratchFolder()
    let number = try #require(ColorTags(matrix: name).matrixCode)
    let matrix = ColorMatrix(ColorTags(range: range, matrix: name))
    // zimg makes constant luminance from the light of a display, which agrees with BT.2020 at 0 and 1 only.
    let colors = name == "bt2020c" ? [SIMD3(255, 0, 0), SIMD3(0, 255, 0), SIMD3(0, 0, 255)] : Self.colors
    for color in colors {
      let pixel = [UInt8(color.x), UInt8(color.y), UInt8(color.z)]
      let raw = try folder.write("raw.rgb", Data((0..<256).flatMap { _ in pixel }))
      let result = try MediaTool.run(
        "ffmpeg",
        [
          "-hide_banner", "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16x16", "-i", raw,
          "-frames:v", "1", "-vf",
          "format=gbrp,setparams=color_primaries=bt2020:color_trc=bt2020-10,"
            + "zscale=matrix=\(number):range=\(range):dither=none,format=yuv444p",
          "-f", "rawvideo", "-",
        ])
      #expect(result.status == 0, "\(result.errors)")
      let bytes = [UInt8](result.output)
      try #require(bytes.count == 3 * 256)
      let codes = matrix.codes(Self.scaled(color))
      for plane in 0..<3 {
        #expect(abs(Double(bytes[256 * plane]) - codes[plane]) <= 1, "\(color): plane \(plane), \(codes)")
      }
    }
  }

  @Test(arguments: names.filter { $0 != "gbr" }, ["tv", "pc"])
  func shrunkFrameKeepsItsColor(_ name: String, range: String) throws {
    let tags = ColorTags(range: range, matrix: name)
    let matrix = ColorMatrix(tags)
    let scaler = FrameScaler()
    for color in Self.colors {
      let codes = matrix.codes(Self.scaled(color))
      let frame = try Frame(width: 64, height: 32, format: .yuv420p, color: tags)
      for plane in 0..<3 {
        let code = UInt8(clamping: Int(codes[plane].rounded()))
        frame.withMutablePlane(plane) { bytes, _ in
          for index in bytes.indices { bytes[index] = code }
        }
      }
      let small = try scaler.shrink(frame, color: tags, to: (16, 8))
      #expect(small.bytes.count == 3 * 16 * 8)
      for channel in 0..<3 {
        #expect(abs(Int(small.bytes[3 * 60 + channel]) - color[channel]) <= 3, "\(color): \(small.bytes.prefix(3))")
      }
    }
  }

  /// Neutral noise: each pixel is the rounded mean of its block, whatever the block's size and the depth.
  @Test(arguments: [
    ("yuv420p", 4, 4), ("yuv420p", 2, 2), ("yuv420p", 6, 4), ("yuv420p10le", 4, 4), ("yuv444p12le", 3, 5),
  ])
  func shrunkFrameHasTheMeanOfEachBlock(_ format: String, across: Int, down: Int) throws {
    let tags = ColorTags(range: "pc", matrix: "bt709")
    let format = try #require(PixelFormat(name: format))
    let (columns, rows) = (20, 10)
    let (width, height) = (columns * across, rows * down)
    let frame = try Frame(width: width, height: height, format: format, color: tags)
    let most = 1 << format.bitDepth
    // The brightest value in one half, so that rounding could overflow.
    func luma(_ x: Int, _ y: Int) -> Int { x < width / 2 ? most - 1 : (x * 7919 + y * 104_729) % most }
    for plane in 0..<3 {
      let size = frame.planeSize(plane)
      func code(_ x: Int, _ y: Int) -> Int { plane == 0 ? luma(x, y) : most / 2 }
      if format.bitDepth > 8 {
        frame.withMutablePlane16(plane) { samples, stride in
          for y in 0..<size.height { for x in 0..<size.width { samples[y * stride + x] = UInt16(code(x, y)) } }
        }
      } else {
        frame.withMutablePlane(plane) { samples, stride in
          for y in 0..<size.height { for x in 0..<size.width { samples[y * stride + x] = UInt8(code(x, y)) } }
        }
      }
    }
    let small = try FrameScaler().shrink(frame, color: tags, to: (columns, rows))
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0
        for y in 0..<down { for x in 0..<across { sum += luma(column * across + x, row * down + y) } }
        let mean = min(255, Double(sum) / Double(across * down) / Double(1 << (format.bitDepth - 8)))
        let shown = Double(small.bytes[3 * (row * columns + column)])
        #expect(abs(shown - mean) <= 1, "\(column), \(row): \(shown), \(mean)")
      }
    }
  }

  @Test(arguments: [TransferFunction.srgb, .bt709, .bt1886, .pq, .hlg])
  func transferFunctionsConvertBack(_ curve: TransferFunction) {
    for step in 0...100 {
      let signal = Double(step) / 100
      #expect(abs(curve.signal(curve.linear(signal)) - signal) < 1e-6)
    }
  }

  @Test func transferFunctionsHaveTheirKnownValues() {
    #expect(abs(TransferFunction.srgb.linear(0.5) - 0.214_041) < 1e-6)
    #expect(abs(TransferFunction.pq.signal(0.01) - 0.508_078) < 1e-6)
    #expect(abs(TransferFunction.hlg.linear(0.5) - 1.0 / 12) < 1e-9)
    #expect(abs(TransferFunction.hlg.linear(1) - 1) < 1e-6)
    #expect(abs(TransferFunction.bt709.signal(0.18) - 0.409_0) < 1e-3)
    #expect(TransferFunction.bt1886.linear(-0.5) == -TransferFunction.bt1886.linear(0.5))
  }
}
