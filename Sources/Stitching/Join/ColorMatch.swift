import Color
import Foundation

/// A colour correction: a gain and an offset for each of red, green and blue, in code values or in linear light.
struct ColorMatch: Sendable, Hashable {
  /// Where gain and offset apply.
  enum Domain: String, Sendable, CaseIterable {
    /// R′G′B′, as coded.
    case gamma
    /// Linear light.
    case linear
  }

  let domain: Domain
  /// Red, green, blue.
  let gain: [Double]
  /// On a scale of 0 to 1.
  let offset: [Double]

  /// Limits of a correction, so that a wrong measurement cannot spoil a shot.
  static let gains = 0.75...1.33
  static let offsets = -0.12...0.12
  /// A channel that varies less than this (of 1) over the frame has no measurable gain.
  static let flatBelow = 0.01

  /// Fits gain and offset of each channel so that the first list gets the second's mean and standard deviation.
  init(_ domain: Domain, from own: [SIMD3<Double>], to wanted: [SIMD3<Double>]) {
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

  /// A colour's R′G′B′, 0 to 1, corrected.
  func apply(_ rgb: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(apply(rgb.x, channel: 0), apply(rgb.y, channel: 1), apply(rgb.z, channel: 2))
  }

  /// RMS over all channels between the first list, corrected, and the second, on a scale of 0 to 1.
  func residual(from own: [SIMD3<Double>], to wanted: [SIMD3<Double>]) -> Double {
    var sum = 0.0
    for (a, b) in zip(own, wanted) {
      let step = apply(a) - b
      sum += (step * step).sum()
    }
    return (sum / Double(max(1, 3 * own.count))).squareRoot()
  }

  private static func enter(_ domain: Domain, _ value: Double) -> Double {
    domain == .gamma ? value : TransferFunction.bt1886.linear(value)
  }

  private static func leave(_ domain: Domain, _ value: Double) -> Double {
    domain == .gamma ? value : TransferFunction.bt1886.signal(value)
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
  private static func spread(_ values: [Double], _ mean: Double) -> Double {
    (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))).squareRoot()
  }
}

/// The correction of a shot's frames.
struct ShotCorrection: Sendable {
  /// Applied one after the other; more than one where a shot is matched to the first shot through the joins between
  /// them.
  let matches: [ColorMatch]
  /// Frames over which it fades out; nil for the whole shot at full strength.
  let frames: Int?

  /// 1 for the first frame, 0 from ``frames`` on, falling as half a cosine.
  func weight(_ number: Int) -> Float {
    guard let frames else { return 1 }
    guard number < frames else { return 0 }
    return Float(0.5 * (1 + cos(.pi * Double(number) / Double(frames))))
  }

  /// Corrects a colour's R′G′B′, 0 to 1.
  func apply(_ rgb: SIMD3<Double>) -> SIMD3<Double> { matches.reduce(rgb) { $1.apply($0) } }
}
