import Libav

/// A small copy of a frame for measuring: block means of every plane on the 8-bit scale, in full precision.
struct ReducedPlane: Sendable {
  /// Block means of all planes, one after the other, each plane less its own mean: a uniform shift in level vanishes.
  let detail: [Float]
  /// Mean of each plane, luma first.
  let means: [Float]
  /// The frame as a coarse grid of mean colours, for telling colour steps from motion.
  let grid: [ColorCell]

  struct ColorCell: Sendable {
    var luma: Float
    var cb: Float
    var cr: Float
  }

  /// Luma blocks across the frame, at most.
  private static let maximumColumns = 480
  static let gridColumns = 16
  static let gridRows = 9

  init(_ frame: borrowing Frame) throws(LibavError) {
    let format = frame.pixelFormat
    if format.isPlanar, !format.isRGB, format.bitDepth <= 16 {
      self.init(planar: frame)
    } else {
      let scaler = try Scaler(
        from: (frame.width, frame.height, format), color: frame.color, to: (frame.width, frame.height, .yuv420p),
        quality: .area)
      self.init(planar: try scaler.scale(frame))
    }
  }

  private init(planar frame: borrowing Frame) {
    let format = frame.pixelFormat
    let block = max(1, (frame.width + Self.maximumColumns - 1) / Self.maximumColumns)
    var planes: [BlockMeans] = []
    for plane in 0..<min(3, max(1, format.componentCount - (format.hasAlpha ? 1 : 0))) {
      let size = frame.planeSize(plane)
      let shift = plane == 0 ? (0, 0) : (format.chromaShiftX, format.chromaShiftY)
      let blocks = (max(1, block >> shift.0), max(1, block >> shift.1))
      planes.append(BlockMeans(frame, plane: plane, size: size, block: blocks, bitDepth: format.bitDepth))
    }
    means = planes.map { $0.mean }
    detail = planes.flatMap { plane in
      let mean = plane.mean
      return plane.values.map { $0 - mean }
    }
    let cells = planes.map { $0.grid(columns: Self.gridColumns, rows: Self.gridRows) }
    let neutral = [Float](repeating: 128, count: Self.gridColumns * Self.gridRows)
    let chroma = cells.count == 3 ? (cells[1], cells[2]) : (neutral, neutral)
    grid = cells[0].indices.map { ColorCell(luma: cells[0][$0], cb: chroma.0[$0], cr: chroma.1[$0]) }
  }

  /// Mean squared difference of two frames of the same size, in code values².
  func distance(to other: ReducedPlane) -> Float {
    let sum = zip(detail, other.detail).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return sum / Float(max(1, detail.count))
  }

  /// The step from this frame to another.
  func step(to other: ReducedPlane) -> [Float] { zip(detail, other.detail).map { $1 - $0 } }
}

/// A plane's means over blocks of samples.
private struct BlockMeans {
  let columns: Int
  let rows: Int
  let values: [Float]

  init(
    _ frame: borrowing Frame, plane: Int, size: (width: Int, height: Int), block: (x: Int, y: Int), bitDepth: Int
  ) {
    let columns = max(1, size.width / block.x)
    let rows = max(1, size.height / block.y)
    let (bx, by) = (min(block.x, size.width), min(block.y, size.height))
    let scale = 1 / (Float(bx * by) * Float(1 << max(0, bitDepth - 8)))
    var values = [Float](repeating: 0, count: columns * rows)
    if bitDepth <= 8 {
      frame.withPlane(plane) { bytes, stride in
        for row in 0..<rows {
          for column in 0..<columns {
            var sum: UInt32 = 0
            for y in 0..<by {
              let start = (row * by + y) * stride + column * bx
              for x in 0..<bx { sum &+= UInt32(bytes[start + x]) }
            }
            values[row * columns + column] = Float(sum) * scale
          }
        }
      }
    } else {
      frame.withPlane16(plane) { samples, stride in
        for row in 0..<rows {
          for column in 0..<columns {
            var sum: UInt32 = 0
            for y in 0..<by {
              let start = (row * by + y) * stride + column * bx
              for x in 0..<bx { sum &+= UInt32(samples[start + x]) }
            }
            values[row * columns + column] = Float(sum) * scale
          }
        }
      }
    }
    self.columns = columns
    self.rows = rows
    self.values = values
  }

  var mean: Float { values.reduce(0, +) / Float(max(1, values.count)) }

  func grid(columns gridColumns: Int, rows gridRows: Int) -> [Float] {
    (0..<gridRows * gridColumns).map { cell in
      let (row, column) = cell.quotientAndRemainder(dividingBy: gridColumns)
      let ys = bounds(row, of: gridRows, count: rows)
      let xs = bounds(column, of: gridColumns, count: columns)
      var sum: Float = 0
      for y in ys { for x in xs { sum += values[y * columns + x] } }
      return sum / Float(ys.count * xs.count)
    }
  }

  private func bounds(_ part: Int, of parts: Int, count: Int) -> Range<Int> {
    let start = min(count - 1, part * count / parts)
    return start..<max(start + 1, (part + 1) * count / parts)
  }
}
