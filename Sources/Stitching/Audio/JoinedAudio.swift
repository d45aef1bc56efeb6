import Foundation
import Libav
import Timing

/// Samples, a plane for each channel.
typealias Planes = [[Float]]

/// The shots' own audio, one after the other: each cut or padded to its frames and joined to the next with a crossfade.
struct JoinedAudio {
  private let plan: StitchPlan
  private let format: MasterAudioFormat
  private let crossfade: Int
  /// What the shot before goes on with after its last kept frame, for the crossfade.
  private var continuation: Planes = []
  private var fadesIn = false
  private var shot = 0
  private var before: Planes?
  /// How the audio changes at each join passed so far.
  private(set) var steps: [AudioStep] = []

  init(_ plan: StitchPlan, format: MasterAudioFormat, crossfade seconds: Double) {
    self.plan = plan
    self.format = format
    crossfade = Int((seconds * Double(format.sampleRate)).rounded())
  }

  /// The next shot's samples; nil after the last shot.
  mutating func next() throws -> Planes? {
    guard shot < plan.shots.count else { return nil }
    let current = plan.shots[shot]
    let start = plan.shotStarts[shot]
    let length =
      format.sample(atFrame: start + current.frameCount, rate: plan.rate)
      - format.sample(atFrame: start, rate: plan.rate)
    let fade = fade(atEndOf: shot, length: length)
    let audio = try ShotAudio(current.clip, from: current.kept.lowerBound, length: length + fade, format: format)
    var planes = audio.planes.map { Array($0[..<length]) }
    let isLast = shot == plan.shots.count - 1
    let isDissolve = !isLast && plan.joins[shot].fadeFrames > 0
    let goesOn = isDissolve || audio.soundingEnd >= length + fade
    if !continuation.isEmpty {
      Self.cross(&planes, with: continuation)
    } else if fadesIn {
      Self.fade(&planes, samples: min(crossfade, length / 2) / 2, isOpening: true)
    }
    continuation = []
    fadesIn = false
    if !isLast, fade > 0 {
      if goesOn {
        continuation = audio.planes.map { Array($0[length...]) }
      } else {
        // Nothing to fade over with: the end goes down and the next shot comes up, so that neither clicks.
        Self.fade(&planes, samples: fade / 2, isOpening: false)
        fadesIn = true
      }
    }
    if let before { steps.append(AudioStep(from: before, to: planes, sampleRate: format.sampleRate)) }
    before = AudioStep.tail(of: planes, sampleRate: format.sampleRate)
    shot += 1
    return planes
  }

  /// Samples that a shot's audio goes on under the next one: as long as the frames of both are seen.
  private func fade(atEndOf shot: Int, length: Int) -> Int {
    guard shot < plan.joins.count, plan.joins[shot].fadeFrames > 0 else { return min(crossfade, length / 2) }
    let join = plan.joins[shot]
    return format.sample(atFrame: join.frame + join.fadeFrames, rate: plan.rate)
      - format.sample(atFrame: join.frame, rate: plan.rate)
  }

  /// Equal power: the squares of both gains add up to 1 throughout.
  private static func cross(_ planes: inout Planes, with before: Planes) {
    for channel in planes.indices {
      let count = min(before[channel].count, planes[channel].count)
      for index in 0..<count {
        let angle = (Float(index) + 0.5) / Float(count) * .pi / 2
        planes[channel][index] = planes[channel][index] * sin(angle) + before[channel][index] * cos(angle)
      }
    }
  }

  private static func fade(_ planes: inout Planes, samples: Int, isOpening: Bool) {
    for channel in planes.indices {
      let count = min(samples, planes[channel].count)
      for index in 0..<count {
        let gain = sin((Float(index) + 0.5) / Float(count) * .pi / 2)
        let position = isOpening ? index : planes[channel].count - 1 - index
        planes[channel][position] *= gain
      }
    }
  }
}
