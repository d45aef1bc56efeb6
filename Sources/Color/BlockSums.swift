import Libav

/// Sums of a plane's samples over blocks.
enum BlockSums {
  /// Rows of 8-bit samples that 16 bits can add up.
  private static let mostNarrowRows = 257

  /// - Parameters:
  ///   - columns: blocks across; what is left over at the right and at the bottom is not added.
  ///   - block: samples of a block across and down.
  /// - Returns: row by row.
  static func of(
    _ frame: borrowing Frame, plane: Int, columns: Int, rows: Int, block: (x: Int, y: Int)
  ) -> [UInt32] {
    if frame.pixelFormat.bitDepth > 8 {
      return frame.withPlane16(plane) { span, stride in
        span.withUnsafeBufferPointer { sums($0, stride, columns, rows, block, adding: UInt32.self) }
      }
    }
    return frame.withPlane(plane) { span, stride in
      span.withUnsafeBufferPointer {
        block.y <= mostNarrowRows
          ? sums($0, stride, columns, rows, block, adding: UInt16.self)
          : sums($0, stride, columns, rows, block, adding: UInt32.self)
      }
    }
  }

  /// Adds up the lines of a row of blocks first, which the compiler does many samples at a time.
  @inline(__always)
  private static func sums<Sample: FixedWidthInteger & UnsignedInteger, Sum: FixedWidthInteger & UnsignedInteger>(
    _ samples: UnsafeBufferPointer<Sample>, _ stride: Int, _ columns: Int, _ rows: Int, _ block: (x: Int, y: Int),
    adding: Sum.Type
  ) -> [UInt32] {
    let width = columns * block.x
    var sums = [UInt32](repeating: 0, count: columns * rows)
    var lines = [Sum](repeating: 0, count: width)
    lines.withUnsafeMutableBufferPointer { lines in
      sums.withUnsafeMutableBufferPointer { sums in
        for row in 0..<rows {
          lines.update(repeating: 0)
          for y in 0..<block.y {
            let line = UnsafeBufferPointer(
              rebasing: samples[(row * block.y + y) * stride..<(row * block.y + y) * stride + width])
            for x in 0..<width { lines[x] &+= Sum(truncatingIfNeeded: line[x]) }
          }
          let target = UnsafeMutableBufferPointer(rebasing: sums[row * columns..<(row + 1) * columns])
          switch block.x {
          case 1: for column in 0..<columns { target[column] = UInt32(truncatingIfNeeded: lines[column]) }
          case 2:
            for column in 0..<columns { target[column] = added(lines, 2 * column) &+ added(lines, 2 * column + 1) }
          case 4:
            for column in 0..<columns {
              target[column] =
                added(lines, 4 * column) &+ added(lines, 4 * column + 1) &+ added(lines, 4 * column + 2)
                &+ added(lines, 4 * column + 3)
            }
          default:
            for column in 0..<columns {
              var sum: UInt32 = 0
              for x in column * block.x..<(column + 1) * block.x { sum &+= added(lines, x) }
              target[column] = sum
            }
          }
        }
      }
    }
    return sums
  }

  @inline(__always)
  private static func added<Sum: FixedWidthInteger & UnsignedInteger>(
    _ lines: UnsafeMutableBufferPointer<Sum>, _ index: Int
  ) -> UInt32 { UInt32(truncatingIfNeeded: lines[index]) }
}
