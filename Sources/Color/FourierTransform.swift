import CFFTW
import Foundation

/// FFTW's planner keeps one state for the whole process (https://www.fftw.org/fftw3_doc/Thread-safety.html).
let fftwPlanner = NSLock()

/// Real Fourier transforms of many lines of one length, planned once by libfftw3.
///
/// Not `Sendable`: it reads and writes the memory it was planned for.
package final class FourierTransform {
  /// How the lines of a square tile lie.
  package enum Direction: Sendable { case rows, columns }

  /// FFTW's plan, an opaque structure of the library.
  private let plan: OpaquePointer
  private let source: AlignedFloats
  private let target: AlignedFloats

  /// Of all rows, or all columns, of a square tile.
  /// - Parameter size: of its side, and of each transform.
  /// - Returns: nil when the library has no plan, which only a lack of memory can cause.
  package convenience init?(
    tileOf size: Int, _ direction: Direction, from source: AlignedFloats, to target: AlignedFloats
  ) {
    let (stride, distance) = direction == .rows ? (1, size) : (size, 1)
    self.init(
      length: size, lines: size, stride: stride, distance: distance, from: source, to: target)
  }

  /// Of one line.
  /// - Returns: nil when the library has no plan, which only a lack of memory can cause.
  package convenience init?(length: Int, from source: AlignedFloats, to target: AlignedFloats) {
    self.init(length: length, lines: 1, stride: 1, distance: length, from: source, to: target)
  }

  private init?(
    length: Int, lines: Int, stride: Int, distance: Int, from source: AlignedFloats, to target: AlignedFloats
  ) {
    guard length > 0, min(source.count, target.count) >= length * lines else { return nil }
    let plan = fftwPlanner.withLock {
      var size = Int32(length)
      var kind = FFTW_R2HC
      return fftwf_plan_many_r2r(
        1, &size, Int32(lines), source.base, nil, Int32(stride), Int32(distance), target.base, nil, Int32(stride),
        Int32(distance), &kind, UInt32(FFTW_ESTIMATE) | UInt32(FFTW_PRESERVE_INPUT))
    }
    guard let plan else { return nil }
    self.plan = plan
    self.source = source
    self.target = target
  }

  deinit { fftwPlanner.withLock { fftwf_destroy_plan(plan) } }

  /// From the source to the target that it was planned for, unscaled, in half-complex order: the real parts of bins 0
  /// to n/2, then the imaginary parts backwards, that of bin k at n − k.
  package func run() { fftwf_execute(plan) }
}

/// The power spectrum of blocks of samples of one length.
///
/// Not `Sendable`: it keeps the memory of its transform.
package final class PowerSpectrum {
  package let length: Int
  private let samples: AlignedFloats
  private let spectrum: AlignedFloats
  private let transform: FourierTransform

  /// - Parameter length: samples of a block; even.
  /// - Returns: nil when the library has no plan, which only a lack of memory can cause.
  package init?(length: Int) {
    let (samples, spectrum) = (AlignedFloats(count: length), AlignedFloats(count: length))
    guard let transform = FourierTransform(length: length, from: samples, to: spectrum) else { return nil }
    self.length = length
    self.samples = samples
    self.spectrum = spectrum
    self.transform = transform
  }

  /// A Hann window of so many samples, symmetrical.
  package static func hannWindow(_ length: Int) -> [Float] {
    (0..<length).map { sample in
      let phase: Double = 2 * Double.pi * (Double(sample) + 0.5) / Double(length)
      return Float(0.5 - 0.5 * cos(phase))
    }
  }

  /// Squared magnitudes of the bins from 0 to below the Nyquist frequency, unscaled.
  /// - Parameter block: ``length`` samples, windowed as wanted; those that are missing count as 0.
  package func powers(of block: [Float]) -> [Float] {
    for index in 0..<length { samples.base[index] = index < block.count ? block[index] : 0 }
    transform.run()
    return (0..<length / 2).map { bin in
      let real = spectrum.base[bin]
      let imaginary = bin == 0 ? 0 : spectrum.base[length - bin]
      return real * real + imaginary * imaginary
    }
  }
}
