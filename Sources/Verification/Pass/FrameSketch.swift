import Color
package import Libav

/// A reduced copy of a frame for comparing it with its neighbours: evenly spaced rows of every plane on the 8-bit scale,
/// and the mean colours of a coarse grid.
///
/// Rows are whole, so that grain counts as in the full frame; only their number is reduced. A class, so that a few of
/// them can be reused without allocating.
package final class FrameSketch {
  /// Approximate number of rows of luma; smaller frames are kept whole.
  private static let rows = 270
  package static let gridColumns = 32
  package static let gridRows = 18
  /// Luma of a pixel that counts as black, as in ffmpeg's blackdetect: 10 % above black.
  private static let blackLimited: UInt8 = 37
  private static let blackFull: UInt8 = 25

  package private(set) var samples: [UInt8] = []
  /// Mean luma of each cell of the grid, row by row; then the same of the two chroma planes, 128 when there are none.
  package private(set) var cells: [[Float]] = [[], [], []]
  package private(set) var means: [Float] = [0, 128, 128]
  /// Part of the luma samples that are black, 0–1.
  private(set) var blackPart = 0.0
  package private(set) var lumaCount = 0

  private var width = 0
  private var height = 0

  package init() {}

  package func take(_ frame: borrowing Frame, isFullRange: Bool) {
    (width, height) = (frame.width, frame.height)
    let format = frame.pixelFormat
    let planes = format.isPlanar && !format.isRGB ? min(3, format.isGray ? 1 : 3) : 1
    samples.removeAll(keepingCapacity: true)
    let count = Self.gridColumns * Self.gridRows
    for plane in 0..<3 {
      guard plane < planes else {
        cells[plane] = [Float](repeating: 128, count: count)
        means[plane] = 128
        continue
      }
      let start = samples.count
      let size = append(frame, plane: plane, depth: format.bitDepth, packed: planes == 1 && !format.isPlanar)
      measure(plane, samples[start...], width: size.width, rows: size.rows)
      if plane == 0 {
        lumaCount = samples.count
        let limit = isFullRange ? Self.blackFull : Self.blackLimited
        let dark = samples.withUnsafeBufferPointer { buffer in
          var dark = 0
          for sample in buffer { dark &+= sample <= limit ? 1 : 0 }
          return dark
        }
        blackPart = Double(dark) / Double(max(1, lumaCount))
      }
    }
  }

  /// Copies every n-th row of a plane, deeper samples cut to 8 bits.
  private func append(
    _ frame: borrowing Frame, plane: Int, depth: Int, packed: Bool
  ) -> (width: Int, rows: Int) {
    let size = frame.planeSize(plane)
    let step = max(1, frame.height / Self.rows)
    let rows = (size.height + step - 1) / step
    if depth > 8 {
      let shift = UInt16(min(8, depth - 8))
      frame.withPlane16(plane) { span, stride in
        span.withUnsafeBufferPointer { source in
          for row in 0..<rows where row * step * stride + size.width <= source.count {
            let line = UnsafeBufferPointer(rebasing: source[(row * step * stride)..<(row * step * stride + size.width)])
            samples.append(contentsOf: line.lazy.map { UInt8(truncatingIfNeeded: $0 &>> shift) })
          }
        }
      }
    } else {
      frame.withPlane(plane) { span, stride in
        span.withUnsafeBufferPointer { source in
          for row in 0..<rows where row * step * stride + size.width <= source.count {
            samples.append(contentsOf: source[(row * step * stride)..<(row * step * stride + size.width)])
          }
        }
      }
    }
    return (size.width, rows)
  }

  private func measure(_ plane: Int, _ part: ArraySlice<UInt8>, width: Int, rows: Int) {
    let whole = width > 0 ? min(rows, part.count / width) : 0
    let grid = part.withUnsafeBufferPointer {
      CellMeans($0, width: width, height: whole, columns: Self.gridColumns, rows: Self.gridRows)
    }
    (means[plane], cells[plane]) = (grid.mean, grid.means)
  }

  /// Whether two sketches can be compared sample by sample.
  func matches(_ other: FrameSketch) -> Bool {
    width == other.width && height == other.height && samples.count == other.samples.count
  }

  /// Mean absolute difference of all samples in code values on the 8-bit scale; infinite for another size.
  package func difference(from other: FrameSketch) -> Float {
    guard matches(other), !samples.isEmpty else { return .infinity }
    let sum = samples.withUnsafeBufferPointer { a in
      other.samples.withUnsafeBufferPointer { b in
        var sum: UInt64 = 0
        var start = 0
        while start < a.count {
          let end = min(a.count, start + 1 << 16)
          var part: UInt32 = 0
          for index in start..<end {
            let difference = Int32(a[index]) &- Int32(b[index])
            part &+= UInt32(bitPattern: difference < 0 ? 0 &- difference : difference)
          }
          sum &+= UInt64(part)
          start = end
        }
        return sum
      }
    }
    return Float(Double(sum) / Double(samples.count))
  }
}
