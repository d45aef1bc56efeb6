import Color
import Libav

/// Applies a colour correction to frames.
///
/// Each sample is changed by the difference that its colour gets, so that an identity correction changes no sample.
struct ColorPainter: Sendable {
  private let matrix: ColorMatrix
  private let correction: ShotCorrection
  /// What is added to a channel's value, tabulated over ``reach``.
  private let steps: [[Float]]

  /// Range of R′G′B′ that is tabulated: colours near the edge of the gamut lie outside 0 to 1.
  private static let reach: ClosedRange<Float> = -0.5...1.5
  private static let entries = 4096

  init(_ correction: ShotCorrection, color: ColorTags, bitDepth: Int) {
    matrix = ColorMatrix(color, bitDepth: bitDepth)
    self.correction = correction
    let width = Self.reach.upperBound - Self.reach.lowerBound
    var steps = [[Float]](repeating: [], count: 3)
    for entry in 0...Self.entries {
      let value = Double(Self.reach.lowerBound + width * Float(entry) / Float(Self.entries))
      let changed = correction.apply(SIMD3(repeating: value))
      for channel in 0..<3 { steps[channel].append(Float(changed[channel] - value)) }
    }
    self.steps = steps
  }

  /// Corrects a frame in place.
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
    /// What each chroma adds to red, green and blue; luma adds itself to each.
    private let toRGB: (cb: SIMD3<Float>, cr: SIMD3<Float>)
    private let fromRGB: (luma: SIMD3<Float>, cb: SIMD3<Float>, cr: SIMD3<Float>)
    private let scale: SIMD3<Float>
    private let zero: SIMD3<Float>

    init(_ frame: borrowing Frame, matrix: ColorMatrix, weight: Float) {
      let size = frame.planeSize(1)
      rows = size.height
      columns = size.width
      width = frame.width
      height = frame.height
      shift = (frame.pixelFormat.chromaShiftX, frame.pixelFormat.chromaShiftY)
      top = Float((1 << frame.pixelFormat.bitDepth) - 1)
      self.weight = weight
      let (to, from) = (matrix.toRGB, matrix.fromRGB)
      toRGB = (
        SIMD3(Float(to.0.y), Float(to.1.y), Float(to.2.y)), SIMD3(Float(to.0.z), Float(to.1.z), Float(to.2.z))
      )
      fromRGB = (SIMD3<Float>(from.0), SIMD3<Float>(from.1), SIMD3<Float>(from.2))
      scale = SIMD3<Float>(matrix.scale)
      zero = SIMD3<Float>(matrix.zero)
    }

    func lines(_ row: Int) -> Range<Int> { row << shift.y..<min(height, (row + 1) << shift.y) }
    func samples(_ column: Int) -> Range<Int> { column << shift.x..<min(width, (column + 1) << shift.x) }

    /// What a sample of each chroma adds to luma in red, green and blue.
    func chroma(_ cb: Float, _ cr: Float) -> SIMD3<Float> {
      (cb - zero.y) / scale.y * toRGB.cb + (cr - zero.z) / scale.z * toRGB.cr
    }

    /// What is added to a luma sample, and to both chromas there, in code values.
    func step(_ value: Float, _ color: SIMD3<Float>, _ steps: [[Float]]) -> (luma: Float, cb: Float, cr: Float) {
      let rgb = color + (value - zero.x) / scale.x
      let change = SIMD3(look(rgb.x, steps[0]), look(rgb.y, steps[1]), look(rgb.z, steps[2])) * weight
      return (
        (change * fromRGB.luma).sum() * scale.x, (change * fromRGB.cb).sum() * scale.y,
        (change * fromRGB.cr).sum() * scale.z
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
