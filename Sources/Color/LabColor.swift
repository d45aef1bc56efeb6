import Foundation
package import Libav

/// Colour difference as people see it: CIEDE2000 (CIE 142-2001) between CIELAB colours under D65.
package struct LabColor: Sendable {
  package let lightness: Double
  package let a: Double
  package let b: Double

  package init(lightness: Double, a: Double, b: Double) { (self.lightness, self.a, self.b) = (lightness, a, b) }

  /// From code values on the 8-bit scale, by matrix and range. The transfer is taken as sRGB's, the display's; HDR frames are
  /// measured in the same terms, which compares but does not grade them.
  package init(luma: Float, cb: Float, cr: Float, color: ColorTags) {
    let isFull = color.range == "pc"
    let y = isFull ? Double(luma) / 255 : (Double(luma) - 16) / 219
    let u = isFull ? (Double(cb) - 128) / 255 : (Double(cb) - 128) / 224
    let v = isFull ? (Double(cr) - 128) / 255 : (Double(cr) - 128) / 224
    let (kr, kb): (Double, Double) =
      switch color.matrix {
      case "smpte170m", "bt470bg": (0.299, 0.114)
      case "bt2020nc", "bt2020c": (0.2627, 0.0593)
      default: (0.2126, 0.0722)
      }
    let red = y + 2 * (1 - kr) * v
    let blue = y + 2 * (1 - kb) * u
    let green = (y - kr * red - kb * blue) / (1 - kr - kb)
    self.init(red: Self.linear(red), green: Self.linear(green), blue: Self.linear(blue))
  }

  /// From R′G′B′ on a scale of 0 to 1.
  package init(rgb: [Double]) {
    self.init(red: Self.linear(rgb[0]), green: Self.linear(rgb[1]), blue: Self.linear(rgb[2]))
  }

  /// From linear sRGB, 0–1.
  package init(red: Double, green: Double, blue: Double) {
    let x = (0.412_456_4 * red + 0.357_576_1 * green + 0.180_437_5 * blue) / 0.950_47
    let y = 0.212_672_9 * red + 0.715_152_2 * green + 0.072_175_0 * blue
    let z = (0.019_333_9 * red + 0.119_192 * green + 0.950_304_1 * blue) / 1.088_83
    let (fx, fy, fz) = (Self.compress(x), Self.compress(y), Self.compress(z))
    lightness = 116 * fy - 16
    a = 500 * (fx - fy)
    b = 200 * (fy - fz)
  }

  private static func linear(_ value: Double) -> Double {
    let v = min(max(value, 0), 1)
    return v <= 0.040_45 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
  }

  /// Linear light of each 8-bit sRGB code value.
  package static let linearFromCode = (0...255).map { linear(Double($0) / 255) }

  private static func compress(_ t: Double) -> Double {
    t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116
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
