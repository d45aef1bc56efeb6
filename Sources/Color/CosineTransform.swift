import CFFTW
import Foundation

/// The two-dimensional DCT-II of frames of one size.
///
/// Two lines at a time are the real and the imaginary part of one complex Fourier transform (J. Makhoul, "A fast cosine
/// transform in one and two dimensions", 1980): libfftw3 is several times faster at these than at its own real
/// transforms. Each coefficient is the orthonormal one times a factor that depends on the size alone, apart from the
/// first row and column.
package final class CosineTransform {
  package let width: Int
  package let height: Int
  private let alongRows: LineTransform
  private let alongColumns: LineTransform

  /// Pairs of columns transformed together: what lies side by side in a cache line.
  private static let pairsAtOnce = 8

  /// - Returns: nil when the library has no plan, which only a lack of memory can cause.
  package init?(width: Int, height: Int) {
    guard let alongRows = LineTransform(length: width, pairs: 1),
      let alongColumns = LineTransform(length: height, pairs: Self.pairsAtOnce)
    else { return nil }
    self.alongRows = alongRows
    self.alongColumns = alongColumns
    self.width = width
    self.height = height
  }

  /// Transforms a frame into a plane of ``width`` floats a row.
  /// - Parameter stride: floats from one row of the frame to the next.
  package func run(_ frame: UnsafePointer<Float>, stride: Int, into plane: AlignedFloats) {
    precondition(plane.count >= width * height)
    for row in Swift.stride(from: 0, to: height - 1, by: 2) {
      alongRows.loadRows(frame + row * stride, frame + (row + 1) * stride)
      alongRows.run()
      alongRows.storeRows(plane.base + row * width, plane.base + (row + 1) * width)
    }
    if height % 2 == 1 {
      let last = plane.base + (height - 1) * width
      let unused = AlignedFloats(count: width)
      alongRows.loadRows(frame + (height - 1) * stride, UnsafePointer(unused.base))
      alongRows.run()
      alongRows.storeRows(last, unused.base)
    }
    for column in Swift.stride(from: 0, to: width, by: 2 * Self.pairsAtOnce) {
      let count = min(2 * Self.pairsAtOnce, width - column)
      alongColumns.loadColumns(plane.base + column, stride: width, count: count)
      alongColumns.run(pairs: (count + 1) / 2)
      alongColumns.storeColumns(plane.base + column, stride: width, count: count)
    }
  }
}

/// DCT-II of a few pairs of lines of one length, each pair by one complex transform.
private final class LineTransform {
  private let length: Int
  /// Complex values from one pair to the next; keeps each aligned as the library asks.
  private let step: Int
  private let values: AlignedFloats
  /// Cosines and sines of the quarter turns between the Fourier and the cosine transform.
  private let turns: [SIMD2<Float>]
  private let plan: OpaquePointer

  private static let alignedPairs = 8

  init?(length: Int, pairs: Int) {
    let step = (length + Self.alignedPairs - 1) / Self.alignedPairs * Self.alignedPairs
    let values = AlignedFloats(count: 2 * step * pairs)
    let plan = fftwPlanner.withLock {
      let complex = UnsafeMutableRawPointer(values.base).assumingMemoryBound(to: fftwf_complex.self)
      return fftwf_plan_dft_1d(Int32(length), complex, complex, FFTW_FORWARD, UInt32(FFTW_ESTIMATE))
    }
    guard let plan else { return nil }
    self.plan = plan
    self.length = length
    self.step = step
    self.values = values
    turns = (0...length / 2).map { bin in
      let angle = Double.pi * Double(bin) / Double(2 * length)
      return SIMD2(Float(cos(angle)), Float(sin(angle)))
    }
  }

  deinit { fftwPlanner.withLock { fftwf_destroy_plan(plan) } }

  func run(pairs: Int = 1) {
    for pair in 0..<pairs {
      let complex = UnsafeMutableRawPointer(values.base + 2 * step * pair).assumingMemoryBound(to: fftwf_complex.self)
      fftwf_execute_dft(plan, complex, complex)
    }
  }

  private func complex(_ pair: Int) -> UnsafeMutablePointer<SIMD2<Float>> {
    UnsafeMutableRawPointer(values.base + 2 * step * pair).assumingMemoryBound(to: SIMD2<Float>.self)
  }

  /// Even places in order, then the odd ones backwards: the Fourier transform of these holds the cosine transform.
  func loadRows(_ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>) {
    let target = complex(0)
    for place in 0..<length / 2 {
      target[place] = SIMD2(first[2 * place], second[2 * place])
      target[length - 1 - place] = SIMD2(first[2 * place + 1], second[2 * place + 1])
    }
    if length % 2 == 1 { target[length / 2] = SIMD2(first[length - 1], second[length - 1]) }
  }

  func storeRows(_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>) {
    let source = complex(0)
    (first[0], second[0]) = (2 * source[0].x, 2 * source[0].y)
    for bin in 1..<max(1, length / 2 + 1) {
      let (low, high) = Self.parted(source[bin], source[length - bin], turns[bin])
      (first[bin], second[bin]) = (low.x, low.y)
      (first[length - bin], second[length - bin]) = (high.x, high.y)
    }
  }

  func loadColumns(_ plane: UnsafePointer<Float>, stride: Int, count: Int) {
    for row in 0..<length {
      let place = row % 2 == 0 ? row / 2 : length - 1 - row / 2
      let line = plane + row * stride
      for pair in 0..<count / 2 { complex(pair)[place] = SIMD2(line[2 * pair], line[2 * pair + 1]) }
      if count % 2 == 1 { complex(count / 2)[place] = SIMD2(line[count - 1], 0) }
    }
  }

  func storeColumns(_ plane: UnsafeMutablePointer<Float>, stride: Int, count: Int) {
    func store(_ value: SIMD2<Float>, _ row: Int, _ pair: Int) {
      let place = plane + row * stride + 2 * pair
      place[0] = value.x
      if 2 * pair + 1 < count { place[1] = value.y }
    }
    let pairs = (count + 1) / 2
    for pair in 0..<pairs { store(2 * complex(pair)[0], 0, pair) }
    for bin in 1..<max(1, length / 2 + 1) {
      let turn = turns[bin]
      for pair in 0..<pairs {
        let source = complex(pair)
        let (low, high) = Self.parted(source[bin], source[length - bin], turn)
        store(low, bin, pair)
        store(high, length - bin, pair)
      }
    }
  }

  /// The cosine coefficients of both lines at a bin and at its counterpart, from the Fourier coefficients there.
  @inline(__always)
  private static func parted(
    _ low: SIMD2<Float>, _ high: SIMD2<Float>, _ turn: SIMD2<Float>
  ) -> (low: SIMD2<Float>, high: SIMD2<Float>) {
    let sum = low + high
    let difference = low - high
    // Twice the spectra of the first and of the second line.
    let real = sum
    let imaginary = SIMD2(difference.y, -difference.x)
    return (turn.x * real + turn.y * imaginary, turn.y * real - turn.x * imaginary)
  }
}
