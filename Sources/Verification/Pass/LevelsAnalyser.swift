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
    var counts = Counts()
    if format.bitDepth > 8 {
      frame.withPlane16(0) { luma, lumaStride in
        frame.withPlane16(1) { cb, cbStride in
          frame.withPlane16(2) { cr, crStride in
            luma.withUnsafeBufferPointer { luma in
              cb.withUnsafeBufferPointer { cb in
                cr.withUnsafeBufferPointer { cr in
                  count(
                    frame, tables, (luma, lumaStride), (cb, cbStride), (cr, crStride), into: &counts)
                }
              }
            }
          }
        }
      }
    } else {
      frame.withPlane(0) { luma, lumaStride in
        frame.withPlane(1) { cb, cbStride in
          frame.withPlane(2) { cr, crStride in
            luma.withUnsafeBufferPointer { luma in
              cb.withUnsafeBufferPointer { cb in
                cr.withUnsafeBufferPointer { cr in
                  count(
                    frame, tables, (luma, lumaStride), (cb, cbStride), (cr, crStride), into: &counts)
                }
              }
            }
          }
        }
      }
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

  private func count<Sample: FixedWidthInteger & UnsignedInteger>(
    _ frame: borrowing Frame, _ tables: Tables, _ luma: (samples: UnsafeBufferPointer<Sample>, stride: Int),
    _ cb: (samples: UnsafeBufferPointer<Sample>, stride: Int),
    _ cr: (samples: UnsafeBufferPointer<Sample>, stride: Int),
    into counts: inout Counts
  ) {
    let format = frame.pixelFormat
    let (shiftX, shiftY) = (format.chromaShiftX, format.chromaShiftY)
    let scale = Int32(1) << Int32(max(0, format.bitDepth - 10))
    let isDeep = format.bitDepth > 8
    let low = isDeep ? Int32(Self.allowedOf10.lowest) * scale : Int32(Self.allowed.lowest)
    let high = isDeep ? Int32(Self.allowedOf10.highest) * scale : Int32(Self.allowed.highest)
    let mask = (1 << format.bitDepth) - 1
    let width = frame.width
    var (lumaOut, gamutOut) = (0, 0)
    var (lumaLow, lumaHigh) = (Int32.max, Int32.min)
    var (gamutLow, gamutHigh) = (Int32.max, Int32.min)
    for row in 0..<frame.height {
      let (line, cbLine, crLine) = (row * luma.stride, (row >> shiftY) * cb.stride, (row >> shiftY) * cr.stride)
      for column in 0..<width {
        let y = Int32(truncatingIfNeeded: luma.samples[line &+ column])
        let u = Int(truncatingIfNeeded: cb.samples[cbLine &+ (column &>> shiftX)]) & mask
        let v = Int(truncatingIfNeeded: cr.samples[crLine &+ (column &>> shiftX)]) & mask
        let red = y &+ tables.red[v]
        let green = y &+ tables.greenOfCb[u] &+ tables.greenOfCr[v]
        let blue = y &+ tables.blue[u]
        let (least, most) = (min(red, green, blue), max(red, green, blue))
        lumaLow = min(lumaLow, y)
        lumaHigh = max(lumaHigh, y)
        gamutLow = min(gamutLow, least)
        gamutHigh = max(gamutHigh, most)
        if y < low || y > high { lumaOut &+= 1 }
        if least < low || most > high { gamutOut &+= 1 }
      }
    }
    counts = Counts(
      luma: lumaOut, gamut: gamutOut, lumaRange: (lumaLow, lumaHigh), gamutRange: (gamutLow, gamutHigh))
  }
}
