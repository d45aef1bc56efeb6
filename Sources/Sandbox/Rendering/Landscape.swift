import Dispatch
import Foundation

/// A landscape from a prompt and a seed: sky, clouds, ridges, and water, grass, sand or snow in front, with texture
/// down to single pixels.
struct Landscape: Sendable {
  private struct Ridge: Sendable {
    /// The first row of the ridge in each column.
    let line: [Float]
    let colour: RGB
    /// Contrast of the texture: low in the distance.
    let contrast: Float
  }

  /// Bands of the frame painted in parallel.
  private static let bands = 16

  private let width: Int
  private let height: Int
  private let palette: ScenePalette
  private let groundKind: ScenePalette.Ground
  private let sunX: Float
  private let sunY: Float
  private let sunRadius: Float
  private let groundLine: Float
  /// The first row of the ground in each column: level for water, rolling otherwise.
  private let shore: [Float]
  private let unit: Float
  private let ridges: [Ridge]
  private let clouds: LayeredNoise
  private let rock: LayeredNoise
  private let fine: LayeredNoise
  private let ground: LayeredNoise
  private let dust: LatticeNoise
  private let noiseSeed: UInt64

  /// - Parameters: width and height in pixels, even.
  init(prompt: String, seed: Seed, width: Int, height: Int) {
    var numbers = seed.derived("landscape").numbers
    let chosen = ScenePalette.chosen(for: prompt, &numbers)
    let unit = Float(min(width, height)) / 2160
    self.width = width
    self.height = height
    self.unit = unit
    palette = chosen.palette
    groundKind = chosen.ground
    groundLine = Float(height) * numbers.value(0.66...0.76)
    sunX = Float(width) * numbers.value(0.22...0.78)
    sunY = groundLine - Float(height) * numbers.value(0.20...0.42)
    sunRadius = 70 * unit * numbers.value(0.8...1.3)
    noiseSeed = numbers.next()
    func cell(_ size: Float) -> Int { max(1, Int(size * unit)) }
    clouds = LayeredNoise(
      seed: numbers.next(),
      cells: [(900, 260), (420, 130), (200, 70), (96, 36), (44, 18), (20, 10), (8, 5), (3, 2)].map {
        (cell($0.0), cell($0.1))
      }, gain: 0.56)
    rock = LayeredNoise(
      seed: numbers.next(), cells: [90, 44, 21, 10].map { (cell($0), cell($0 * 1.3)) }, gain: 0.72)
    fine = LayeredNoise(seed: numbers.next(), cells: [(5, 6), (3, 3), (2, 2)], gain: 0.9)
    let groundCells: [(Float, Float)] =
      switch chosen.ground {
      case .water: [(420, 34), (190, 16), (84, 8), (36, 4), (14, 2), (5, 1)]
      case .meadow: [(160, 90), (44, 40), (14, 30), (6, 22), (3, 14), (1, 7)]
      case .sand: [(520, 120), (200, 40), (60, 12), (20, 5), (6, 2), (2, 1)]
      case .snow: [(700, 160), (260, 70), (90, 26), (24, 9), (6, 3), (2, 1)]
      }
    ground = LayeredNoise(
      seed: numbers.next(), cells: groundCells.map { (cell($0.0), cell($0.1)) },
      gain: chosen.ground == .meadow ? 0.95 : 0.78)
    dust = LatticeNoise(seed: numbers.next(), cellWidth: 1, cellHeight: 1)
    var shore = [Float](repeating: 0, count: width)
    if chosen.ground != .water {
      LayeredNoise(seed: numbers.next(), cells: [1600, 700, 240, 60, 9].map { (cell($0), 64) }, gain: 0.42)
        .fill(row: 5, &shore)
    }
    let groundLine = groundLine
    self.shore = shore.map { groundLine + $0 * 120 * unit }
    ridges = Self.ridges(&numbers, palette: chosen.palette, width: width, height: height, groundLine: groundLine)
  }

