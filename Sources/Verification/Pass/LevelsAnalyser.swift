import Color
import Libav
import Timing

/// Code values outside the range that EBU R 103 leaves to signals.
struct LevelsReading: Sendable {
  struct Component: Sendable {
    /// Code values at the video's depth.
    var lowest = Int.max
    var highest = Int.min
    /// 0–1: the greatest part of a frame outside.
    var worst = 0.0
    /// Times of frames with more outside than the part allowed.
    var places: [Interval] = []
  }

  var frames = 0
  var bitDepth = 8
  /// Y.
  var luma = Component()
  /// R, G and B; a pixel counts once.
  var gamut = Component()
}

/// Measures luma and R′G′B′ of every frame against EBU R 103, at full size.
///
/// R′G′B′ is measured with the chroma sample of each pixel, not interpolated. Narrow range only.
final class LevelsAnalyser: FrameAnalyser {
  /// Code values of 8 bits that signals may have: the nominal range and 5 % of it on both sides.
  private static let allowed = (lowest: 5, highest: 246)
  /// The same of 10 bits; deeper ones are multiples of it.
  private static let allowedOf10 = (lowest: 20, highest: 984)
  /// The part of a frame that may lie outside.
  static let allowedPart = 0.01
  /// Places listed at most.
  private static let listed = 1000

  let wantsOnlyKeyframes = false
  private(set) var reading = LevelsReading()
  private let frameDuration: Rational
  private var tables: Tables?

  /// - Parameter frameDuration: seconds; the last frame of a place ends by it.
  init(frameDuration: Rational) { self.frameDuration = frameDuration }

  /// What chroma adds to red, green and blue, in code values, by code value.
  private struct Tables {
    let format: PixelFormat
    let matrix: String?
    let red: [Int32]
    let greenOfCb: [Int32]
    let greenOfCr: [Int32]
    let blue: [Int32]
    /// Of 8 bits, by both chroma samples: the least and the most that they add to a channel. Empty for other depths.
    private(set) var pairs: [SIMD2<Int32>] = []

    init(_ color: ColorTags, format: PixelFormat) {
      self.format = format
      matrix = color.matrix
      let depth = format.bitDepth
      let matrix = ColorMatrix(color, bitDepth: depth)
      let (zero, unit) = (matrix.zero, matrix.scale.x)
      func table(_ channel: Int, _ value: (Double) -> SIMD3<Double>) -> [Int32] {
        (0..<1 << depth).map { Int32((value(Double($0))[channel] * unit).rounded()) }
      }
      red = table(0) { matrix.rgb(zero.x, zero.y, $0) }
      greenOfCb = table(1) { matrix.rgb(zero.x, $0, zero.z) }
      greenOfCr = table(1) { matrix.rgb(zero.x, zero.y, $0) }
      blue = table(2) { matrix.rgb(zero.x, $0, zero.z) }
      if depth == 8 { pairs = (0..<1 << 16).map { extremes($0 >> 8, $0 & 0xFF) } }
    }

    /// The least and the most that a pair of chroma samples adds to a channel.
    private func extremes(_ u: Int, _ v: Int) -> SIMD2<Int32> {
      let green = greenOfCb[u] &+ greenOfCr[v]
      return SIMD2(min(red[v], green, blue[u]), max(red[v], green, blue[u]))
    }

    /// The least and the most that chroma adds to a channel of each pixel of a line.
    func extremes<Sample: FixedWidthInteger & UnsignedInteger, Sum: FixedWidthInteger & SignedInteger>(
      _ cb: UnsafeBufferPointer<Sample>, _ cr: UnsafeBufferPointer<Sample>, shift: Int,
      into least: UnsafeMutableBufferPointer<Sum>, _ most: UnsafeMutableBufferPointer<Sum>
    ) {
      let mask = red.count - 1
      pairs.withUnsafeBufferPointer { pairs in
        for sample in 0..<(least.count + (1 << shift) - 1) >> shift {
          let u = Int(truncatingIfNeeded: cb[sample]) & mask
          let v = Int(truncatingIfNeeded: cr[sample]) & mask
          let both = pairs.isEmpty ? extremes(u, v) : pairs[u << 8 | v]
          let (low, high) = (Sum(truncatingIfNeeded: both.x), Sum(truncatingIfNeeded: both.y))
          // Not one loop: for one or two pixels that costs more than it does.
          let first = sample << shift
          least[first] = low
          most[first] = high
          guard shift > 0, first + 1 < least.count else { continue }
          least[first + 1] = low
          most[first + 1] = high
          guard shift > 1 else { continue }
          for column in first + 2..<max(first + 2, min((sample + 1) << shift, least.count)) {
            least[column] = low
            most[column] = high
          }
        }
      }
    }
  }

  /// Pixels of one frame.
  private struct Counts {
    var luma = 0
    var gamut = 0
    var lumaRange: (low: Int32, high: Int32) = (.max, .min)
    var gamutRange: (low: Int32, high: Int32) = (.max, .min)
  }

  func add(_ frame: borrowing Frame, _ origin: FrameOrigin) {
    let format = frame.pixelFormat
    guard format.isPlanar, !format.isRGB, frame.color.range != "pc", format.bitDepth <= 16 else { return }
    if tables == nil || tables?.format != format || tables?.matrix != frame.color.matrix {
      tables = Tables(frame.color, format: format)
    }
    guard let tables else { return }
    let counts: Counts
    // R′, G′ and B′ reach some twice the code values.
    switch format.bitDepth {
    case ...8: counts = count(frame, tables, Bytes.self, in: Int16.self)
    case ...12: counts = count(frame, tables, Words.self, in: Int16.self)
    default: counts = count(frame, tables, Words.self, in: Int32.self)
    }
    reading.frames += 1
    reading.bitDepth = format.bitDepth
    let pixels = Double(frame.width * frame.height)
    note(&reading.luma, counts.luma, counts.lumaRange, of: pixels, at: origin.time)
    note(&reading.gamut, counts.gamut, counts.gamutRange, of: pixels, at: origin.time)
  }

