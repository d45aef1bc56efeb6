/// Resamples a plane with one scale and one offset.
///
/// A separable cubic: each output row is a weighted sum of four source rows, then of four neighbours in the row. At
/// integer positions it returns the source's pixels unchanged.
struct PlaneSampler: Sendable {
  /// The cubic's sharpness: -0.5 is Catmull–Rom; slightly more keeps the fine detail of a moving frame.
  private static let sharpness: Float = -0.62

  private let plane: Plane
  private let top: Float
  private let step: Float
  private let columns: [Int32]
  private let weights: [SIMD4<Float>]

  /// - Parameters:
  ///   - width: of the output, in this plane's own pixels (chroma planes: half).
  ///   - pose: in luma pixels.
  ///   - subsampling: 1 for luma, 2 for chroma; chroma is sited left horizontally and between rows vertically.
  init(_ plane: Plane, width: Int, height: Int, pose: CameraPose, subsampling: Int) {
    self.plane = plane
    let factor = Float(subsampling)
    step = pose.scale
    let left =
      Self.first(
        output: width * subsampling, source: plane.width * subsampling, shift: pose.x, scale: pose.scale) / factor
    let offset = subsampling == 1 ? 0 : (factor - 1) / 2 * (pose.scale - 1) / factor
    top =
      Self.first(
        output: height * subsampling, source: plane.height * subsampling, shift: pose.y, scale: pose.scale) / factor
      + offset
    var columns = [Int32](repeating: 0, count: width)
    var weights = [SIMD4<Float>](repeating: .zero, count: width)
    for x in 0..<width {
      let position = left + Float(x) * pose.scale
      let floor = position.rounded(.down)
      columns[x] = Int32(min(Float(plane.width), max(-1, floor)))
      weights[x] = Self.cubic(position - floor)
    }
    self.columns = columns
    self.weights = weights
  }

  private static func first(output: Int, source: Int, shift: Float, scale: Float) -> Float {
    Float(source - 1) / 2 + shift - Float(output - 1) / 2 * scale
  }

  private static func cubic(_ t: Float) -> SIMD4<Float> {
    let a = sharpness
    func near(_ d: Float) -> Float { ((a + 2) * d - (a + 3)) * d * d + 1 }
    func far(_ d: Float) -> Float { ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
    return SIMD4(far(1 + t), near(t), near(1 - t), far(2 - t))
  }

  /// Writes output row `y`; outside the plane its edge pixels repeat.
  /// - Parameter line: space for the plane's width and 6 more.
  func row(_ y: Int, line: UnsafeMutableBufferPointer<Float>, into out: UnsafeMutableBufferPointer<Float>) {
    let position = top + Float(y) * step
    let floor = position.rounded(.down)
    let w = Self.cubic(position - floor)
    let base = Int(floor)
    let sourceWidth = plane.width
    plane.samples.withUnsafeBufferPointer { samples in
      guard let start = samples.baseAddress, let target = line.baseAddress else { return }
      func source(_ row: Int) -> UnsafePointer<UInt8> {
        start + min(plane.height - 1, max(0, row)) * sourceWidth
      }
      let (r0, r1, r2, r3) = (source(base - 1), source(base), source(base + 1), source(base + 2))
      for x in 0..<sourceWidth {
        target[x + 3] = w[0] * Float(r0[x]) + w[1] * Float(r1[x]) + w[2] * Float(r2[x]) + w[3] * Float(r3[x])
      }
      for x in 0..<3 {
        target[x] = target[3]
        target[sourceWidth + 3 + x] = target[sourceWidth + 2]
      }
      let raw = UnsafeRawPointer(target)
      columns.withUnsafeBufferPointer { columns in
        weights.withUnsafeBufferPointer { weights in
          for x in 0..<out.count {
            let four = raw.loadUnaligned(
              fromByteOffset: (Int(columns[x]) + 2) * MemoryLayout<Float>.stride, as: SIMD4<Float>.self)
            out[x] = (four * weights[x]).sum()
          }
        }
      }
    }
  }
}