  private static func ridges(
    _ numbers: inout SeededNumbers, palette: ScenePalette, width: Int, height: Int, groundLine: Float
  ) -> [Ridge] {
    let unit = Float(min(width, height)) / 2160
    let count = 4
    return (0..<count).map { index in
      let depth = Float(index) / Float(count - 1)
      let rise = Float(height) * (0.34 - 0.24 * depth) * numbers.value(0.8...1.15)
      let shape = LayeredNoise(
        seed: numbers.next(),
        cells: [1400, 620, 280, 120, 56, 26, 12, 5, 2].map { (max(1, Int($0 * unit * (1.1 - 0.5 * depth))), 64) },
        gain: 0.50 + 0.06 * depth)
      var line = [Float](repeating: 0, count: width)
      shape.fill(row: 7, &line)
      for x in 0..<width {
        line[x] = groundLine - rise * (0.35 + 0.65 * (1 - abs(line[x]) * 1.8)) * (0.75 + 0.5 * line[x])
      }
      return Ridge(
        line: line, colour: palette.far + (palette.near - palette.far) * depth, contrast: 0.30 + 0.70 * depth)
    }
  }

  /// Paints the frame, on all cores.
  func painted() -> RenderedFrame {
    let size = width * height
    var luma = [UInt8](repeating: 0, count: size)
    var cb = [UInt8](repeating: 0, count: size / 4)
    var cr = [UInt8](repeating: 0, count: size / 4)
    luma.withUnsafeMutableBufferPointer { luma in
      cb.withUnsafeMutableBufferPointer { cb in
        cr.withUnsafeMutableBufferPointer { cr in
          let lumaRows = PlaneRows(luma, stride: width, width: width)
          let cbRows = PlaneRows(cb, stride: width / 2, width: width / 2)
          let crRows = PlaneRows(cr, stride: width / 2, width: width / 2)
          let pairs = height / 2
          DispatchQueue.concurrentPerform(iterations: Self.bands) { band in
            var brush = Brush(width: width)
            for pair in pairs * band / Self.bands..<pairs * (band + 1) / Self.bands {
              paint(row: 2 * pair, with: &brush)
              brush.store(lumaRows.row(2 * pair))
              brush.keep()
              paint(row: 2 * pair + 1, with: &brush)
              brush.store(lumaRows.row(2 * pair + 1))
              brush.storeChroma(cbRows.row(pair), crRows.row(pair))
            }
          }
        }
      }
    }
    return RenderedFrame(
      luma: Plane(width: width, height: height, samples: luma),
      cb: Plane(width: width / 2, height: height / 2, samples: cb),
      cr: Plane(width: width / 2, height: height / 2, samples: cr))
  }

  private func paint(row y: Int, with brush: inout Brush) {
    for x in 0..<width { brush.dust[x] = 0 }
    dust.add(row: y, amplitude: 1, to: &brush.dust)
    if Float(y) < groundLine + 120 * unit { paintSky(y, &brush) }
    rock.fill(row: y, &brush.rock)
    fine.fill(row: y, &brush.fine)
    for ridge in ridges { paintRidge(ridge, y, &brush) }
    if Float(y) >= groundLine - 120 * unit { paintGround(y, &brush) }
  }

  private func paintSky(_ y: Int, _ brush: inout Brush) {
    clouds.fill(row: y, &brush.coarse)
    let t = min(1, Float(y) / groundLine)
    let base = palette.skyTop + (palette.skyLow - palette.skyTop) * (t * t * (1.6 - 0.6 * t))
    let dy = Float(y) - sunY
    let reach = 520 * unit
    for x in 0..<width {
      let dx = Float(x) - sunX
      let distance = dx * dx + dy * dy
      let glow = 1 / (1 + distance / (reach * reach))
      var colour = base + (palette.sun - base) * (glow * glow * 0.75)
      let disc = min(1, max(0, (sunRadius * sunRadius - distance) / (sunRadius * 5) + 0.5))
      colour += (palette.sun - colour) * disc
      if palette.stars {
        let bits = mixed(noiseSeed ^ UInt64(x) << 32 ^ UInt64(y))
        if bits % 5_000 < 3 { colour += RGB(repeating: Float(bits >> 40) / Float(1 << 24) * 0.8) }
      }
      let cover = min(1, max(0, (brush.coarse[x] * 1.9 + palette.cloudiness - 0.42 * t) * 1.5))
      let light = palette.cloud * (0.78 + 0.5 * glow + 0.30 * brush.coarse[x])
      colour += (light - colour) * (cover * cover * 0.9)
      brush[x] = colour + RGB(repeating: brush.dust[x] * 0.014)
    }
  }

