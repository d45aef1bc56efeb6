import Foundation
package import Libav

/// Signals and the light they stand for, both on a scale of 0 to 1.
package enum TransferFunction: Sendable, Hashable {
  /// IEC 61966-2-1.
  case srgb
  /// The camera's curve of ITU-R BT.709, BT.601 and BT.2020.
  case bt709
  /// A display by ITU-R BT.1886 with a black of 0; mirrored below 0, so that undershoot survives.
  case bt1886
  /// SMPTE ST 2084: 1 is 10,000 cd/m².
  case pq
  /// ARIB STD-B67 as in ITU-R BT.2100: the scene's light.
  case hlg

  /// How a display shows frames with these tags: PQ, HLG, else BT.1886.
  package init(shown color: ColorTags) {
    self =
      switch color.transfer {
      case "smpte2084": .pq
      case "arib-std-b67": .hlg
      default: .bt1886
      }
  }

  package func linear(_ signal: Double) -> Double {
    switch self {
    case .srgb: signal <= 0.040_45 ? signal / 12.92 : pow((signal + 0.055) / 1.055, 2.4)
    case .bt709:
      signal < 4.5 * Camera.beta ? signal / 4.5 : pow((signal + Camera.alpha - 1) / Camera.alpha, 1 / 0.45)
    case .bt1886: signal < 0 ? -pow(-signal, 2.4) : pow(signal, 2.4)
    case .pq:
      pow(
        max(pow(max(signal, 0), 1 / PQ.m2) - PQ.c1, 0) / (PQ.c2 - PQ.c3 * pow(max(signal, 0), 1 / PQ.m2)), 1 / PQ.m1)
    case .hlg:
      signal <= 0.5 ? signal * signal / 3 : (exp((signal - HLG.c) / HLG.a) + HLG.b) / 12
    }
  }

  package func signal(_ linear: Double) -> Double {
    switch self {
    case .srgb: linear <= 0.003_130_8 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    case .bt709:
      linear < Camera.beta ? 4.5 * linear : Camera.alpha * pow(linear, 0.45) - (Camera.alpha - 1)
    case .bt1886: linear < 0 ? -pow(-linear, 1 / 2.4) : pow(linear, 1 / 2.4)
    case .pq:
      pow(
        (PQ.c1 + PQ.c2 * pow(max(linear, 0), PQ.m1)) / (1 + PQ.c3 * pow(max(linear, 0), PQ.m1)), PQ.m2)
    case .hlg:
      linear <= 1.0 / 12 ? (3 * max(linear, 0)).squareRoot() : HLG.a * log(12 * linear - HLG.b) + HLG.c
    }
  }

  private enum Camera {
    static let alpha = 1.099_296_826_809_44
    static let beta = 0.018_053_968_510_807
  }
  private enum PQ {
    static let m1 = 2610.0 / 16384
    static let m2 = 2523.0 / 32
    static let c1 = 3424.0 / 4096
    static let c2 = 2413.0 / 128
    static let c3 = 2392.0 / 128
  }
  private enum HLG {
    static let a = 0.178_832_77
    static let b = 0.284_668_92
    static let c = 0.559_910_73
  }
}
