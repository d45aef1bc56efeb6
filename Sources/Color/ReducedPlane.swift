package import Libav

/// A plane's means over blocks of samples, on the 8-bit scale.
package struct ReducedPlane: Sendable {
  /// Blocks; what is left over at the right and at the bottom is not measured.
  package let columns: Int
  package let rows: Int
  /// Row by row.
  package let values: [Float]

  /// - Parameter block: samples of a block across and down.
  package init(_ frame: borrowing Frame, plane: Int, block: (x: Int, y: Int)) {
    let size = frame.planeSize(plane)
    let (columns, rows) = (max(1, size.width / block.x), max(1, size.height / block.y))
    let (bx, by) = (min(block.x, size.width), min(block.y, size.height))
    let scale = 1 / (Float(bx * by) * Float(1 << max(0, frame.pixelFormat.bitDepth - 8)))
    self.columns = columns
    self.rows = rows
    values = BlockSums.of(frame, plane: plane, columns: columns, rows: rows, block: (bx, by)).map { Float($0) * scale }
  }

  package var mean: Float { values.reduce(0, +) / Float(max(1, values.count)) }

  /// Means over a coarser grid.
  package func cells(columns gridColumns: Int, rows gridRows: Int) -> CellMeans {
    values.withUnsafeBufferPointer {
      CellMeans($0, width: columns, height: rows, columns: gridColumns, rows: gridRows)
    }
  }
}

/// The means of a plane's samples over the cells of a coarse grid.
package struct CellMeans: Sendable {
  /// Row by row.
  package let means: [Float]
  /// Of all cells, each weighted by its samples.
  package let mean: Float

  /// - Parameter samples: row by row without gaps.
  package init(_ samples: UnsafeBufferPointer<UInt8>, width: Int, height: Int, columns: Int, rows: Int) {
    self.init(width: width, height: height, columns: columns, rows: rows) { range in
      var sum: UInt32 = 0
      for index in range { sum &+= UInt32(samples[index]) }
      return Float(sum)
    }
  }

  init(_ samples: UnsafeBufferPointer<Float>, width: Int, height: Int, columns: Int, rows: Int) {
    self.init(width: width, height: height, columns: columns, rows: rows) { range in
      var sum: Float = 0
      for index in range { sum += samples[index] }
      return sum
    }
  }

  /// Each cell holds at least one sample; cells share samples where there are more cells than samples.
  @inline(__always)
  private init(width: Int, height: Int, columns: Int, rows: Int, sum: (Range<Int>) -> Float) {
    guard width > 0, height > 0 else {
      means = [Float](repeating: 0, count: columns * rows)
      mean = 0
      return
    }
    func bounds(_ cell: Int, of cells: Int, count: Int) -> Range<Int> {
      let start = min(count - 1, cell * count / cells)
      return start..<max(start + 1, (cell + 1) * count / cells)
    }
    let across = (0..<columns).map { bounds($0, of: columns, count: width) }
    var means = [Float](repeating: 0, count: columns * rows)
    var (total, count) = (0.0, 0)
    for row in 0..<rows {
      let lines = bounds(row, of: rows, count: height)
      for (column, range) in across.enumerated() {
        var cell: Float = 0
        for line in lines { cell += sum(line * width + range.lowerBound..<line * width + range.upperBound) }
        means[row * columns + column] = cell / Float(lines.count * range.count)
        total += Double(cell)
        count += lines.count * range.count
      }
    }
    self.means = means
    mean = Float(total / Double(count))
  }
}
