import Color
import Foundation
public import Libav
import Probing
import Timing

/// How far two frames are from each other, as they are shown.
public struct FrameDifference: Sendable {
  /// CIEDE2000 over all pixels.
  public struct ColorDifference: Sendable, Hashable {
    public let mean: Double
    /// 95 of 100 pixels differ by no more.
    public let p95: Double
    public let max: Double
  }

  public let first: ExactFrame.Facts
  public let second: ExactFrame.Facts
  /// Pixels that were compared: the first frame's, upright.
  public let width: Int
  public let height: Int
  /// The second frame had another size and was scaled to the first's.
  public let isScaled: Bool
  /// Structural similarity of luma, 1 for the same frame.
  public let ssim: Double
  /// Decibels over red, green and blue; infinite for the same frame.
  public let psnr: Double
  public let deltaE: ColorDifference
  /// The differences of the channels, times ``gain``.
  public let frame: SmallFrame

  /// What the difference image multiplies by.
  public static let gain = 8

  /// - Throws: ``LibavError`` when a frame cannot be converted.
  public init(_ first: borrowing ExactFrame, _ second: borrowing ExactFrame) throws(LibavError) {
    self.first = first.facts
    self.second = second.facts
    let one = try Self.shown(first)
    var two = try Self.shown(second)
    isScaled = one.width != two.width || one.height != two.height
    if isScaled {
      let rgb = ColorTags(range: "pc", matrix: "gbr")
      let scaler = try Scaler(
        from: (two.width, two.height, .rgb24), color: rgb, to: (one.width, one.height, .rgb24), targetColor: rgb,
        quality: .lanczos)
      two = try scaler.scale(two)
    }
    let (a, b) = (SmallFrame(rgb24: one), SmallFrame(rgb24: two))
    width = a.width
    height = a.height
    var (difference, squares) = ([UInt8](repeating: 0, count: a.rgb.count), 0.0)
    for index in a.rgb.indices {
      let step = abs(Int(a.rgb[index]) - Int(b.rgb[index]))
      squares += Double(step * step)
      difference[index] = UInt8(clamping: step * Self.gain)
    }
    frame = SmallFrame(width: a.width, height: a.height, rgb: difference)
    psnr = squares == 0 ? .infinity : 10 * log10(255 * 255 * Double(a.rgb.count) / squares)
    ssim = Self.similarity(a, b)
    deltaE = Self.colors(a, b)
  }

  private static func shown(_ frame: borrowing ExactFrame) throws(LibavError) -> Frame {
    let facts = frame.facts
    let rgb = try ColorConverter.rgb(
      frame.frame, color: facts.color, deep: false, toneMap: facts.color.tags.isHDR ? ToneMap(.hable) : nil)
    return try ColorConverter.upright(rgb, rotation: facts.rotation, isMirrored: facts.isMirrored)
  }

  /// Steps of the histogram that the 95th percentile is read from.
  private static let histogramStep = 0.01

  private static func colors(_ a: SmallFrame, _ b: SmallFrame) -> ColorDifference {
    var histogram = [Int](repeating: 0, count: Int(200 / histogramStep))
    var (sum, most) = (0.0, 0.0)
    let count = a.width * a.height
    let linear = LabColor.linearFromCode
    var (lastKey, lastValue) = (UInt64.max, 0.0)
    for index in 0..<count {
      let at = 3 * index
      let one = (a.rgb[at], a.rgb[at + 1], a.rgb[at + 2])
      let two = (b.rgb[at], b.rgb[at + 1], b.rgb[at + 2])
      var value = 0.0
      if one != two {
        let key =
          UInt64(one.0) << 40 | UInt64(one.1) << 32 | UInt64(one.2) << 24 | UInt64(two.0) << 16 | UInt64(two.1) << 8
          | UInt64(two.2)
        if key != lastKey {
          let first = LabColor(red: linear[Int(one.0)], green: linear[Int(one.1)], blue: linear[Int(one.2)])
          let second = LabColor(red: linear[Int(two.0)], green: linear[Int(two.1)], blue: linear[Int(two.2)])
          (lastKey, lastValue) = (key, first.difference(from: second))
        }
        value = lastValue
      }
      sum += value
      most = Swift.max(most, value)
      histogram[min(histogram.count - 1, Int(value / histogramStep))] += 1
    }
    var (seen, p95) = (0, 0.0)
    for (bin, amount) in histogram.enumerated() {
      seen += amount
      if Double(seen) >= 0.95 * Double(count) {
        p95 = min(most, Double(bin == 0 ? 0 : bin + 1) * histogramStep)
        break
      }
    }
    return ColorDifference(mean: sum / Double(Swift.max(1, count)), p95: p95, max: most)
  }

  /// SSIM (Wang et al. 2004) with blocks of 8×8 pixels at every fourth place.
  private static func similarity(_ a: SmallFrame, _ b: SmallFrame) -> Double {
    let (one, two) = (luma(a), luma(b))
    let (c1, c2) = (6.5025, 58.5225)
    var (sum, count) = (0.0, 0)
    let block = min(8, a.width, a.height)
    for top in stride(from: 0, through: a.height - block, by: 4) {
      for left in stride(from: 0, through: a.width - block, by: 4) {
        var (s1, s2, q1, q2, cross) = (Int32(0), Int32(0), Int32(0), Int32(0), Int32(0))
        for y in top..<top + block {
          for x in left..<left + block {
            let (p, q) = (one[y * a.width + x], two[y * a.width + x])
            s1 += p
            s2 += q
            q1 += p * p
            q2 += q * q
            cross += p * q
          }
        }
        let n = Double(block * block)
        let (m1, m2) = (Double(s1) / n, Double(s2) / n)
        let (v1, v2) = (Double(q1) / n - m1 * m1, Double(q2) / n - m2 * m2)
        let covariance = Double(cross) / n - m1 * m2
        sum += (2 * m1 * m2 + c1) * (2 * covariance + c2) / ((m1 * m1 + m2 * m2 + c1) * (v1 + v2 + c2))
        count += 1
      }
    }
    return count == 0 ? 1 : sum / Double(count)
  }

  /// BT.709 luma in full range.
  private static func luma(_ frame: SmallFrame) -> [Int32] {
    (0..<frame.width * frame.height).map { index in
      let at = 3 * index
      let value =
        13_933 * Int32(frame.rgb[at]) + 46_871 * Int32(frame.rgb[at + 1]) + 4732 * Int32(frame.rgb[at + 2])
      return (value + 32_768) >> 16
    }
  }
}
