import Color
import Foundation
public import Libav
import Probing
import Timing

/// The difference between two frames as a player shows them.
public struct FrameDifference: Sendable {
  /// CIEDE2000 over all pixels.
  public struct ColorDifference: Sendable, Hashable {
    public let mean: Double
    /// The 95th percentile.
    public let p95: Double
    public let max: Double
  }

  public let first: ExactFrame.Facts
  public let second: ExactFrame.Facts
  /// Pixels that were compared: the first frame's, in display orientation.
  public let width: Int
  public let height: Int
  /// Whether the second frame had another size and was scaled to the first's.
  public let isScaled: Bool
  /// Structural similarity of luma, 1 for equal frames.
  public let ssim: Double
  /// Decibels over red, green and blue; infinite for equal frames.
  public let psnr: Double
  public let deltaE: ColorDifference
  /// The absolute differences of red, green and blue, times ``gain``.
  public let image: SmallFrame

  /// Factor of the difference image.
  public static let gain = 8

  /// - Throws: ``LibavError`` when a frame cannot be converted.
  public init(_ first: borrowing ExactFrame, _ second: borrowing ExactFrame) throws(LibavError) {
    self.first = first.facts
    self.second = second.facts
    let one = try Self.shown(first)
    var two = try Self.shown(second)
    isScaled = one.width != two.width || one.height != two.height
    if isScaled {
      two = try FrameScaler().scale(
        two, color: .fullRGB, to: (one.width, one.height, .rgb24), targetColor: .fullRGB, quality: .lanczos)
    }
    let (a, b) = (RGBImage(rgb24: one), RGBImage(rgb24: two))
    width = a.width
    height = a.height
    var (difference, squares) = ([UInt8](repeating: 0, count: a.bytes.count), 0.0)
    for index in a.bytes.indices {
      let step = abs(Int(a.bytes[index]) - Int(b.bytes[index]))
      squares += Double(step * step)
      difference[index] = UInt8(clamping: step * Self.gain)
    }
    image = SmallFrame(RGBImage(width: a.width, height: a.height, bytes: difference))
    psnr = squares == 0 ? .infinity : 10 * log10(255 * 255 * Double(a.bytes.count) / squares)
    ssim = StructuralSimilarity.mean(a.luma, b.luma, width: a.width, height: a.height)
    deltaE = Self.colors(a, b)
  }

  private static func shown(_ frame: borrowing ExactFrame) throws(LibavError) -> Frame {
    let facts = frame.facts
    let converter = ColorConverter()
    do throws(LibavError) {
      let rgb = try converter.rgb(
        frame.frame, color: facts.color, deep: false, toneMap: facts.color.tags.isHDR ? ToneMap(.hable) : nil)
      return try converter.oriented(rgb, rotation: facts.rotation, isMirrored: facts.isMirrored)
    } catch {
      throw error.about(facts.file)
    }
  }

  /// Steps of the histogram that the 95th percentile is read from.
  private static let histogramStep = 0.01

  private static func colors(_ a: RGBImage, _ b: RGBImage) -> ColorDifference {
    var histogram = [Int](repeating: 0, count: Int(200 / histogramStep))
    var (sum, maximum) = (0.0, 0.0)
    let count = a.width * a.height
    let linear = LabColor.linearFromCode
    var (lastKey, lastValue) = (UInt64.max, 0.0)
    for index in 0..<count {
      let at = 3 * index
      let one = (a.bytes[at], a.bytes[at + 1], a.bytes[at + 2])
      let two = (b.bytes[at], b.bytes[at + 1], b.bytes[at + 2])
      var value = 0.0
      if one != two {
        let key =
          UInt64(one.0) << 40 | UInt64(one.1) << 32 | UInt64(one.2) << 24 | UInt64(two.0) << 16 | UInt64(two.1) << 8
          | UInt64(two.2)
        if key != lastKey {
          let first = LabColor(linear: SIMD3(linear[Int(one.0)], linear[Int(one.1)], linear[Int(one.2)]))
          let second = LabColor(linear: SIMD3(linear[Int(two.0)], linear[Int(two.1)], linear[Int(two.2)]))
          (lastKey, lastValue) = (key, first.difference(from: second))
        }
        value = lastValue
      }
      sum += value
      maximum = Swift.max(maximum, value)
      histogram[min(histogram.count - 1, Int(value / histogramStep))] += 1
    }
    var (seen, p95) = (0, 0.0)
    for (bin, amount) in histogram.enumerated() {
      seen += amount
      if Double(seen) >= 0.95 * Double(count) {
        p95 = min(maximum, Double(bin == 0 ? 0 : bin + 1) * histogramStep)
        break
      }
    }
    return ColorDifference(mean: sum / Double(Swift.max(1, count)), p95: p95, max: maximum)
  }
}
