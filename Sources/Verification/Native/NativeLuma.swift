import Color
import Libav

/// The luma of one frame on the 8-bit scale, with the part of it that is not black bars.
final class NativeLuma {
  /// Positions of rows or columns.
  struct Area: Hashable {
    var columns: Range<Int>
    var rows: Range<Int>
  }

  let width: Int
  let height: Int
  /// Row by row, at least ``width`` × ``height``.
  let samples: AlignedFloats
  /// Without bars.
  private(set) var active: Area
  /// Standard deviation within the active part, in code values.
  private(set) var deviation = 0.0

  /// Levels of an 8-bit sample.
  private static let scaleDepth = 8

  /// - Parameter memory: of an earlier frame that is no longer needed; reused when it is large enough.
  init(_ frame: borrowing Frame, reusing memory: AlignedFloats?) throws(LibavError) {
    width = frame.width
    height = frame.height
    let count = width * height
    samples = memory.flatMap { $0.count >= count ? $0 : nil } ?? AlignedFloats(count: count)
    active = Area(columns: 0..<width, rows: 0..<height)
    let format = frame.pixelFormat
    let isDirect = !format.isRGB && !format.hasPalette && format.isPlanar || format.isGray
    let isOwnOrder = !format.name.hasSuffix("be")
    // `ya8` lies interleaved with its alpha, `p010` in the upper bits.
    let isPlain = !format.name.hasPrefix("ya") && !format.name.hasPrefix("p")
    if isDirect, isOwnOrder, isPlain, (Self.scaleDepth...16).contains(format.bitDepth) {
      read(frame, bitDepth: format.bitDepth)
    } else {
      let scaler = try Scaler(
        from: (width, height, format), color: frame.color, to: (width, height, .gray8), quality: .area)
      read(try scaler.scale(frame), bitDepth: Self.scaleDepth)
    }
    findBars()
    measureDeviation()
  }

  private func read(_ frame: borrowing Frame, bitDepth: Int) {
    if bitDepth <= Self.scaleDepth {
      frame.withPlane(0) { bytes, stride in
        bytes.withUnsafeBufferPointer { source in copy(source, stride: stride, factor: 1) }
      }
    } else {
      frame.withPlane16(0) { words, stride in
        words.withUnsafeBufferPointer { source in
          copy(source, stride: stride, factor: 1 / Float(1 << (bitDepth - Self.scaleDepth)))
        }
      }
    }
  }

  private func copy<Sample: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeBufferPointer<Sample>, stride: Int, factor: Float
  ) {
    guard let base = source.baseAddress, source.count >= stride * (height - 1) + width else { return }
    for row in 0..<height {
      let from = base + row * stride
      let to = samples.base + row * width
      for column in 0..<width { to[column] = Float(from[column]) * factor }
    }
  }

  private func findBars() {
    let level = NativeThresholds.barLevel
    let isDarkRow = { [self] (row: Int) in maximum(ofRow: row) <= level }
    guard let top = (0..<height).first(where: { !isDarkRow($0) }),
      let bottom = (top..<height).last(where: { !isDarkRow($0) })
    else { return }
    var brightest = [Float](repeating: 0, count: width)
    for row in top...bottom {
      let line = samples.base + row * width
      for column in 0..<width { brightest[column] = max(brightest[column], line[column]) }
    }
    guard let left = brightest.firstIndex(where: { $0 > level }),
      let right = brightest.lastIndex(where: { $0 > level })
    else { return }
    let share = NativeThresholds.leastActiveShare
    if Double(bottom - top + 1) >= share * Double(height) { active.rows = top..<bottom + 1 }
    if Double(right - left + 1) >= share * Double(width) { active.columns = left..<right + 1 }
  }

  private func maximum(ofRow row: Int) -> Float {
    let line = samples.base + row * width
    var result: Float = 0
    for column in 0..<width { result = max(result, line[column]) }
    return result
  }

  private func measureDeviation() {
    var sum = 0.0
    var squares = 0.0
    for row in active.rows {
      let line = samples.base + row * width
      var lineSum = FloatLanes.zero
      var lineSquares = FloatLanes.zero
      var column = active.columns.lowerBound
      while column + FloatLanes.scalarCount <= active.columns.upperBound {
        let values = line.lanes(column)
        lineSum += values
        lineSquares += values * values
        column += FloatLanes.scalarCount
      }
      while column < active.columns.upperBound {
        lineSum[0] += line[column]
        lineSquares[0] += line[column] * line[column]
        column += 1
      }
      sum += Double(lineSum.sum())
      squares += Double(lineSquares.sum())
    }
    let count = Double(max(1, active.rows.count * active.columns.count))
    deviation = max(0, squares / count - (sum / count) * (sum / count)).squareRoot()
  }

  /// The areas to analyse, cropped so that the lattice of a smaller source starts at the crop: first as if the bars were
  /// part of the source, then as if they were added later. One area where both are the same.
  var areas: [Area] {
    let step = NativeThresholds.cropStep
    func inner(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      guard range.count < length || length > NativeThresholds.maximumAxis else { return range }
      let start = (range.lowerBound + step - 1) / step * step
      let count = min(range.upperBound - start, NativeThresholds.maximumAxis) / step * step
      return start..<start + max(0, count)
    }
    func outer(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      guard range.count < length || length > NativeThresholds.maximumAxis else { return range }
      let count = min(range.count, NativeThresholds.maximumAxis) / step * step
      return range.lowerBound..<range.lowerBound + count
    }
    let first = Area(columns: inner(active.columns, width), rows: inner(active.rows, height))
    let second = Area(columns: outer(active.columns, width), rows: outer(active.rows, height))
    return first == second ? [first] : [first, second]
  }

  /// Calls `body` with all samples, ``width`` a row.
  func withSamples<R>(_ body: (UnsafePointer<Float>) -> R) -> R { body(samples.base) }
}
