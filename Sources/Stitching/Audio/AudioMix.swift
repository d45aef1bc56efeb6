import Foundation
import Libav
import Timing

/// Gain and peak limit of the whole master.
struct AudioLevels: Sendable, Hashable {
  /// dB.
  var gain = 0.0
  /// Highest true peak in dBTP; nil for no limiter.
  var ceiling: Double?
}

/// The master's audio before encoding: the shots' audio, the music bed, gain and limiter. It is produced in blocks, so
/// that memory does not grow with the length.
struct AudioMix: ~Copyable {
  /// Samples of a block.
  private static let blockSize = 4096

  private var shots: JoinedAudio
  private var music: MusicBed?
  private var limiter: Limiter?
  private let gain: Float
  private var hasEnded = false

  init(
    _ plan: StitchPlan, track: AudioTrack = .main, options: StitchOptions, format: MasterAudioFormat,
    levels: AudioLevels
  ) throws {
    let total = format.sample(atFrame: plan.frameCount, rate: plan.rate)
    let music: MusicBed? =
      if track == .main, let music = options.audio.music {
        try MusicBed(music, format: format, total: total)
      } else {
        nil
      }
    shots = JoinedAudio(plan, track: track, format: format, crossfade: options.audioCrossfade)
    gain = levels.gain == 0 ? 1 : Float(pow(10, levels.gain / 20))
    limiter = levels.ceiling.map {
      Limiter(ceiling: Float(pow(10, $0 / 20)), channels: format.channels, sampleRate: format.sampleRate)
    }
    self.music = music
  }

  /// Audio steps at the joins passed so far, without music.
  var steps: [AudioStep] { shots.steps }
  /// The limiter's greatest gain reduction so far in dB.
  var reduction: Double { limiter.map { -20 * log10(Double($0.lowestGain)) } ?? 0 }

  /// The next samples; nil at the end.
  mutating func next() throws -> Planes? {
    guard !hasEnded else { return nil }
    guard var block = try shots.next(Self.blockSize) else {
      hasEnded = true
      return limiter?.finish()
    }
    try music?.mix(into: &block)
    if gain != 1 {
      for channel in block.indices { for index in block[channel].indices { block[channel][index] *= gain } }
    }
    return limiter?.process(block) ?? block
  }
}
