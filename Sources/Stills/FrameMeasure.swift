import Foundation
import Libav
import Probing

/// What can be told of a frame by itself: how sharp, how bright, how rich it is.
struct FrameMeasure: Sendable {
  /// Mean squared step from one pixel to its neighbours, in 8-bit code values².
  let sharpness: Double
  /// Mean luma, 0–255.
  let level: Double
  /// Standard deviation of luma.
  let contrast: Double
  /// Spread of the colours around their mean, as Hasler and Süsstrunk (2003) measure colourfulness.
  let colorfulness: Double
  /// Mean luma of a coarse grid of cells, row by row.
  let grid: [Double]

  /// Pixels across the copy that is measured, at most.
  static let width = 960
  private static let columns = 32
  private static let rows = 18

  /// Below these a frame is black; above this level, with little contrast, white.
  private static let blackLevel = 14.0
  private static let whiteLevel = 241.0
  private static let flatContrast = 6.0

  init(_ frame: borrowing Frame, of stream: StreamInfo) throws(LibavError) {
    let width = min(frame.width, Self.width)
    let height = max(1, frame.height * width / max(1, frame.width))
    let facts = ExactFrame.Facts(frame, of: stream, path: "", index: 0, note: nil)
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: facts.color.tags, to: (width, height, .rgb24),
      targetColor: ColorTags(range: "pc", matrix: "gbr"), quality: .area)
    self.init(SmallFrame(rgb24: try scaler.scale(frame)))
  }

  init(_ frame: SmallFrame) {
    let (width, height) = (frame.width, frame.height)
    var luma = [Int32](repeating: 0, count: width * height)
    var (sum, squares) = (0.0, 0.0)
    var (rg, rgSquares, yb, ybSquares) = (0.0, 0.0, 0.0, 0.0)
    frame.rgb.withUnsafeBufferPointer { rgb in
      for index in 0..<width * height {
        let (r, g, b) = (Int32(rgb[3 * index]), Int32(rgb[3 * index + 1]), Int32(rgb[3 * index + 2]))
        let y = (54 * r + 183 * g + 19 * b) >> 8
        luma[index] = y
        let value = Double(y)
        sum += value
        squares += value * value
        let (first, second) = (Double(r - g), Double(r + g) / 2 - Double(b))
        rg += first
        rgSquares += first * first
        yb += second
        ybSquares += second * second
      }
    }
    let count = Double(max(1, width * height))
    level = sum / count
    contrast = max(0, squares / count - level * level).squareRoot()
    let spread =
      max(0, rgSquares / count - (rg / count) * (rg / count)) + max(0, ybSquares / count - (yb / count) * (yb / count))
    let mean = (rg / count) * (rg / count) + (yb / count) * (yb / count)
    colorfulness = spread.squareRoot() + 0.3 * mean.squareRoot()
    var steps: Int64 = 0
    for y in 0..<max(0, height - 1) {
      for x in 0..<max(0, width - 1) {
        let own = luma[y * width + x]
        let (dx, dy) = (luma[y * width + x + 1] - own, luma[(y + 1) * width + x] - own)
        steps += Int64(dx * dx + dy * dy)
      }
    }
    sharpness = Double(steps) / count
    var cells = [Double](repeating: 0, count: Self.columns * Self.rows)
    var counts = [Double](repeating: 0, count: Self.columns * Self.rows)
    for y in 0..<height {
      for x in 0..<width {
        let cell = y * Self.rows / height * Self.columns + x * Self.columns / width
        cells[cell] += Double(luma[y * width + x])
        counts[cell] += 1
      }
    }
    grid = zip(cells, counts).map { $1 > 0 ? $0 / $1 : 0 }
  }

  var isBlack: Bool { level < Self.blackLevel && contrast < Self.flatContrast }
  var isWhite: Bool { level > Self.whiteLevel && contrast < Self.flatContrast }

  /// Mean change of the grid's cells, in 8-bit code values.
  func change(to other: FrameMeasure) -> Double {
    zip(grid, other.grid).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(1, grid.count))
  }

  /// How good a cover it makes, among frames of one video: sharp, with contrast and colour, neither dark nor burnt out.
  var appeal: Double {
    guard !isBlack, !isWhite else { return 0 }
    let exposure = 1 - abs(level - 118) / 140
    return log(1 + sharpness) * (0.5 + min(contrast, 64) / 64) * (0.7 + min(colorfulness, 60) / 100)
      * max(0.05, exposure)
  }
}
