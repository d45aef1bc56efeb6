import CFFTW
import Foundation

/// FFTW's planner keeps one state for the whole process (https://www.fftw.org/fftw3_doc/Thread-safety.html).
let fftwPlanner = NSLock()

/// Real Fourier transforms of all rows, or all columns, of one square tile.
final class TileTransform {
  enum Direction { case rows, columns }

  let size: Int
  private let plan: OpaquePointer

  init?(size: Int, _ direction: Direction, from source: NativeFloats, to target: NativeFloats) {
    let count = Int32(size)
    let (stride, distance) = direction == .rows ? (Int32(1), count) : (count, Int32(1))
    let plan = fftwPlanner.withLock {
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

  deinit { fftwPlanner.withLock { fftwf_destroy_plan(plan) } }

  /// From the source to the target that it was planned for; half-complex order.
  func run() { fftwf_execute(plan) }
}
