import Color

/// How strongly a frame's spectrum is mirrored with opposite sign around the frequencies of one axis.
///
/// Scaling up from fewer lines leaves such mirrors: the coefficients at equal distances below and above the source's
/// highest frequency have opposite signs. Coefficients are whitened first, so that steep spectra count as much as flat
/// ones.
struct NativeMirrors {
  /// By bin of the axis; 0 outside the requested bins.
  let correlation: [Float]
  /// The requested bins that are far enough from both ends.
  let bins: IndexSet

  /// A set of bins as ascending, separate ranges.
  struct IndexSet {
    private(set) var ranges: [Range<Int>] = []

    /// The union of ranges, within limits.
    init(_ wanted: [Range<Int>], within limits: Range<Int>) {
      for range in wanted.map({ $0.clamped(to: limits) }).filter({ !$0.isEmpty })
        .sorted(by: { $0.lowerBound < $1.lowerBound })
      {
        if let last = ranges.last, range.lowerBound <= last.upperBound {
          ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
          ranges.append(range)
        }
      }
    }

    func contains(_ bin: Int) -> Bool { ranges.contains { $0.contains(bin) } }
  }

  /// Pairs on an axis of this many bins.
  private static func reach(_ length: Int) -> Int {
    let limits = NativeThresholds.mirrorPairs
    return min(max(length / NativeThresholds.mirrorShare, limits.lowerBound), limits.upperBound)
  }

  private static let lanes = FloatLanes.scalarCount
  /// Below this mean square a bin holds nothing but rounding of the transform itself.
  private static let leastEnergy: Float = 1e-6

  private static func limits(_ length: Int) -> Range<Int> {
    let reach = reach(length)
    let end = length - reach - lanes
    return end > reach + 1 ? reach + 1..<end : 0..<0
  }

  /// Mirrors along the rows of a spectrum: the horizontal axis.
  init(alongRowsOf spectrum: UnsafePointer<Float>, width: Int, height: Int, bins wanted: [Range<Int>]) {
    bins = IndexSet(wanted, within: Self.limits(width))
    let reach = Self.reach(width)
    var total = [Float](repeating: 0, count: width)
    let white = AlignedFloats(count: width)
    for band in 0..<NativeThresholds.crossBands {
      let rows = Self.band(band, of: height)
      guard !rows.isEmpty else { continue }
      var energy = [Float](repeating: 0, count: width)
      for row in rows {
        let line = spectrum + row * width
        for column in 0..<width { energy[column] += line[column] * line[column] }
      }
      let gains = Self.gains(energy, count: rows.count)
      let sums = AlignedFloats(count: width)
      for row in rows {
        Self.whiten(spectrum + row * width, into: white.base, by: gains)
        for range in bins.ranges { Self.addProducts(white.base, range, reach, to: sums.base) }
      }
      let scale = -1 / Float(rows.count * reach * NativeThresholds.crossBands)
      for range in bins.ranges { for bin in range { total[bin] += scale * sums.base[bin] } }
    }
    correlation = total
  }

  /// Mirrors along the columns of a spectrum: the vertical axis.
  init(alongColumnsOf spectrum: UnsafePointer<Float>, width: Int, height: Int, bins wanted: [Range<Int>]) {
    bins = IndexSet(wanted, within: Self.limits(height))
    let reach = Self.reach(height)
    var total = [Float](repeating: 0, count: height)
    let widest = (width / 2 / NativeThresholds.crossBands + 1 + Self.lanes - 1) / Self.lanes * Self.lanes
    let white = AlignedFloats(count: widest * height)
    for band in 0..<NativeThresholds.crossBands {
      let columns = Self.band(band, of: width)
      guard !columns.isEmpty else { continue }
      var energy = [Float](repeating: 0, count: height)
      for row in 0..<height {
        energy[row] = Self.energy(spectrum + row * width + columns.lowerBound, count: columns.count)
      }
      let gains = Self.gains(energy, count: columns.count)
      for row in 0..<height {
        let line = spectrum + row * width + columns.lowerBound
        let target = white.base + row * widest
        let gain = gains[row]
        for column in 0..<columns.count {
          target[column] = min(max(line[column] * gain, -NativeThresholds.clip), NativeThresholds.clip)
        }
        for column in columns.count..<widest { target[column] = 0 }
      }
      let scale = -1 / Float(columns.count * reach * NativeThresholds.crossBands)
      for range in bins.ranges {
        for bin in range { total[bin] += scale * Self.product(around: bin, white.base, reach, stride: widest) }
      }
    }
    correlation = total
  }

  /// One of the equal bands of the lower half of the cross frequencies.
  private static func band(_ number: Int, of length: Int) -> Range<Int> {
    let half = length / 2
    return half * number / NativeThresholds.crossBands..<half * (number + 1) / NativeThresholds.crossBands
  }

  /// One over the root mean square around each bin.
  private static func gains(_ energy: [Float], count: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: energy.count + 1)
    for (bin, value) in energy.enumerated() { sums[bin + 1] = sums[bin] + Double(value) }
    return energy.indices.map { bin in
      let first = max(0, bin - NativeThresholds.whiteningReach)
      let last = min(energy.count - 1, bin + NativeThresholds.whiteningReach)
      let mean = Float((sums[last + 1] - sums[first]) / Double((last - first + 1) * count))
      return mean > leastEnergy ? 1 / mean.squareRoot() : 0
    }
  }

  private static func whiten(_ line: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, by gains: [Float])
  {
    gains.withUnsafeBufferPointer { gains in
      for column in 0..<gains.count {
        target[column] = min(max(line[column] * gains[column], -NativeThresholds.clip), NativeThresholds.clip)
      }
    }
  }

  /// Adds, for every bin, the products of the pairs around it; up to seven bins beyond the range are filled too.
  private static func addProducts(
    _ line: UnsafeMutablePointer<Float>, _ range: Range<Int>, _ reach: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    var bin = range.lowerBound
    while bin < range.upperBound {
      var sum = sums.lanes(bin)
      for distance in 1...reach { sum += line.lanes(bin - distance) * line.lanes(bin + distance) }
      sums.store(sum, bin)
      bin += lanes
    }
  }

  private static func energy(_ values: UnsafePointer<Float>, count: Int) -> Float {
    var sum = FloatLanes.zero
    var position = 0
    while position + lanes <= count {
      let value = values.lanes(position)
      sum += value * value
      position += lanes
    }
    var result = sum.sum()
    for rest in position..<count { result += values[rest] * values[rest] }
    return result
  }

  /// The sum of products of the row pairs around a bin; rows are padded with zeros to whole lanes.
  private static func product(
    around bin: Int, _ rows: UnsafeMutablePointer<Float>, _ reach: Int, stride: Int
  ) -> Float {
    var sum = FloatLanes.zero
    for distance in 1...reach {
      let low = rows + (bin - distance) * stride
      let high = rows + (bin + distance) * stride
      var position = 0
      while position < stride {
        sum += low.lanes(position) * high.lanes(position)
        position += lanes
      }
    }
    return sum.sum()
  }
}
