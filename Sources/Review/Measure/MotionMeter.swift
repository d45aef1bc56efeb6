import Color
import Foundation
import Libav

/// The motion of the whole frame, as of a moving camera, around the joins of a master.
///
/// A translation is estimated between neighbouring frames on small luma planes: a search in whole samples, then
/// Lucas–Kanade steps. Where no translation explains the change, as with motion of parts only, nothing is reported.
struct MotionMeter {
  /// Pairs of frames on either side of a join.
  static let pairs = 4
  /// Luma blocks across a plane, about.
  private static let columns = 120
  /// Samples of half the resolution that are searched in each direction.
  private static let reach = 6
  private static let steps = 6
  /// A translation must leave less than this part of the squared difference of the frames as they are.
  private static let mostResidual = 0.5
  /// Samples per frame: below this, motion has no direction.
  private static let leastSpeed = 0.08
  /// Squared code values: with less difference, frames count as the same.
  private static let leastDifference = 0.02

  private var last: (position: Int, plane: Plane)?
  /// Samples per frame across and down, by the later frame of the pair.
  private var vectors: [Int: SIMD2<Double>] = [:]

  /// The frames that a join is measured by.
  static func frames(around join: Int) -> ClosedRange<Int> { join - pairs - 1...join + pairs }

  mutating func add(_ frame: borrowing Frame, at position: Int) {
    guard frame.pixelFormat.isPlanar, !frame.pixelFormat.isRGB else { return }
    let plane = Plane(frame, columns: Self.columns)
    if let last, last.position == position - 1, let vector = Self.translation(from: last.plane, to: plane) {
      vectors[position] = vector
    }
    last = (position, plane)
  }

  /// Nil where the motion is not known on both sides, or both are still.
  /// - Parameter join: the first frame after it.
  func motion(at join: Int) -> ReviewReport.Motion? {
    let before = (join - Self.pairs..<join).compactMap { vectors[$0] }
    let after = (join + 1...join + Self.pairs).compactMap { vectors[$0] }
    guard min(before.count, after.count) >= Self.pairs - 1 else { return nil }
    let (first, second) = (Self.speed(before), Self.speed(after))
    guard max(first, second) >= Self.leastSpeed else { return nil }
    let isMoving = min(first, second) >= Self.leastSpeed
    return ReviewReport.Motion(
      speedRatio: first >= Self.leastSpeed ? second / first : nil,
      direction: isMoving ? Self.angle(before.reduce(.zero, +), after.reduce(.zero, +)) : nil)
  }

  private static func speed(_ vectors: [SIMD2<Double>]) -> Double {
    let speeds = vectors.map { ($0 * $0).sum().squareRoot() }.sorted()
    return (speeds[(speeds.count - 1) / 2] + speeds[speeds.count / 2]) / 2
  }

  /// Degrees, 0 to 180.
  private static func angle(_ one: SIMD2<Double>, _ other: SIMD2<Double>) -> Double {
    let cross = one.x * other.y - one.y * other.x
    return abs(atan2(cross, (one * other).sum())) * 180 / .pi
  }

  /// Nil where no translation explains the difference.
  private static func translation(from one: Plane, to other: Plane) -> SIMD2<Double>? {
    guard one.width == other.width, one.height == other.height, min(one.width, one.height) > 4 * reach else {
      return nil
    }
    let still = one.difference(to: other, movedBy: .zero).residual
    guard still >= leastDifference else { return .zero }
    let (small, smallOther) = (one.halved, other.halved)
    var best = (residual: Double.infinity, vector: SIMD2<Double>.zero)
    for down in -reach...reach {
      for across in -reach...reach {
        let vector = SIMD2(Double(across), Double(down))
        let residual = small.difference(to: smallOther, movedBy: vector).residual
        if residual < best.residual { best = (residual, vector * 2) }
      }
    }
    var vector = best.vector
    for _ in 0..<steps {
      guard let step = one.difference(to: other, movedBy: vector).step else { break }
      vector += step
    }
    guard abs(vector.x) < Double(2 * reach + 2), abs(vector.y) < Double(2 * reach + 2) else { return nil }
    let residual = one.difference(to: other, movedBy: vector).residual
    let isStill = (vector * vector).sum() < leastSpeed * leastSpeed
    return isStill || residual <= mostResidual * still ? vector : nil
  }

  /// A small luma plane, less its mean.
  private struct Plane {
    let width: Int
    let height: Int
    private let values: [Float]

    init(_ frame: borrowing Frame, columns: Int) {
      let side = max(1, frame.width / columns)
      let plane = ReducedPlane(frame, plane: 0, block: (side, side))
      let mean = plane.mean
      self.init(width: plane.columns, height: plane.rows, values: plane.values.map { $0 - mean })
    }

    private init(width: Int, height: Int, values: [Float]) {
      (self.width, self.height, self.values) = (width, height, values)
    }

    var halved: Plane {
      let (w, h) = (width / 2, height / 2)
      var half = [Float](repeating: 0, count: w * h)
      values.withUnsafeBufferPointer { source in
        for y in 0..<h {
          for x in 0..<w {
            let at = 2 * y * width + 2 * x
            half[y * w + x] = (source[at] + source[at + 1] + source[at + width] + source[at + width + 1]) / 4
          }
        }
      }
      return Plane(width: w, height: h, values: half)
    }

    /// Compares this plane with another that is moved back by a vector.
    /// - Returns: the mean squared difference, and the vector to add that makes it least; nil on a flat plane.
    func difference(
      to other: Plane, movedBy vector: SIMD2<Double>
    ) -> (residual: Double, step: SIMD2<Double>?) {
      let (dx, dy) = (Int(vector.x.rounded(.down)), Int(vector.y.rounded(.down)))
      let (fx, fy) = (Float(vector.x - Double(dx)), Float(vector.y - Double(dy)))
      let columns = max(1, 1 - dx)..<min(width - 1, width - 2 - dx)
      let rows = max(1, 1 - dy)..<min(height - 1, height - 2 - dy)
      guard !columns.isEmpty, !rows.isEmpty, dx > -width, dy > -height else { return (.infinity, nil) }
      let isWhole = fx == 0 && fy == 0
      var (squares, xx, xy, yy, xe, ye) = (Float(0), Float(0), Float(0), Float(0), Float(0), Float(0))
      values.withUnsafeBufferPointer { one in
        other.values.withUnsafeBufferPointer { two in
          func moved(_ at: Int) -> Float {
            if isWhole { return two[at] }
            let top = two[at] + fx * (two[at + 1] - two[at])
            let bottom = two[at + width] + fx * (two[at + width + 1] - two[at + width])
            return top + fy * (bottom - top)
          }
          for y in rows {
            for x in columns {
              let at = (y + dy) * width + x + dx
              let error = one[y * width + x] - moved(at)
              let across = (two[at + 1] - two[at - 1]) / 2
              let down = (two[at + width] - two[at - width]) / 2
              squares += error * error
              xx += across * across
              xy += across * down
              yy += down * down
              xe += across * error
              ye += down * error
            }
          }
        }
      }
      let residual = Double(squares) / Double(columns.count * rows.count)
      let determinant = Double(xx) * Double(yy) - Double(xy) * Double(xy)
      guard determinant > 1e-3 * Double(xx + yy) * Double(xx + yy) / 4 else { return (residual, nil) }
      return (
        residual,
        SIMD2(
          (Double(yy) * Double(xe) - Double(xy) * Double(ye)) / determinant,
          (Double(xx) * Double(ye) - Double(xy) * Double(xe)) / determinant)
      )
    }
  }
}
