import Foundation
import Libav
import Timing

/// What is done to the level of the whole master.
struct AudioLevels: Sendable, Hashable {
  /// dB.
  var gain = 0.0
  /// Highest true peak in dBTP; nil for no limiter.
  var ceiling: Double?
}

/// The master's audio before it is encoded: the shots', the music under it, its level; in blocks, so that memory does not grow
/// with the video.
struct AudioMix: ~Copyable {
  /// Samples of a block.
  private static let blockSize = 4096

  private var shots: JoinedAudio
  private var music: MusicBed?
  private var limiter: Limiter?
  private let gain: Float
  private var current: Planes = []
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

  /// How the shots' own audio changes at each join passed so far.
  var steps: [AudioStep] { shots.steps }
  /// dB by which the limiter has gone down at most.
  var reduction: Double { limiter.map { -20 * log10(Double($0.deepest)) } ?? 0 }

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
