import Foundation

/// A CIELAB colour under D65, and its difference from another by CIEDE2000 (CIE 142-2001).
package struct LabColor: Sendable {
  package let lightness: Double
  package let a: Double
  package let b: Double

  package init(lightness: Double, a: Double, b: Double) { (self.lightness, self.a, self.b) = (lightness, a, b) }

  /// From R′G′B′ on a scale of 0 to 1, cut to it. The transfer is taken as sRGB's and the primaries as BT.709's: HDR
  /// frames are measured in the same terms, which compares but does not grade them.
  package init(rgb: SIMD3<Double>) {
    self.init(linear: SIMD3(Self.linear(rgb.x), Self.linear(rgb.y), Self.linear(rgb.z)))
  }

  /// From linear light of BT.709's primaries, 0–1.
  package init(linear: SIMD3<Double>) {
    let xyz = Self.xyz(linear: linear) / Self.white
    let (fx, fy, fz) = (Self.compress(xyz.x), Self.compress(xyz.y), Self.compress(xyz.z))
    lightness = 116 * fy - 16
    a = 500 * (fx - fy)
    b = 200 * (fy - fz)
  }

  /// D65.
  private static let white = SIMD3(0.950_47, 1, 1.088_83)

  /// CIE XYZ of linear light of BT.709's primaries; Y is the luminance.
  package static func xyz(linear rgb: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(
      (SIMD3(0.412_456_4, 0.357_576_1, 0.180_437_5) * rgb).sum(),
      (SIMD3(0.212_672_9, 0.715_152_2, 0.072_175) * rgb).sum(),
      (SIMD3(0.019_333_9, 0.119_192, 0.950_304_1) * rgb).sum())
  }

  private static func linear(_ value: Double) -> Double { TransferFunction.srgb.linear(min(max(value, 0), 1)) }

  /// Linear light of each 8-bit sRGB code value.
  package static let linearFromCode = (0...255).map { linear(Double($0) / 255) }

  private static func compress(_ t: Double) -> Double {
    t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116
  }

  /// ΔE*ab: CIE 1976.
  package func difference76(from other: LabColor) -> Double {
    let (l, a, b) = (lightness - other.lightness, a - other.a, b - other.b)
    return (l * l + a * a + b * b).squareRoot()
  }

  /// Mean ΔE00 of the pairs of two lists of R′G′B′.
  package static func meanDifference(_ one: [SIMD3<Double>], _ other: [SIMD3<Double>]) -> Double {
    let sum = zip(one, other).reduce(0.0) { $0 + LabColor(rgb: $1.0).difference(from: LabColor(rgb: $1.1)) }
    return sum / Double(max(1, one.count))
  }

  /// ΔE00; about 1 is the least that a trained eye sees side by side.
  package func difference(from other: LabColor) -> Double {
    let c1 = hypot(a, b)
    let c2 = hypot(other.a, other.b)
    let mean7 = pow((c1 + c2) / 2, 7)
    let g = 0.5 * (1 - sqrt(mean7 / (mean7 + pow(25, 7))))
    let (a1, a2) = ((1 + g) * a, (1 + g) * other.a)
    let (p1, p2) = (hypot(a1, b), hypot(a2, other.b))
    let (h1, h2) = (Self.hue(a1, b), Self.hue(a2, other.b))
    let deltaL = other.lightness - lightness
    let deltaC = p2 - p1
    var hueStep = p1 * p2 == 0 ? 0 : h2 - h1
    if hueStep > 180 { hueStep -= 360 }
    if hueStep < -180 { hueStep += 360 }
    let deltaH = 2 * sqrt(p1 * p2) * sin(Self.radians(hueStep) / 2)
    let meanL = (lightness + other.lightness) / 2
    let meanC = (p1 + p2) / 2
    var meanH = h1 + h2
    if p1 * p2 != 0 {
      meanH = abs(h1 - h2) <= 180 ? meanH / 2 : (meanH < 360 ? (meanH + 360) / 2 : (meanH - 360) / 2)
    }
    let t =
      1 - 0.17 * cos(Self.radians(meanH - 30)) + 0.24 * cos(Self.radians(2 * meanH))
      + 0.32 * cos(Self.radians(3 * meanH + 6)) - 0.20 * cos(Self.radians(4 * meanH - 63))
    let lightnessOffset = (meanL - 50) * (meanL - 50)
    let sl = 1 + 0.015 * lightnessOffset / sqrt(20 + lightnessOffset)
    let sc = 1 + 0.045 * meanC
    let sh = 1 + 0.015 * meanC * t
    let rotation = 30 * exp(-pow((meanH - 275) / 25, 2))
    let chroma7 = pow(meanC, 7)
    let rt = -2 * sqrt(chroma7 / (chroma7 + pow(25, 7))) * sin(Self.radians(2 * rotation))
    let (l, c, h) = (deltaL / sl, deltaC / sc, deltaH / sh)
    return sqrt(max(0, l * l + c * c + h * h + rt * c * h))
  }

  private static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
  private static func hue(_ a: Double, _ b: Double) -> Double {
    guard a != 0 || b != 0 else { return 0 }
    let angle = atan2(b, a) * 180 / .pi
    return angle < 0 ? angle + 360 : angle
  }
}
