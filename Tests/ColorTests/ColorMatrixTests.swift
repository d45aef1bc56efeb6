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
    let number = try #require(ColorTags(matrix: name).matrixCode)
    let matrix = ColorMatrix(ColorTags(range: range, matrix: name))
    for color in Self.colors {
      let hex = String(format: "0x%02X%02X%02X", color.x, color.y, color.z)
      let result = try MediaTool.run(
        "ffmpeg",
        [
          "-hide_banner", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=c=\(hex):size=16x16", "-frames:v",
          "1", "-vf",
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
