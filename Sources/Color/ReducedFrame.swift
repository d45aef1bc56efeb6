package import Libav

/// A small copy of a frame for measuring: block means of every plane on the 8-bit scale, in full precision.
package struct ReducedFrame: Sendable {
  /// Block means of all planes, one after the other, each plane less its own mean: a uniform shift in level vanishes.
  package let detail: [Float]
  /// Mean of each plane, luma first.
  package let means: [Float]
  /// R′G′B′ of a coarse grid of cells, row by row, for telling colour steps from motion.
  package let colors: [SIMD3<Double>]

  /// Luma blocks across the frame, at most.
  private static let maximumColumns = 480
  private static let gridColumns = 16
  private static let gridRows = 9

  /// - Parameters:
  ///   - color: what the frame's numbers stand for.
  ///   - scaler: for frames whose planes cannot be read directly; the same for all frames of a stream.
  package init(_ frame: borrowing Frame, color: ColorTags, scaler: FrameScaler) throws(LibavError) {
    let format = frame.pixelFormat
    if format.isPlanar, !format.isRGB, format.bitDepth <= 16 {
      self.init(planar: frame, color: color)
    } else {
      let target = format.isRGB || format.hasPalette ? .bt709 : color
      let converted = try scaler.scale(
        frame, color: color, to: (frame.width, frame.height, .yuv420p), targetColor: target, quality: .area)
      self.init(planar: converted, color: target)
    }
  }

  private init(planar frame: borrowing Frame, color: ColorTags) {
    let format = frame.pixelFormat
    let block = max(1, (frame.width + Self.maximumColumns - 1) / Self.maximumColumns)
    var planes: [ReducedPlane] = []
    for plane in 0..<min(3, max(1, format.componentCount - (format.hasAlpha ? 1 : 0))) {
      let shift = plane == 0 ? (0, 0) : (format.chromaShiftX, format.chromaShiftY)
      planes.append(ReducedPlane(frame, plane: plane, block: (max(1, block >> shift.0), max(1, block >> shift.1))))
    }
    means = planes.map { $0.mean }
    detail = planes.flatMap { plane in
      let mean = plane.mean
      return plane.values.map { $0 - mean }
    }
    let cells = planes.map { $0.cells(columns: Self.gridColumns, rows: Self.gridRows).means }
    let matrix = ColorMatrix(color)
    colors = cells[0].indices.map { cell in
      let chroma = cells.count == 3 ? (cells[1][cell], cells[2][cell]) : (128, 128)
      return matrix.rgb(Double(cells[0][cell]), Double(chroma.0), Double(chroma.1))
    }
  }

  /// Mean squared difference of two frames of the same size, in code values².
  package func distance(to other: ReducedFrame) -> Float {
    let sum = zip(detail, other.detail).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return sum / Float(max(1, detail.count))
  }

  /// The step from this frame to another.
  package func step(to other: ReducedFrame) -> [Float] { zip(detail, other.detail).map { $1 - $0 } }
}
