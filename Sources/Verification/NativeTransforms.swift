import CFFTW
import Foundation

/// FFTW's planner keeps one state for the whole process (https://www.fftw.org/fftw3_doc/Thread-safety.html).
private let planner = NSLock()

/// The two-dimensional DCT-II of pictures of one size, in place.
///
/// Each coefficient is the orthonormal one times a factor that depends on the size alone, apart from the first row and column.
final class CosineTransform {
  let width: Int
  let height: Int
  private let rows: OpaquePointer
  private let columns: OpaquePointer
  /// Columns transformed together: what lies side by side in a cache line.
  private static let columnsAtOnce = 16
  private let lastColumns: OpaquePointer?

  /// - Parameter plane: a picture of this size; its content is kept.
  /// - Returns: nil when the library has no plan, which only a lack of memory can cause.
  init?(width: Int, height: Int, plane: NativeFloats) {
    precondition(width > 0 && height > 0 && plane.count >= width * height)
    let rest = width % Self.columnsAtOnce
    let plans = planner.withLock { () -> (OpaquePointer?, OpaquePointer?, OpaquePointer?) in
      func plan(_ length: Int, _ count: Int, stride: Int, distance: Int) -> OpaquePointer? {
        var size = Int32(length)
        var kind = FFTW_REDFT10
        return fftwf_plan_many_r2r(
          1, &size, Int32(count), plane.base, nil, Int32(stride), Int32(distance), plane.base, nil, Int32(stride),
          Int32(distance), &kind, UInt32(FFTW_ESTIMATE) | UInt32(FFTW_UNALIGNED))
      }
      return (
        plan(width, height, stride: 1, distance: width),
        plan(height, min(width, Self.columnsAtOnce), stride: width, distance: 1),
        rest > 0 && width > rest ? plan(height, rest, stride: width, distance: 1) : nil
      )
    }
    guard let rows = plans.0, let columns = plans.1 else { return nil }
    self.rows = rows
    self.columns = columns
    lastColumns = plans.2
    self.width = width
    self.height = height
  }

  deinit {
    planner.withLock {
      fftwf_destroy_plan(rows)
      fftwf_destroy_plan(columns)
      lastColumns.map { fftwf_destroy_plan($0) }
    }
  }

  func run(_ plane: NativeFloats) {
    fftwf_execute_r2r(rows, plane.base, plane.base)
    var column = 0
    while column + Self.columnsAtOnce <= width {
      fftwf_execute_r2r(columns, plane.base + column, plane.base + column)
      column += Self.columnsAtOnce
    }
    if column < width { fftwf_execute_r2r(lastColumns ?? columns, plane.base + column, plane.base + column) }
  }
}

/// Real Fourier transforms of all rows, or all columns, of one square tile.
final class TileTransform {
  enum Direction { case rows, columns }

  let size: Int
  private let plan: OpaquePointer

  init?(size: Int, _ direction: Direction, from source: NativeFloats, to target: NativeFloats) {
    let count = Int32(size)
    let (stride, distance) = direction == .rows ? (Int32(1), count) : (count, Int32(1))
    let plan = planner.withLock {
      var length = count
      var kind = FFTW_R2HC
      return fftwf_plan_many_r2r(
        1, &length, count, source.base, nil, stride, distance, target.base, nil, stride, distance, &kind,
        UInt32(FFTW_ESTIMATE) | UInt32(FFTW_PRESERVE_INPUT))
    }
    guard let plan else { return nil }
    self.plan = plan
    self.size = size
  }

  deinit { planner.withLock { fftwf_destroy_plan(plan) } }

  /// From the source to the target that it was planned for; half-complex order.
  func run() { fftwf_execute(plan) }
}
