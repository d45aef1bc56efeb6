import Color
import Libav
import Testing

@Suite struct ReducedPlaneTests {
  private static func frame(_ format: PixelFormat, width: Int, height: Int) throws -> Frame {
    let frame = try Frame(width: width, height: height, format: format, color: .bt709)
    for plane in 0..<3 {
      let size = frame.planeSize(plane)
      if format.bitDepth > 8 {
        frame.withMutablePlane16(plane) { samples, stride in
          for y in 0..<size.height { for x in 0..<size.width { samples[y * stride + x] = UInt16(4 * (x + y)) } }
        }
      } else {
        frame.withMutablePlane(plane) { samples, stride in
          for y in 0..<size.height { for x in 0..<size.width { samples[y * stride + x] = UInt8(x + y) } }
        }
      }
    }
    return frame
  }

  @Test(arguments: [PixelFormat.yuv420p, .yuv420p10])
  func valuesAreTheMeansOfTheBlocks(_ format: PixelFormat) throws {
    let plane = ReducedPlane(try Self.frame(format, width: 64, height: 48), plane: 0, block: (4, 3))
    #expect((plane.columns, plane.rows) == (16, 16))
    for row in 0..<plane.rows {
      for column in 0..<plane.columns {
        let expected = Float(4 * column) + 1.5 + Float(3 * row) + 1
        #expect(abs(plane.values[row * plane.columns + column] - expected) < 1e-3)
      }
    }
    #expect(abs(plane.mean - 55) < 1e-3)
  }

  @Test func remainderOfTheBlocksIsLeftOut() throws {
    let plane = ReducedPlane(try Self.frame(.yuv420p, width: 66, height: 50), plane: 0, block: (4, 4))
    #expect((plane.columns, plane.rows) == (16, 12))
    #expect(plane.values.count == 16 * 12)
  }

  @Test func cellsAreMeansOfTheirSamples() throws {
    let plane = ReducedPlane(try Self.frame(.yuv420p, width: 64, height: 48), plane: 0, block: (1, 1))
    let cells = plane.cells(columns: 4, rows: 2)
    #expect(cells.means.count == 8)
    for (index, value) in cells.means.enumerated() {
      let expected = Float(16 * (index % 4)) + 7.5 + Float(24 * (index / 4)) + 11.5
      #expect(abs(value - expected) < 1e-3)
    }
    #expect(abs(cells.mean - 55) < 1e-3)
  }

  @Test func planeSmallerThanItsGridFillsEveryCell() throws {
    let plane = ReducedPlane(try Self.frame(.yuv420p, width: 4, height: 2), plane: 0, block: (1, 1))
    let cells = plane.cells(columns: 16, rows: 9)
    #expect(cells.means.count == 16 * 9)
    #expect(cells.means.allSatisfy { (0...4).contains($0) })
  }

  @Test func levelShiftLeavesTheDetail() throws {
    let scaler = FrameScaler()
    let one = try Self.frame(.yuv420p, width: 64, height: 48)
    let two = try Self.frame(.yuv420p, width: 64, height: 48)
    two.withMutablePlane(0) { samples, _ in
      for index in samples.indices { samples[index] &+= 9 }
    }
    let (a, b) = (
      try ReducedFrame(one, color: .bt709, scaler: scaler), try ReducedFrame(two, color: .bt709, scaler: scaler)
    )
    #expect(a.distance(to: b) < 1e-6)
    #expect(abs(b.means[0] - a.means[0] - 9) < 1e-3)
    #expect(a.colors.count == 16 * 9)
    #expect(LabColor.meanDifference(a.colors, b.colors) > 1)
  }

  /// The colours do not depend on how the frame is coded.
  @Test(arguments: ["bt709", "smpte240m", "fcc", "bt2020nc", "ycgco"])
  func colorsFollowTheMatrix(_ name: String) throws {
    let tags = ColorTags(range: "tv", matrix: name)
    let rgb = SIMD3(200.0, 60, 30) / 255
    let codes = ColorMatrix(tags).codes(rgb)
    let frame = try Frame(width: 64, height: 48, format: .yuv444p, color: tags)
    for plane in 0..<3 {
      let code = UInt8(clamping: Int(codes[plane].rounded()))
      frame.withMutablePlane(plane) { samples, _ in
        for index in samples.indices { samples[index] = code }
      }
    }
    let reduced = try ReducedFrame(frame, color: tags, scaler: FrameScaler())
    for color in reduced.colors {
      let step = color - rgb
      #expect((step * step).sum() < 1e-3)
    }
  }
}

@Suite struct StructuralSimilarityTests {
  private static let (width, height) = (24, 16)
  private static let ramp: [UInt8] = (0..<width * height).map { (index: Int) -> UInt8 in UInt8(index * 7 % 256) }

  @Test func equalPlanesGiveOne() {
    let plane = Self.ramp
    #expect(StructuralSimilarity.mean(plane, plane, width: Self.width, height: Self.height) == 1)
  }

  /// Without variance only the means count: (2·m₁·m₂ + c₁) / (m₁² + m₂² + c₁).
  @Test func flatPlanesCompareTheirMeans() {
    let count = Self.width * Self.height
    let (a, b) = ([UInt8](repeating: 100, count: count), [UInt8](repeating: 150, count: count))
    let (product, squares) = (2.0 * 100 * 150, 100.0 * 100 + 150 * 150)
    let expected = (product + 6.5025) / (squares + 6.5025)
    let found = StructuralSimilarity.mean(a, b, width: Self.width, height: Self.height)
    #expect(abs(found - expected) < 1e-12)
  }

  @Test func negativeOfAPlaneIsNotSimilar() {
    let negative: [UInt8] = Self.ramp.map { 255 - $0 }
    #expect(StructuralSimilarity.mean(Self.ramp, negative, width: Self.width, height: Self.height) < 0)
  }

  @Test func planesSmallerThanABlockAreCompared() {
    let (a, b): ([UInt8], [UInt8]) = ([10, 20, 30, 40], [10, 20, 30, 44])
    let found = StructuralSimilarity.mean(a, b, width: 2, height: 2)
    #expect(found < 1 && found > 0.9)
    #expect(StructuralSimilarity.mean([], [], width: 0, height: 0) == 1)
  }
}
