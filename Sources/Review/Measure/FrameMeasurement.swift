import Color
import Libav
import Verification

/// The measurements of one frame that the charts and joins show.
struct FrameMeasurement: Sendable {
  /// Columns and rows of the grid of mean colours.
  static let gridColumns = FrameSketch.gridColumns
  static let gridRows = FrameSketch.gridRows

  /// Code values on the 8-bit scale.
  let luma: Double
  /// Distance of the mean chroma from grey, code values.
  let chroma: Double
  /// Interquartile range of luma, code values.
  let contrast: Double
  /// Mean luma step from pixel to pixel, relative to ``contrast``.
  let sharpness: Double
  /// Mean absolute difference from the frame before, code values; nil for the first, and after a change of size.
  let difference: Double?
}

/// Measures frames in presentation order, each against the one before.
///
/// Reads evenly spaced whole rows only: a small part of the time that decoding takes.
struct FrameMeter {
  /// Columns of a histogram's sample: every n-th luma sample is enough.
  private static let histogramStep = 4
  /// Code values: with less contrast a frame has no sharpness to speak of.
  private static let leastContrast = 4.0

  private var current = FrameSketch()
  private var previous = FrameSketch()
  private var hasPrevious = false

  mutating func add(_ frame: borrowing Frame, isFullRange: Bool) -> FrameMeasurement {
    swap(&current, &previous)
    current.take(frame, isFullRange: isFullRange)
    let difference = hasPrevious ? Double(current.difference(from: previous)) : .infinity
    hasPrevious = true
    let luma = Self.luma(current)
    let (u, v) = (Double(current.means[1]) - 128, Double(current.means[2]) - 128)
    return FrameMeasurement(
      luma: Double(current.means[0]), chroma: (u * u + v * v).squareRoot(), contrast: luma.contrast,
      sharpness: luma.contrast < Self.leastContrast ? 0 : luma.step / luma.contrast,
      difference: difference.isFinite ? difference : nil)
  }

  /// R′G′B′ of the grid of the frame added last.
  func colors(_ tags: ColorTags) -> [SIMD3<Double>] {
    let matrix = ColorMatrix(tags)
    return current.cells[0].indices.map {
      matrix.rgb(Double(current.cells[0][$0]), Double(current.cells[1][$0]), Double(current.cells[2][$0]))
    }
  }

  /// Mean luma of each cell of the grid.
  var cells: [Float] { current.cells[0] }

  private static func luma(_ sketch: FrameSketch) -> (contrast: Double, step: Double) {
    let count = sketch.lumaCount
    guard count > 1 else { return (0, 0) }
    return sketch.samples.withUnsafeBufferPointer { samples in
      var histogram = [Int](repeating: 0, count: 256)
      for index in stride(from: 0, to: count, by: histogramStep) { histogram[Int(samples[index])] += 1 }
      let total = (count + histogramStep - 1) / histogramStep
      var (seen, low, high) = (0, 0, 255)
      for (value, amount) in histogram.enumerated() {
        if seen * 4 < total, (seen + amount) * 4 >= total { low = value }
        if seen * 4 < 3 * total, (seen + amount) * 4 >= 3 * total { high = value }
        seen += amount
      }
      var steps: UInt64 = 0
      var start = 1
      while start < count {
        let end = min(count, start + 1 << 16)
        var part: UInt32 = 0
        for index in start..<end {
          let step = Int32(samples[index]) &- Int32(samples[index - 1])
          part &+= UInt32(bitPattern: step < 0 ? 0 &- step : step)
        }
        steps &+= UInt64(part)
        start = end
      }
      return (Double(high - low), Double(steps) / Double(count - 1))
    }
  }
}
