import Foundation
import Libav

/// Mixes music under the shots' audio.
///
/// The music fades in and out along raised cosines. It is ducked under the shots' audio: by nothing up to −50 dBFS,
/// rising to the full amount at −30 dBFS and above.
struct MusicBed: ~Copyable {
  /// Seconds over which the shots' level is averaged.
  private static let averaging = 0.030
  /// Time constant of the ducking in seconds.
  private static let attack = 0.050
  /// Time constant of the recovery in seconds.
  private static let release = 0.400
  /// Level of the shots in dBFS above which the music is ducked.
  private static let threshold: Float = -50
  /// dB above the threshold at which the ducking is complete.
  private static let knee: Float = 20

  private var reader: MusicReader
  private let gain: Float
  private let duck: Float
  private let fade: Int
  /// Samples of the master.
  private let total: Int
  private var position = 0
  private var level: Float = 0
  /// Current ducking in dB.
  private var reduction: Float = 0
  private let averagingCoefficient: Float
  private let attackCoefficient: Float
  private let releaseCoefficient: Float

  init(_ music: MusicOptions, format: MasterAudioFormat, total: Int) throws {
    func coefficient(_ seconds: Double) -> Float { Float(1 - exp(-1 / (seconds * Double(format.sampleRate)))) }
    gain = Float(pow(10, music.level / 20))
    duck = Float(music.duck)
    fade = min(Int(music.fade * Double(format.sampleRate)), total / 2)
    self.total = total
    averagingCoefficient = coefficient(Self.averaging)
    attackCoefficient = coefficient(Self.attack)
    releaseCoefficient = coefficient(Self.release)
    reader = try MusicReader(music, format: format)
  }

  /// Mixes music into the next samples.
  mutating func mix(into planes: inout Planes) throws {
    let count = planes[0].count
    let music = try reader.next(count)
    let played = music[0].count
    for index in 0..<count {
      updateDucking(planes, index)
      guard index < played else { continue }
      let at = position + index
      var factor = gain * Fade.raisedCosine(at, over: fade) * Fade.raisedCosine(total - 1 - at, over: fade)
      if reduction > 0 { factor *= pow(10, -reduction / 20) }
      for channel in planes.indices { planes[channel][index] += music[channel][index] * factor }
    }
    position += count
  }

  private mutating func updateDucking(_ planes: Planes, _ index: Int) {
    guard duck > 0 else { return }
    let power = planes.reduce(Float(0)) { $0 + $1[index] * $1[index] } / Float(planes.count)
    level += (power - level) * averagingCoefficient
    let above = level > 0 ? 10 * log10(level) - Self.threshold : 0
    let wanted = duck * min(max(above / Self.knee, 0), 1)
    reduction += (wanted - reduction) * (wanted > reduction ? attackCoefficient : releaseCoefficient)
  }
}
