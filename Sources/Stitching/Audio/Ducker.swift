import Foundation

/// Lowers one signal while another is heard: by nothing up to −50 dBFS of that, rising to the full amount at −30 dBFS and above.
struct Ducker {
  /// Seconds over which the level is averaged.
  private static let averaging = 0.030
  /// Level in dBFS above which the other signal is lowered.
  private static let threshold: Float = -50
  /// dB above the threshold at which it is lowered by the full amount.
  private static let knee: Float = 20

  private let amount: Float
  private let averagingCoefficient: Float
  private let attackCoefficient: Float
  private let releaseCoefficient: Float
  private var level: Float = 0
  /// Current attenuation in dB.
  private var reduction: Float = 0

  /// - Parameters:
  ///   - amount: dB.
  ///   - attack: time constant in seconds; `release` too.
  init(amount: Double, attack: Double, release: Double, sampleRate: Int) {
    func coefficient(_ seconds: Double) -> Float { Float(1 - exp(-1 / (seconds * Double(sampleRate)))) }
    self.amount = Float(amount)
    averagingCoefficient = coefficient(Self.averaging)
    attackCoefficient = coefficient(attack)
    releaseCoefficient = coefficient(release)
  }

  /// The factor of the lowered signal.
  /// - Parameter power: of the next sample of the other one, full scale 1.
  mutating func gain(under power: Float) -> Float {
    guard amount > 0 else { return 1 }
    level += (power - level) * averagingCoefficient
    let above = level > 0 ? 10 * log10(level) - Self.threshold : 0
    let wanted = amount * min(max(above / Self.knee, 0), 1)
    reduction += (wanted - reduction) * (wanted > reduction ? attackCoefficient : releaseCoefficient)
    return reduction > 0 ? pow(10, -reduction / 20) : 1
  }
}
