import Foundation
package import Loudness

/// Gain and peak limit of the whole master.
package struct AudioLevels: Sendable, Hashable {
  /// dB.
  package var gain = 0.0
  /// Highest true peak in dBTP; nil for no limiter.
  package var ceiling: Double?

  package init(gain: Double = 0, ceiling: Double? = nil) {
    self.gain = gain
    self.ceiling = ceiling
  }
}

/// Applies gain and peak limit to audio that passes in blocks.
package struct LevelStage {
  private let gain: Float
  private var limiter: Limiter?

  package init(_ levels: AudioLevels, channels: Int, sampleRate: Int) {
    gain = levels.gain == 0 ? 1 : Float(pow(10, levels.gain / 20))
    limiter = levels.ceiling.map {
      Limiter(ceiling: Float(pow(10, $0 / 20)), channels: channels, sampleRate: sampleRate)
    }
  }

  /// The samples whose level is final; a limiter holds some back.
  package mutating func process(_ block: Planes) -> Planes {
    var block = block
    if gain != 1 {
      for channel in block.indices { for index in block[channel].indices { block[channel][index] *= gain } }
    }
    return limiter?.process(block) ?? block
  }

  /// The samples still held back; nil when there are none.
  package mutating func finish() -> Planes? { limiter?.finish() }

  /// The limiter's greatest gain reduction so far in dB.
  package var reduction: Double { limiter.map { -20 * log10(Double($0.lowestGain)) } ?? 0 }
}

extension AudioLevels {
  /// Greatest gain reduction in dB that the limiter may apply to reach the target; more is audible as distortion.
  private static let greatestReduction = 20.0
  /// LU from the target that end the trial passes; EBU R 128 allows ±0.5.
  private static let tolerance = 0.1
  /// dB by which the ceiling is lowered beyond the overshoot of the decoded peaks.
  private static let margin = 0.05
  private static let trialPasses = 5

  /// The gain and ceiling that bring audio to a target, corrected by what each trial still misses.
  /// - Parameters:
  ///   - target: LUFS; nil keeps the level.
  ///   - limit: dBTP.
  ///   - before: of the audio without gain and limiter.
  ///   - trial: measures the audio as it decodes after encoding with these levels.
  package static func found(
    target: Double?, limit: Double, before: LoudnessReading, trial: (AudioLevels) throws -> LoudnessReading
  ) throws -> AudioLevels {
    var levels = AudioLevels(ceiling: limit)
    var mostGain = Double.infinity
    if let target, let loudness = before.integrated {
      mostGain = limit - (before.truePeak ?? limit) + greatestReduction
      levels.gain = min(target - loudness, mostGain)
    }
    for _ in 1...trialPasses {
      let measured = try trial(levels)
      var next = levels
      let overshoot = (measured.truePeak ?? limit) - limit
      if overshoot > 0 { next.ceiling = (next.ceiling ?? limit) - overshoot - margin }
      if let target, let loudness = measured.integrated, abs(target - loudness) > tolerance {
        next.gain = min(levels.gain + target - loudness, mostGain)
      }
      if next == levels { break }
      levels = next
    }
    return levels
  }
}