  private func paintRidge(_ ridge: Ridge, _ y: Int, _ brush: inout Brush) {
    let haze = palette.skyLow
    for x in 0..<width {
      let below = Float(y) - ridge.line[x]
      if below <= 0 { continue }
      let slope = brush.rock[min(width - 1, x + 3)] - brush.rock[max(0, x - 3)]
      let shade =
        1 + ridge.contrast * (slope * 2.4 + brush.rock[x] * 0.5 + brush.fine[x] * 0.85 + brush.dust[x] * 0.16)
      let mist = (1 - ridge.contrast) * 0.30 + min(1, below / (460 * unit)) * 0.34 * (1.15 - ridge.contrast)
      let colour = ridge.colour * max(0.1, shade)
      let painted = colour + (haze - colour) * min(0.8, mist)
      brush[x] = brush[x] + (painted - brush[x]) * min(1, below)
    }
  }

  /// The row of the ground's texture that is seen at `t`, 0 at the horizon … 1 at the bottom edge: nine rows to a pixel
  /// far away, one to a pixel near by.
  private static func distantRow(_ t: Float, span: Float) -> Int {
    let steepness: Float = 8
    let far = span * (1 + steepness)
    // Rolling ground rises above the horizon; its rows are counted from well before the texture's first.
    return Int(far + (t < 0 ? far * t : far / steepness * log(1 + steepness * t)))
  }

  private func paintGround(_ y: Int, _ brush: inout Brush) {
    let span = max(1, Float(height) - groundLine)
    let t = (Float(y) - groundLine) / span
    ground.fill(row: Self.distantRow(t, span: span), &brush.coarse)
    let near = max(0, t)
    for x in 0..<width {
      if Float(y) < shore[x] { continue }
      let ripple = brush.coarse[x] + brush.dust[x] * 0.05
      if groundKind == .water {
        let mirror = palette.skyLow + (palette.skyTop - palette.skyLow) * min(1, 0.25 + near * 0.9)
        var colour = mirror * (0.62 + 0.75 * ripple + brush.dust[x] * 0.04)
        let away = (Float(x) - sunX) / (width > height ? 330 * unit : 220 * unit) / (0.5 + near)
        let glint = max(0, ripple * 3.4 - 0.35) / (1 + away * away * away * away)
        colour += palette.sun * min(1.2, glint)
        brush[x] = colour
      } else {
        let light = palette.skyLow * 0.16 * (1 - near)
        let texture = groundKind == .meadow ? 1.5 : groundKind == .snow ? 0.28 : 0.55
        let base = groundKind == .snow ? RGB(0.82, 0.86, 0.92) * (palette.stars ? 0.35 : 0.95) : palette.ground
        brush[x] =
          base * max(0.08, 1 + Float(texture) * (ripple * 1.2 + brush.fine[x] * 0.55) - 0.3 * near) + light
      }
    }
  }
}

/// The row being painted, and the row above for its chroma.
private struct Brush {
  private var colours: [RGB]
  private var above: [RGB]
  var coarse: [Float]
  var rock: [Float]
  var fine: [Float]
  var dust: [Float]

  init(width: Int) {
    colours = Array(repeating: .zero, count: width)
    above = colours
    coarse = Array(repeating: 0, count: width)
    rock = coarse
    fine = coarse
    dust = coarse
  }

  subscript(x: Int) -> RGB {
    get { colours[x] }
    set { colours[x] = newValue }
  }

  mutating func keep() { swap(&colours, &above) }

  private static let lumaWeights = RGB(0.2126, 0.7152, 0.0722)

  mutating func store(_ luma: UnsafeMutableBufferPointer<UInt8>) {
    for x in colours.indices {
      colours[x] = colours[x].clamped(lowerBound: .zero, upperBound: .one)
      luma[x] = clampedToByte(16 + 219 * (colours[x] * Self.lumaWeights).sum())
    }
  }

  func storeChroma(_ cb: UnsafeMutableBufferPointer<UInt8>, _ cr: UnsafeMutableBufferPointer<UInt8>) {
    let half = colours.count / 2
    for x in 0..<half {
      let c = (colours[2 * x] + above[2 * x]) * 0.35 + (colours[2 * x + 1] + above[2 * x + 1]) * 0.15
      let luma = (c * Self.lumaWeights).sum()
      cb[x] = clampedToByte(128 + 224 * (c.z - luma) / 1.8556)
      cr[x] = clampedToByte(128 + 224 * (c.x - luma) / 1.5748)
    }
  }
}
