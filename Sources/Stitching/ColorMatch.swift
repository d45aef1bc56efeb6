import Foundation
import Libav

/// A correction of colours: a gain and an offset for each of red, green and blue, in code values or in linear light.
struct ColorMatch: Sendable, Hashable {
  /// Where gain and offset apply.
  enum Domain: String, Sendable, CaseIterable {
    /// The code values, as they are graded: compressed by the transfer.
    case gamma
    /// Light, linear.
    case linear
  }

  let domain: Domain
  /// Red, green, blue.
  let gain: [Double]
  /// On a scale of 0 to 1.
  let offset: [Double]

  /// A correction reaches no further, so that a wrong measurement cannot spoil a shot.
  static let gains = 0.75...1.33
  static let offsets = -0.12...0.12
  /// A channel that varies less than this (of 1) over the frame tells nothing about its gain.
  static let flatBelow = 0.01

  /// The gain and offset that give the first list the second's mean and spread, channel by channel.
  init(_ domain: Domain, from own: [[Double]], to wanted: [[Double]]) {
    var gain: [Double] = []
    var offset: [Double] = []
    for channel in 0..<3 {
      let a = own.map { Self.enter(domain, $0[channel]) }
      let b = wanted.map { Self.enter(domain, $0[channel]) }
      let (meanA, meanB) = (Self.mean(a), Self.mean(b))
      let (spreadA, spreadB) = (Self.spread(a, meanA), Self.spread(b, meanB))
      let ratio = spreadA < Self.flatBelow || spreadB < Self.flatBelow ? 1 : spreadB / spreadA
      let limited = min(max(ratio, Self.gains.lowerBound), Self.gains.upperBound)
      gain.append(limited)
      offset.append(min(max(meanB - limited * meanA, Self.offsets.lowerBound), Self.offsets.upperBound))
    }
    self.domain = domain
    self.gain = gain
    self.offset = offset
  }

  /// A channel's code value, 0 to 1, corrected.
  func apply(_ value: Double, channel: Int) -> Double {
    Self.leave(domain, Self.enter(domain, value) * gain[channel] + offset[channel])
  }

  /// RMS over all channels between the first list, corrected, and the second, on a scale of 0 to 1.
  func residual(from own: [[Double]], to wanted: [[Double]]) -> Double {
    var sum = 0.0
    for (a, b) in zip(own, wanted) {
      for channel in 0..<3 {
        let step = apply(a[channel], channel: channel) - b[channel]
        sum += step * step
      }
    }
    return (sum / Double(max(1, 3 * own.count))).squareRoot()
  }

  /// The transfer of BT.1886 displays, mirrored below 0 so that undershoot survives.
  private static let exponent = 2.4

  private static func enter(_ domain: Domain, _ value: Double) -> Double {
    domain == .gamma ? value : value < 0 ? -pow(-value, exponent) : pow(value, exponent)
  }

  private static func leave(_ domain: Domain, _ value: Double) -> Double {
    domain == .gamma ? value : value < 0 ? -pow(-value, 1 / exponent) : pow(value, 1 / exponent)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
  private static func spread(_ values: [Double], _ mean: Double) -> Double {
    (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))).squareRoot()
  }
}

/// Code values of a frame and what they stand for: Y′CbCr to R′G′B′ and back, on a scale of 0 to 1.
struct ColorMatrix: Sendable {
  let kr: Double
  let kb: Double
  let isFull: Bool
  /// Code value of one on the scale, and of black, at a bit depth.
  let lumaScale: Double
  let lumaBlack: Double
  let chromaScale: Double
  let chromaZero: Double

  init(_ color: ColorTags, bitDepth: Int) {
    (kr, kb) =
      switch color.matrix {
      case "smpte170m", "bt470bg": (0.299, 0.114)
      case "smpte240m": (0.212, 0.087)
      case "fcc": (0.30, 0.11)
      case "bt2020nc", "bt2020c": (0.2627, 0.0593)
      default: (0.2126, 0.0722)
      }
    isFull = color.range == "pc"
    let unit = Double(1 << max(0, bitDepth - 8))
    let top = Double((1 << bitDepth) - 1)
    lumaScale = isFull ? top : 219 * unit
    lumaBlack = isFull ? 0 : 16 * unit
    chromaScale = isFull ? top : 224 * unit
    chromaZero = 128 * unit
  }

  func rgb(_ luma: Double, _ cb: Double, _ cr: Double) -> [Double] {
    let y = (luma - lumaBlack) / lumaScale
    let red = y + 2 * (1 - kr) * (cr - chromaZero) / chromaScale
    let blue = y + 2 * (1 - kb) * (cb - chromaZero) / chromaScale
    return [red, (y - kr * red - kb * blue) / (1 - kr - kb), blue]
  }
}

/// One correction for a run of a shot's frames.
struct ShotCorrection: Sendable {
  /// One after the other; more than one where a shot is brought to the first through the joins between them.
  let matches: [ColorMatch]
  /// Frames over which it fades out; nil for the whole shot at full strength.
  let frames: Int?

  /// 1 for the first frame, 0 from ``frames`` on, falling as half a cosine.
  func weight(_ number: Int) -> Float {
    guard let frames else { return 1 }
    guard number < frames else { return 0 }
    return Float(0.5 * (1 + cos(.pi * Double(number) / Double(frames))))
  }

  func apply(_ rgb: [Double]) -> [Double] {
    matches.reduce(rgb) { color, match in color.indices.map { match.apply(color[$0], channel: $0) } }
  }
}
