/// Smooth random hills: random values on a lattice, joined by cubic B-splines, evaluated a row at a time.
struct LatticeNoise: Sendable {
  /// Restores a layer to about ±1: B-spline smoothing shrinks the lattice's values.
  private static let spread: Float = 1.9

  private let seed: UInt64
  private let cellWidth: Int
  private let cellHeight: Int
  private let weights: [Float]

  /// - Parameters:
  ///   - cellWidth: distance between the lattice's columns, in pixels, at least 1.
  ///   - cellHeight: the same for its rows.
  init(seed: UInt64, cellWidth: Int, cellHeight: Int) {
    self.seed = seed
    self.cellWidth = max(1, cellWidth)
    self.cellHeight = max(1, cellHeight)
    var weights = [Float](repeating: 0, count: 4 * self.cellWidth)
    for k in 0..<self.cellWidth {
      let w = Self.spline(Float(k) / Float(self.cellWidth))
      for tap in 0..<4 { weights[tap * self.cellWidth + k] = w[tap] }
    }
    self.weights = weights
  }

  private static func spline(_ t: Float) -> SIMD4<Float> {
    let s = 1 - t
    return SIMD4(
      s * s * s, 3 * t * t * t - 6 * t * t + 4, 3 * s * s * s - 6 * s * s + 4, t * t * t) / 6
  }

  @inline(__always)
  private func lattice(_ i: Int, _ j: Int) -> Float {
    let bits = mixed(
      seed ^ (UInt64(bitPattern: Int64(i)) &* 0x9E37_79B9_7F4A_7C15)
        ^ (UInt64(bitPattern: Int64(j)) &* 0xC2B2_AE3D_27D4_EB4F))
    return Float(Int64(bitPattern: bits) >> 40) / Float(1 << 23)
  }

  /// Adds this layer's row `y`, times `amplitude`, to `row`.
  func add(row y: Int, amplitude: Float, to row: inout [Float]) {
    let width = row.count
    if cellWidth == 1 && cellHeight == 1 {
      row.withUnsafeMutableBufferPointer { out in
        for x in 0..<width { out[x] += amplitude * lattice(x, y) }
      }
      return
    }
    let j = y / cellHeight
    let vertical = Self.spline(Float(y % cellHeight) / Float(cellHeight)) * (amplitude * Self.spread)
    let cells = width / cellWidth + 5
    withUnsafeTemporaryAllocation(of: Float.self, capacity: cells) { line in
      for i in 0..<cells {
        line[i] =
          vertical[0] * lattice(i, j) + vertical[1] * lattice(i, j + 1) + vertical[2] * lattice(i, j + 2)
          + vertical[3] * lattice(i, j + 3)
      }
      row.withUnsafeMutableBufferPointer { out in
        weights.withUnsafeBufferPointer { w in
          var x = 0
          var i = 0
          while x < width {
            let count = min(cellWidth, width - x)
            let (a, b, c, d) = (line[i], line[i + 1], line[i + 2], line[i + 3])
            for k in 0..<count {
              out[x + k] +=
                a * w[k] + b * w[cellWidth + k] + c * w[2 * cellWidth + k] + d * w[3 * cellWidth + k]
            }
            x += count
            i += 1
          }
        }
      }
    }
  }
}

/// Layers of noise, each finer and weaker than the last.
struct LayeredNoise: Sendable {
  private let layers: [(noise: LatticeNoise, amplitude: Float)]

  /// - Parameters:
  ///   - cells: the lattice distances of the layers, in pixels, widths and heights.
  ///   - gain: a layer's strength as a part of the one before it.
  init(seed: UInt64, cells: [(width: Int, height: Int)], gain: Float) {
    var amplitude: Float = 1
    var total: Float = 0
    var layers: [(LatticeNoise, Float)] = []
    for (index, cell) in cells.enumerated() {
      let noise = LatticeNoise(
        seed: mixed(seed &+ UInt64(index) &* 0xD6E8_FEB8_6659_FD93), cellWidth: cell.width, cellHeight: cell.height)
      layers.append((noise, amplitude))
      total += amplitude
      amplitude *= gain
    }
    self.layers = layers.map { ($0.0, $0.1 / total) }
  }

  /// Replaces `row` by row `y` of the sum, about ±1.
  func fill(row y: Int, _ row: inout [Float]) {
    for x in row.indices { row[x] = 0 }
    for layer in layers { layer.noise.add(row: y, amplitude: layer.amplitude, to: &row) }
  }
}
