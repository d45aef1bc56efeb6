import Foundation
import Libav

/// Mixes music under the shots' audio.
///
/// The music fades in and out along raised cosines, and is ducked under the shots' audio.
struct MusicBed: ~Copyable {
  /// Time constant of the ducking in seconds.
  private static let attack = 0.050
  /// Time constant of the recovery in seconds.
  private static let release = 0.400

  private var reader: AudioFileReader
  private let gain: Float
  private var ducker: Ducker
  private let fade: Int
  /// Samples of the master.
  private let total: Int
  private var position = 0

  init(_ music: MusicOptions, format: MasterAudioFormat, total: Int) throws {
    gain = Float(pow(10, music.level / 20))
    ducker = Ducker(amount: music.duck, attack: Self.attack, release: Self.release, sampleRate: format.sampleRate)
    fade = min(Int(music.fade * Double(format.sampleRate)), total / 2)
    self.total = total
    reader = try AudioFileReader(music, format: format.audioFormat)
  }

  /// Mixes music into the next samples.
  mutating func mix(into planes: inout Planes) throws {
    let count = planes[0].count
    let music = try reader.next(count)
    let played = music[0].count
    for index in 0..<count {
      let power = planes.reduce(Float(0)) { $0 + $1[index] * $1[index] } / Float(planes.count)
      let ducked = ducker.gain(under: power)
      guard index < played else { continue }
      let at = position + index
      let factor =
        gain * ducked * Fade.raisedCosine(at, over: fade) * Fade.raisedCosine(total - 1 - at, over: fade)
      for channel in planes.indices { planes[channel][index] += music[channel][index] * factor }
    }
    position += count
  }
}
