import Foundation
package import Libav

/// Mixes a voice over audio, which is ducked under it.
package struct VoiceOver: ~Copyable {
  private var reader: AudioFileReader
  private var ducker: Ducker
  private let gain: Float

  /// - Parameter format: of the audio and of what comes out.
  /// - Throws: ``StitchError`` `unusableVoice`; `LibavError` when the file cannot be opened.
  package init(_ voice: VoiceOptions, format: AudioFormat) throws {
    ducker = Ducker(amount: voice.duck, attack: voice.attack, release: voice.release, sampleRate: format.sampleRate)
    gain = Float(pow(10, voice.level / 20))
    reader = try AudioFileReader(voice, format: format)
  }

  /// Mixes the voice into the next samples.
  package mutating func mix(into planes: inout Planes) throws {
    let voice = try reader.next(planes[0].count)
    let spoken = voice[0].count
    for index in planes[0].indices {
      let isSpoken = index < spoken
      let power = isSpoken ? voice.reduce(Float(0)) { $0 + $1[index] * $1[index] } / Float(voice.count) : 0
      let ducked = ducker.gain(under: power * gain * gain)
      for channel in planes.indices {
        planes[channel][index] = planes[channel][index] * ducked + (isSpoken ? voice[channel][index] * gain : 0)
      }
    }
  }
}
