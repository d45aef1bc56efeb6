import Libav

/// Applies a correction to frames: each sample gets the difference that its colour gets, so that a correction of nothing
/// changes nothing.
struct ColorPainter: Sendable {
  private let matrix: ColorMatrix
  private let correction: ShotCorrection
  /// What is added to a channel's value, by value over ``reach``.
  private let steps: [[Float]]

  /// Values outside 0 to 1 that colours near the edge of the gamut reach.
  private static let reach: ClosedRange<Float> = -0.5...1.5
  private static let entries = 4096

  init(_ correction: ShotCorrection, color: ColorTags, bitDepth: Int) {
    matrix = ColorMatrix(color, bitDepth: bitDepth)
    self.correction = correction
    let width = Self.reach.upperBound - Self.reach.lowerBound
    var steps = [[Float]](repeating: [], count: 3)
    for entry in 0...Self.entries {
      let value = Double(Self.reach.lowerBound + width * Float(entry) / Float(Self.entries))
      let changed = correction.apply([value, value, value])
      for channel in 0..<3 { steps[channel].append(Float(changed[channel] - value)) }
    }
    self.steps = steps
  }

  /// Paints a frame in place.
  /// - Parameter number: counted from the shot's first kept frame.
  func paint(_ frame: borrowing Frame, number: Int) throws(LibavError) {
    let weight = correction.weight(number)
    guard weight > 0 else { return }
    let format = frame.pixelFormat
    guard FrameBlend.supports(format), !format.isRGB, format.planeCount == 3 else {
      throw LibavError(.unsupported, "colours of \(format) frames cannot be matched")
    }
    try frame.makeWritable()
    if format.bitDepth > 8 { paintDeep(frame, weight) } else { paintPlain(frame, weight) }
  }

  private func paintPlain(_ frame: borrowing Frame, _ weight: Float) {
    let shape = Shape(frame, matrix: matrix, weight: weight)
    frame.withMutablePlane(0) { luma, stride in
      frame.withMutablePlane(1) { cb, chromaStride in
        frame.withMutablePlane(2) { cr, _ in paint(&luma, &cb, &cr, stride, chromaStride, shape) }
      }
    }
  }

  private func paintDeep(_ frame: borrowing Frame, _ weight: Float) {
    let shape = Shape(frame, matrix: matrix, weight: weight)
    frame.withMutablePlane16(0) { luma, stride in
      frame.withMutablePlane16(1) { cb, chromaStride in
        frame.withMutablePlane16(2) { cr, _ in paint(&luma, &cb, &cr, stride, chromaStride, shape) }
      }
    }
  }

  private func paint<Sample: FixedWidthInteger>(
    _ luma: inout MutableSpan<Sample>, _ cb: inout MutableSpan<Sample>, _ cr: inout MutableSpan<Sample>, _ stride: Int,
    _ chromaStride: Int, _ shape: Shape
  ) {
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        let at = row * chromaStride + column
        let color = shape.chroma(Float(cb[at]), Float(cr[at]))
        var (addCb, addCr, count) = (Float(0), Float(0), Float(0))
        for y in shape.lines(row) {
          for x in shape.samples(column) {
            let place = y * stride + x
            let value = Float(luma[place])
            let step = shape.step(value, color, steps)
            luma[place] = Sample(min(max(value + step.luma, 0), shape.top) + 0.5)
            addCb += step.cb
            addCr += step.cr
            count += 1
          }
        }
        cb[at] = Sample(min(max(Float(cb[at]) + addCb / count, 0), shape.top) + 0.5)
        cr[at] = Sample(min(max(Float(cr[at]) + addCr / count, 0), shape.top) + 0.5)
      }
    }
  }

  /// One frame's layout and arithmetic.
  private struct Shape {
    let rows: Int
    let columns: Int
    let top: Float
    private let width: Int
    private let height: Int
    private let shift: (x: Int, y: Int)
    private let weight: Float
    private let kr: Float
    private let kb: Float
    private let kg: Float
    private let luma: (scale: Float, black: Float)
    private let chroma: (scale: Float, zero: Float)

    init(_ frame: borrowing Frame, matrix: ColorMatrix, weight: Float) {
      let size = frame.planeSize(1)
      rows = size.height
      columns = size.width
      width = frame.width
      height = frame.height
      shift = (frame.pixelFormat.chromaShiftX, frame.pixelFormat.chromaShiftY)
      top = Float((1 << frame.pixelFormat.bitDepth) - 1)
      self.weight = weight
      kr = Float(matrix.kr)
      kb = Float(matrix.kb)
      kg = 1 - Float(matrix.kr) - Float(matrix.kb)
      luma = (Float(matrix.lumaScale), Float(matrix.lumaBlack))
      chroma = (Float(matrix.chromaScale), Float(matrix.chromaZero))
    }

    func lines(_ row: Int) -> Range<Int> { row << shift.y..<min(height, (row + 1) << shift.y) }
    func samples(_ column: Int) -> Range<Int> { column << shift.x..<min(width, (column + 1) << shift.x) }

    /// What chroma adds to luma in red, green and blue.
    func chroma(_ cb: Float, _ cr: Float) -> (red: Float, green: Float, blue: Float) {
      let red = 2 * (1 - kr) * (cr - chroma.zero) / chroma.scale
      let blue = 2 * (1 - kb) * (cb - chroma.zero) / chroma.scale
      return (red, -(kr * red + kb * blue) / kg, blue)
    }

    func step(
      _ value: Float, _ color: (red: Float, green: Float, blue: Float), _ steps: [[Float]]
    ) -> (luma: Float, cb: Float, cr: Float) {
      let y = (value - luma.black) / luma.scale
      let red = look(y + color.red, steps[0])
      let green = look(y + color.green, steps[1])
      let blue = look(y + color.blue, steps[2])
      let up = kr * red + kg * green + kb * blue
      return (
        weight * up * luma.scale, weight * (blue - up) / (2 * (1 - kb)) * chroma.scale,
        weight * (red - up) / (2 * (1 - kr)) * chroma.scale
      )
    }

    private func look(_ value: Float, _ table: [Float]) -> Float {
      let reach = ColorPainter.reach
      let place = (min(max(value, reach.lowerBound), reach.upperBound) - reach.lowerBound) * Self.perUnit
      let index = min(Int(place), ColorPainter.entries - 1)
      let part = place - Float(index)
      return table[index] + part * (table[index + 1] - table[index])
    }

    private static let perUnit =
      Float(ColorPainter.entries) / (ColorPainter.reach.upperBound - ColorPainter.reach.lowerBound)
  }
}
