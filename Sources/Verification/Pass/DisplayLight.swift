import Color
import Foundation
import Libav

/// The light of a display for a mean colour of a frame: its luminance, and whether it is a saturated red.
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

  /// cd/m² of white in SDR (ITU-R BT.1702) and of diffuse white in HDR (ITU-R BT.2408).
  private static let sdrPeak: Float = 200
  private static let hdrWhite: Float = 203
  /// cd/m² of an HLG display, and its system gamma (ITU-R BT.2100).
  private static let hlgPeak: Float = 1000
  private static let hlgGamma: Float = 1.2
  private static let pqPeak: Float = 10_000
  /// Minimum part of red in the light, and minimum lead of red over green and blue together: darker red is noise
  /// (Harding and Binnie 2002, in WCAG 2.0).
  private static let redPart = 0.8
  private static let redLead = 0.0625
  /// D65.
  fileprivate static let white = SIMD2<Float>(0.197_8, 0.468_3)

  private static let steps = 1024

  private let matrix: ColorMatrix
  private let isWide: Bool
  private let isHLG: Bool
  /// Linear light of a signal from 0 to 1, where 1 is white.
  private let linear: [Double]
  /// cd/m² of linear light 1.
  private let peak: Float

  init(_ color: ColorTags) {
    // Of RGB frames only one plane is measured, which counts as luma.
    var tags = color
    if tags.matrix == "gbr" { tags.matrix = "bt709" }
    matrix = ColorMatrix(tags)
    isWide = color.primaries == "bt2020"
    let curve = TransferFunction(shown: color)
    isHLG = curve == .hlg
    let scale: Double
    switch curve {
    case .pq: (peak, scale) = (Self.hdrWhite, Double(Self.pqPeak / Self.hdrWhite))
    case .hlg: (peak, scale) = (Self.hlgPeak, 1)
    default: (peak, scale) = (Self.sdrPeak, 1)
    }
    linear = (0...Self.steps).map { scale * curve.linear(Double($0) / Double(Self.steps)) }
  }

  /// - Parameters: code values on the 8-bit scale.
  func light(y: Float, cb: Float, cr: Float) -> Light {
    let signal = matrix.rgb(Double(y), Double(cb), Double(cr))
    var rgb = SIMD3(value(signal.x), value(signal.y), value(signal.z))
    if isWide { rgb = Self.narrowed(rgb) }
    let xyz = LabColor.xyz(linear: rgb)
    let total = rgb.sum()
    guard xyz.y > 0, total > 0 else { return .none }
    let sum = xyz.x + 15 * xyz.y + 3 * xyz.z
    let isRed = rgb.x >= Self.redPart * total && rgb.x - rgb.y - rgb.z >= Self.redLead
    let luminance = Float(xyz.y)
    return Light(
      luminance: peak * (isHLG ? powf(luminance, Self.hlgGamma) : luminance),
      chromaticity: SIMD2(Float(4 * xyz.x / sum), Float(9 * xyz.y / sum)), isSaturatedRed: isRed)
  }

  private func value(_ signal: Double) -> Double {
    linear[min(Self.steps, max(0, Int((signal * Double(Self.steps)).rounded())))]
  }

  /// From ITU-R BT.2020's primaries to those of BT.709; values outside are clipped.
  private static func narrowed(_ rgb: SIMD3<Double>) -> SIMD3<Double> {
    let red = 1.660_5 * rgb.x - 0.587_6 * rgb.y - 0.072_8 * rgb.z
    let green = -0.124_6 * rgb.x + 1.132_9 * rgb.y - 0.008_3 * rgb.z
    let blue = -0.018_2 * rgb.x - 0.100_6 * rgb.y + 1.118_7 * rgb.z
    return SIMD3(max(0, red), max(0, green), max(0, blue))
  }
}
