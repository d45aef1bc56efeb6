import Color
import Foundation
import Libav
import Probing

/// Sharpness, level, contrast and colourfulness of one frame.
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
  let grid: [Float]

  /// Maximum width of the copy that is measured, in pixels.
  static let width = 960
  private static let columns = 32
  private static let rows = 18

  /// A frame of less contrast is black below the one level and white above the other.
  private static let blackLevel = 14.0
  private static let whiteLevel = 241.0
  private static let flatContrast = 6.0

  /// - Parameter scaler: the same for all frames of a stream.
  init(_ frame: borrowing Frame, of stream: StreamInfo, scaler: FrameScaler) throws(LibavError) {
    let width = min(frame.width, Self.width)
    let height = max(1, frame.height * width / max(1, frame.width))
    let facts = ExactFrame.Facts(frame, of: stream, path: "", index: 0, note: nil)
    self.init(try scaler.shrink(frame, color: facts.color.tags, to: (width, height)))
  }

  private init(_ image: RGBImage) {
    let (width, height) = (image.width, image.height)
    let luma = image.luma
    var (sum, squares) = (0.0, 0.0)
    var (rg, rgSquares, yb, ybSquares) = (0.0, 0.0, 0.0, 0.0)
    image.bytes.withUnsafeBufferPointer { rgb in
      for index in 0..<width * height {
        let (r, g, b) = (Int32(rgb[3 * index]), Int32(rgb[3 * index + 1]), Int32(rgb[3 * index + 2]))
        let value = Double(luma[index])
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
    luma.withUnsafeBufferPointer { luma in
      for y in 0..<max(0, height - 1) {
        for x in 0..<max(0, width - 1) {
          let own = Int32(luma[y * width + x])
          let (dx, dy) = (Int32(luma[y * width + x + 1]) - own, Int32(luma[(y + 1) * width + x]) - own)
          steps += Int64(dx * dx + dy * dy)
        }
      }
    }
    sharpness = Double(steps) / count
    grid = luma.withUnsafeBufferPointer {
      CellMeans($0, width: width, height: height, columns: Self.columns, rows: Self.rows).means
    }
  }

  var isBlack: Bool { level < Self.blackLevel && contrast < Self.flatContrast }
  var isWhite: Bool { level > Self.whiteLevel && contrast < Self.flatContrast }

  /// Mean change of the grid's cells, in 8-bit code values.
  func change(to other: FrameMeasure) -> Double {
    zip(grid, other.grid).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) } / Double(max(1, grid.count))
  }

  /// Suitability as a cover, comparable among frames of one video: sharp, rich in contrast and colour, well exposed.
  var appeal: Double {
    guard !isBlack, !isWhite else { return 0 }
    let exposure = 1 - abs(level - 118) / 140
    return log(1 + sharpness) * (0.5 + min(contrast, 64) / 64) * (0.7 + min(colorfulness, 60) / 100)
      * max(0.05, exposure)
  }
}