  private func note(
    _ component: inout LevelsReading.Component, _ outside: Int, _ range: (low: Int32, high: Int32), of pixels: Double,
    at time: Rational?
  ) {
    let part = Double(outside) / pixels
    component.worst = max(component.worst, part)
    component.lowest = min(component.lowest, Int(range.low))
    component.highest = max(component.highest, Int(range.high))
    guard part > Self.allowedPart, let time else { return }
    let end = time + frameDuration
    // Containers round times, Matroska to milliseconds.
    if let last = component.places.last, let lastEnd = last.end, time < lastEnd + frameDuration / Rational(2) {
      component.places[component.places.count - 1] = Interval(start: last.start, end: end)
    } else if component.places.count < Self.listed {
      component.places.append(Interval(start: time, end: end))
    }
  }

  /// - Parameter sum: holds a code value and what chroma adds to it; the narrower, the more of them at a time.
  private func count<Samples: PlaneSamples, Sum: FixedWidthInteger & SignedInteger>(
    _ frame: borrowing Frame, _ tables: Tables, _ samples: Samples.Type, in sum: Sum.Type
  ) -> Counts {
    var counts = Counts()
    Samples.read(frame, 0) { luma, lumaStride in
      Samples.read(frame, 1) { cb, cbStride in
        Samples.read(frame, 2) { cr, crStride in
          let (width, height, format) = (frame.width, frame.height, frame.pixelFormat)
          let (shiftX, shiftY) = (format.chromaShiftX, format.chromaShiftY)
          let limits = Limits<Sum>(format)
          withUnsafeTemporaryAllocation(of: Sum.self, capacity: 2 * width) { added in
            let least = UnsafeMutableBufferPointer(rebasing: added[..<width])
            let most = UnsafeMutableBufferPointer(rebasing: added[width...])
            for row in 0..<height {
              if row & ((1 << shiftY) - 1) == 0 {
                let line = row >> shiftY
                tables.extremes(
                  UnsafeBufferPointer(rebasing: cb[(line * cbStride)...]),
                  UnsafeBufferPointer(rebasing: cr[(line * crStride)...]), shift: shiftX, into: least, most)
              }
              limits.add(
                UnsafeBufferPointer(rebasing: luma[(row * lumaStride)..<(row * lumaStride + width)]),
                UnsafeBufferPointer(least), UnsafeBufferPointer(most), to: &counts)
            }
          }
        }
      }
    }
    return counts
  }

  /// Code values that signals may have.
  private struct Limits<Sum: FixedWidthInteger & SignedInteger> {
    let low: Sum
    let high: Sum

    init(_ format: PixelFormat) {
      let scale = 1 << max(0, format.bitDepth - 10)
      let isDeep = format.bitDepth > 8
      low = Sum(isDeep ? allowedOf10.lowest * scale : allowed.lowest)
      high = Sum(isDeep ? allowedOf10.highest * scale : allowed.highest)
    }

    /// Adds one line. Few lines have anything outside, so the extremes come first: the compiler takes many pixels at a time.
    func add<Sample: FixedWidthInteger & UnsignedInteger>(
      _ luma: UnsafeBufferPointer<Sample>, _ least: UnsafeBufferPointer<Sum>, _ most: UnsafeBufferPointer<Sum>,
      to counts: inout Counts
    ) {
      var (darkest, brightest, lowest, highest) = (Sum.max, Sum.min, Sum.max, Sum.min)
      for column in 0..<luma.count {
        let y = Sum(truncatingIfNeeded: luma[column])
        darkest = min(darkest, y)
        brightest = max(brightest, y)
        lowest = min(lowest, y &+ least[column])
        highest = max(highest, y &+ most[column])
      }
      if darkest < low || brightest > high {
        var outside: Int32 = 0
        for column in 0..<luma.count {
          let y = Sum(truncatingIfNeeded: luma[column])
          outside &+= y < low || y > high ? 1 : 0
        }
        counts.luma += Int(outside)
      }
      if lowest < low || highest > high {
        var outside: Int32 = 0
        for column in 0..<luma.count {
          let y = Sum(truncatingIfNeeded: luma[column])
          outside &+= y &+ least[column] < low || y &+ most[column] > high ? 1 : 0
        }
        counts.gamut += Int(outside)
      }
      counts.lumaRange = (min(counts.lumaRange.low, Int32(darkest)), max(counts.lumaRange.high, Int32(brightest)))
      counts.gamutRange = (min(counts.gamutRange.low, Int32(lowest)), max(counts.gamutRange.high, Int32(highest)))
    }
  }
}

/// How the samples of a plane are read.
private protocol PlaneSamples {
  associatedtype Sample: FixedWidthInteger & UnsignedInteger
  /// - Parameter body: is given the samples and the distance of the plane's lines.
  static func read(
    _ frame: borrowing Frame, _ plane: Int, _ body: (UnsafeBufferPointer<Sample>, Int) -> Void)
}

private enum Bytes: PlaneSamples {
  static func read(_ frame: borrowing Frame, _ plane: Int, _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
    frame.withPlane(plane) { samples, stride in samples.withUnsafeBufferPointer { body($0, stride) } }
  }
}

private enum Words: PlaneSamples {
  static func read(_ frame: borrowing Frame, _ plane: Int, _ body: (UnsafeBufferPointer<UInt16>, Int) -> Void) {
    frame.withPlane16(plane) { samples, stride in samples.withUnsafeBufferPointer { body($0, stride) } }
  }
}
