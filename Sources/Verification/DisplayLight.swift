import Foundation
import Libav

/// What light a display gives for a mean colour of a frame: its luminance, and how near a saturated red it is.
struct DisplayLight: Sendable {
  struct Light: Sendable {
    /// cd/m².
    var luminance: Float
    /// Coordinates u′ and v′ of the CIE 1976 diagram.
    var chromaticity: SIMD2<Float>
    /// By WCAG 2.2 (2.3.1): R ÷ (R + G + B) of linear light is 0.8 or more.
    var isSaturatedRed: Bool

    static let none = Light(luminance: 0, chromaticity: DisplayLight.white, isSaturatedRed: false)
  }

  /// cd/m² of white in SDR, as ITU-R BT.1702 has it, and of the diffuse white of HDR by ITU-R BT.2408.
  private static let sdrPeak: Float = 200
  private static let hdrWhite: Float = 203
  /// cd/m² of a display for HLG by ITU-R BT.2100, and the gamma of its system.
  private static let hlgPeak: Float = 1000
  private static let hlgGamma: Float = 1.2
  private static let pqPeak: Float = 10_000
  /// Of a display by ITU-R BT.1886.
  private static let displayGamma: Float = 2.4
  /// Part of the light of red, and what red must be ahead of green and blue together by: darker red is noise
  /// (Harding and Binnie 2002, in WCAG 2.0).
  private static let redPart: Float = 0.8
  private static let redLead: Float = 0.0625
  /// D65.
  fileprivate static let white = SIMD2<Float>(0.197_8, 0.468_3)

  private static let steps = 1024

  private let black: Float
  private let lumaSpan: Float
  private let chromaSpan: Float
  /// Red's and blue's part of luma.
  private let (redLuma, blueLuma): (Float, Float)
  private let isWide: Bool
  private let isHLG: Bool
  /// Linear light of a signal from 0 to 1, where 1 is white.
  private let linear: [Float]
  /// cd/m² of linear light 1.
  private let peak: Float

  init(_ color: ColorTags) {
    let isFull = color.range == "pc"
    (black, lumaSpan, chromaSpan) = isFull ? (0, 255, 255) : (16, 219, 224)
    (redLuma, blueLuma) =
      switch color.matrix {
      case "bt2020nc", "bt2020c": (0.2627, 0.0593)
      case "smpte170m", "bt470bg": (0.299, 0.114)
      default: (0.2126, 0.0722)
      }
    isWide = color.primaries == "bt2020"
    isHLG = color.transfer == "arib-std-b67"
    let curve: (Float) -> Float
    switch color.transfer {
    case "smpte2084": (peak, curve) = (Self.hdrWhite, { Self.pqPeak / Self.hdrWhite * Self.pq($0) })
    case "arib-std-b67": (peak, curve) = (Self.hlgPeak, Self.hlg)
    default: (peak, curve) = (Self.sdrPeak, { powf($0, Self.displayGamma) })
    }
    linear = (0...Self.steps).map { curve(Float($0) / Float(Self.steps)) }
  }

  /// - Parameters: code values on the 8-bit scale.
  func light(y: Float, cb: Float, cr: Float) -> Light {
    let luma = (y - black) / lumaSpan
    let (b, r) = ((cb - 128) / chromaSpan, (cr - 128) / chromaSpan)
    let greenLuma = 1 - redLuma - blueLuma
    let red = luma + 2 * (1 - redLuma) * r
    let blue = luma + 2 * (1 - blueLuma) * b
    let green = (luma - redLuma * red - blueLuma * blue) / greenLuma
    var rgb = SIMD3(value(red), value(green), value(blue))
    if isWide { rgb = Self.narrowed(rgb) }
    let luminance = 0.212_673 * rgb.x + 0.715_152 * rgb.y + 0.072_175 * rgb.z
    let total = rgb.sum()
    guard luminance > 0, total > 0 else { return .none }
    let x = 0.412_456 * rgb.x + 0.357_576 * rgb.y + 0.180_438 * rgb.z
    let z = 0.019_334 * rgb.x + 0.119_192 * rgb.y + 0.950_304 * rgb.z
    let sum = x + 15 * luminance + 3 * z
    let isRed = rgb.x >= Self.redPart * total && rgb.x - rgb.y - rgb.z >= Self.redLead
    return Light(
      luminance: peak * (isHLG ? powf(luminance, Self.hlgGamma) : luminance),
      chromaticity: SIMD2(4 * x / sum, 9 * luminance / sum), isSaturatedRed: isRed)
  }

  private func value(_ signal: Float) -> Float {
    linear[min(Self.steps, max(0, Int((signal * Float(Self.steps)).rounded())))]
  }

  /// From ITU-R BT.2020's primaries to those of BT.709; what lies outside is cut.
  private static func narrowed(_ rgb: SIMD3<Float>) -> SIMD3<Float> {
    let red = 1.660_5 * rgb.x - 0.587_6 * rgb.y - 0.072_8 * rgb.z
    let green = -0.124_6 * rgb.x + 1.132_9 * rgb.y - 0.008_3 * rgb.z
    let blue = -0.018_2 * rgb.x - 0.100_6 * rgb.y + 1.118_7 * rgb.z
    return SIMD3(max(0, red), max(0, green), max(0, blue))
  }

  /// SMPTE ST 2084, of its peak.
  private static func pq(_ signal: Float) -> Float {
    let power = powf(signal, 1 / 78.843_75)
    return powf(max(power - 0.835_937_5, 0) / (18.851_562_5 - 18.687_5 * power), 1 / 0.159_301_76)
  }

  /// ITU-R BT.2100: of the scene's light, 0 to 1.
  private static func hlg(_ signal: Float) -> Float {
    signal <= 0.5 ? signal * signal / 3 : (expf((signal - 0.559_910_73) / 0.178_832_77) + 0.284_668_92) / 12
  }
}
