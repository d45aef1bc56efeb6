import Color
import Foundation

/// Fine detail of a frame where it is richest: evidence for a native resolution.
///
/// Powers are squared 8-bit code values per bin, so that white noise of variance 1 has power 1 in every bin.
final class NativeDetail {
  /// Powers of one axis in two bands.
  struct Bands: Sendable, Hashable {
    var middle = 0.0
    var high = 0.0

    static func + (a: Bands, b: Bands) -> Bands { Bands(middle: a.middle + b.middle, high: a.high + b.high) }
    static func / (a: Bands, n: Double) -> Bands { Bands(middle: a.middle / n, high: a.high / n) }

    /// Decibels of one squared code value; -120 where there is nothing at all.
    var middleDecibels: Double { Self.decibels(middle) }
    var highDecibels: Double { Self.decibels(high) }

    private static func decibels(_ power: Double) -> Double { 10 * log10(max(power, 1e-12)) }
  }

  private static let size = NativeThresholds.tileSize

  private let source = AlignedFloats(count: size * size)
  private let target = AlignedFloats(count: size * size)
  private let rows: FourierTransform
  private let columns: FourierTransform
  private let window: [Float]
  /// Sum of the squared window over a tile.
  private let windowEnergy: Double

  /// - Returns: nil when FFTW cannot plan the transforms for lack of memory.
  init?() {
    guard let rows = FourierTransform(tileOf: Self.size, .rows, from: source, to: target),
      let columns = FourierTransform(tileOf: Self.size, .columns, from: source, to: target)
    else { return nil }
    self.rows = rows
    self.columns = columns
    window = PowerSpectrum.hannWindow(Self.size)
    let line = window.reduce(0.0) { $0 + Double($1 * $1) }
    windowEnergy = line * line
  }

  /// The mean over the richest tiles of the active part; nil when it holds no whole tile.
  func measure(_ luma: NativeLuma) -> (horizontal: Bands, vertical: Bands)? {
    let size = Self.size
    let area = luma.active
    var tiles: [(x: Int, y: Int, detail: Float)] = []
    luma.withSamples { samples in
      for y in stride(from: area.rows.lowerBound, through: area.rows.upperBound - size, by: size) {
        for x in stride(from: area.columns.lowerBound, through: area.columns.upperBound - size, by: size) {
          tiles.append((x, y, Self.detail(samples + y * luma.width + x, stride: luma.width)))
        }
      }
    }
    guard !tiles.isEmpty else { return nil }
    let count = max(1, Int((Double(tiles.count) * NativeThresholds.tileShare).rounded()))
    let richest = tiles.sorted { $0.detail > $1.detail }.prefix(count)
    var horizontal = Bands()
    var vertical = Bands()
    for tile in richest {
      luma.withSamples { load($0 + tile.y * luma.width + tile.x, stride: luma.width) }
      rows.run()
      horizontal = horizontal + bands(spectrumStride: 1, lineStride: size)
      columns.run()
      vertical = vertical + bands(spectrumStride: size, lineStride: 1)
    }
    return (horizontal / Double(count), vertical / Double(count))
  }

  /// Energy around half of the Nyquist frequency, from second differences over four pixels.
  private static func detail(_ tile: UnsafePointer<Float>, stride: Int) -> Float {
    var total = FloatLanes.zero
    for row in 2..<size - 2 {
      let line = tile + row * stride
      var column = 2
      while column + FloatLanes.scalarCount <= size - 2 {
        let twice = line.lanes(column) * 2
        let across = line.lanes(column - 2) + line.lanes(column + 2) - twice
        let down = (line - 2 * stride).lanes(column) + (line + 2 * stride).lanes(column) - twice
        total += across * across + down * down
        column += FloatLanes.scalarCount
      }
    }
    return total.sum()
  }

  private func load(_ tile: UnsafePointer<Float>, stride: Int) {
    for row in 0..<Self.size {
      let from = tile + row * stride
      let to = source.base + row * Self.size
      for column in 0..<Self.size { to[column] = from[column] * window[row] * window[column] }
    }
  }

  /// Mean powers in both bands over all lines of the transformed tile.
  private func bands(spectrumStride: Int, lineStride: Int) -> Bands {
    func power(_ band: ClosedRange<Double>) -> Double {
      let nyquist = Self.size / 2
      let first = Int((band.lowerBound * Double(nyquist)).rounded(.up))
      let last = Int((band.upperBound * Double(nyquist)).rounded(.down))
      var sum = 0.0
      for line in 0..<Self.size {
        let values = target.base + line * lineStride
        for bin in first...last {
          let real = values[bin * spectrumStride]
          let imaginary = values[(Self.size - bin) * spectrumStride]
          sum += Double(real * real + imaginary * imaginary)
        }
      }
      return sum / (windowEnergy * Double(last - first + 1))
    }
    return Bands(middle: power(NativeThresholds.middleBand), high: power(NativeThresholds.highBand))
  }
}
