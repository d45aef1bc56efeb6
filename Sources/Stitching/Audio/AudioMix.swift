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
  private var current: Planes = []
  /// Samples of the current shot already delivered.
  private var taken = 0
  private var hasEnded = false

  init(_ plan: StitchPlan, options: StitchOptions, format: MasterAudioFormat, levels: AudioLevels) throws {
    let total = format.sample(atFrame: plan.frameCount, rate: plan.rate)
    shots = JoinedAudio(plan, format: format, crossfade: options.audioCrossfade)
    gain = levels.gain == 0 ? 1 : Float(pow(10, levels.gain / 20))
    limiter = levels.ceiling.map {
      Limiter(ceiling: Float(pow(10, $0 / 20)), channels: format.channels, sampleRate: format.sampleRate)
    }
    music = if let music = options.audio.music { try MusicBed(music, format: format, total: total) } else { nil }
  }

  /// Audio steps at the joins passed so far, without music.
  var steps: [AudioStep] { shots.steps }
  /// The limiter's greatest gain reduction so far in dB.
  var reduction: Double { limiter.map { -20 * log10(Double($0.lowestGain)) } ?? 0 }

  /// The next samples; nil at the end.
  mutating func next() throws -> Planes? {
    try Task.checkCancellation()
    while !hasEnded {
      if current.isEmpty || taken >= current[0].count {
        guard let shot = try shots.next() else {
          hasEnded = true
          return limiter?.finish()
        }
        (current, taken) = (shot, 0)
        continue
      }
      let end = min(taken + Self.blockSize, current[0].count)
      var block = current.map { Array($0[taken..<end]) }
      taken = end
      try music?.mix(into: &block)
      if gain != 1 {
        for channel in block.indices { for index in block[channel].indices { block[channel][index] *= gain } }
      }
      return limiter?.process(block) ?? block
    }
    return nil
  }
}
