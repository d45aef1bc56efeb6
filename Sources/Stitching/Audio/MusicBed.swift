import Foundation
import Libav

/// Lays music under the shots' audio.
///
/// It comes up and goes away with raised-cosine fades, and gives way while the shots audio: the more the louder they are,
/// from nothing at −50 dBFS to the whole of what was asked for at −30 dBFS and above.
struct MusicBed: ~Copyable {
  /// Seconds over which the shots' level is averaged.
  private static let listening = 0.030
  /// Seconds after which the music has given way by 63 %.
  private static let attack = 0.050
  /// Seconds after which it has come back by 63 %.
  private static let release = 0.400
  /// dBFS of the shots at which the music begins to give way.
  private static let threshold: Float = -50
  /// dB above the threshold at which it has given way wholly.
  private static let knee: Float = 20

  private var reader: MusicReader
  private let gain: Float
  private let duck: Float
  private let fade: Int
  /// Samples of the master.
  private let total: Int
  private var position = 0
  private var level: Float = 0
  /// dB by which the music gives way now.
  private var reduction: Float = 0
  private let listeningShare: Float
  private let attackShare: Float
  private let releaseShare: Float

  init(_ music: MusicOptions, format: MasterAudioFormat, total: Int) throws {
    func share(_ seconds: Double) -> Float { Float(1 - exp(-1 / (seconds * Double(format.sampleRate)))) }
    gain = Float(pow(10, music.level / 20))
    duck = Float(music.duck)
    fade = min(Int(music.fade * Double(format.sampleRate)), total / 2)
    self.total = total
    listeningShare = share(Self.listening)
    attackShare = share(Self.attack)
    releaseShare = share(Self.release)
    reader = try MusicReader(music, format: format)
  }

  /// Adds the music that goes with the next samples.
  mutating func mix(into planes: inout Planes) throws {
    let count = planes[0].count
    let music = try reader.next(count)
    let played = music[0].count
    for index in 0..<count {
      follow(planes, index)
      guard index < played else { continue }
      let at = position + index
      var factor = gain * Fade.slope(at, over: fade) * Fade.slope(total - 1 - at, over: fade)
      if reduction > 0 { factor *= pow(10, -reduction / 20) }
      for channel in planes.indices { planes[channel][index] += music[channel][index] * factor }
    }
    position += count
  }

  private mutating func follow(_ planes: Planes, _ index: Int) {
    guard duck > 0 else { return }
    let power = planes.reduce(Float(0)) { $0 + $1[index] * $1[index] } / Float(planes.count)
    level += (power - level) * listeningShare
    let above = level > 0 ? 10 * log10(level) - Self.threshold : 0
    let wanted = duck * min(max(above / Self.knee, 0), 1)
    reduction += (wanted - reduction) * (wanted > reduction ? attackShare : releaseShare)
  }
}
