import Libav
import Timing

/// Samples, one plane per channel.
typealias Planes = [[Float]]

/// The shots' own audio in sequence, each cut or padded to its frames and crossfaded into the next.
struct JoinedAudio {
  private let plan: StitchPlan
  private let format: MasterAudioFormat
  private let crossfade: Int
  /// The audio of the shot before after its last kept frame, for the crossfade.
  private var continuation: Planes = []
  private var fadesIn = false
  private var shot = 0
  private var previous: Planes?
  /// Audio steps at the joins passed so far.
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
    let continues = isDissolve || audio.sourceEnd >= length + fade
    if !continuation.isEmpty {
      Self.cross(&planes, with: continuation)
    } else if fadesIn {
      Self.fade(&planes, samples: min(crossfade, length / 2) / 2, isOpening: true)
    }
    continuation = []
    fadesIn = false
    if !isLast, fade > 0 {
      if continues {
        continuation = audio.planes.map { Array($0[length...]) }
      } else {
        // Too short for a crossfade: fade the end out and the next shot in, so that neither clicks.
        Self.fade(&planes, samples: fade / 2, isOpening: false)
        fadesIn = true
      }
    }
    if let previous { steps.append(AudioStep(from: previous, to: planes, sampleRate: format.sampleRate)) }
    previous = AudioStep.tail(of: planes, sampleRate: format.sampleRate)
    shot += 1
    return planes
  }

  /// Samples of crossfade after a shot's kept frames; in a dissolve, as long as both shots are visible.
  private func fade(atEndOf shot: Int, length: Int) -> Int {
    guard shot < plan.joins.count, plan.joins[shot].fadeFrames > 0 else { return min(crossfade, length / 2) }
    let join = plan.joins[shot]
    return format.sample(atFrame: join.frame + join.fadeFrames, rate: plan.rate)
      - format.sample(atFrame: join.frame, rate: plan.rate)
  }

  /// Equal-power crossfade: the squares of both gains add up to 1.
  private static func cross(_ planes: inout Planes, with previous: Planes) {
    for channel in planes.indices {
      let count = min(previous[channel].count, planes[channel].count)
      for index in 0..<count {
        planes[channel][index] =
          planes[channel][index] * Fade.rising(index, over: count)
          + previous[channel][index] * Fade.falling(index, over: count)
      }
    }
  }

  private static func fade(_ planes: inout Planes, samples: Int, isOpening: Bool) {
    for channel in planes.indices {
      let count = min(samples, planes[channel].count)
      for index in 0..<count {
        let position = isOpening ? index : planes[channel].count - 1 - index
        planes[channel][position] *= Fade.rising(index, over: count)
      }
    }
  }
}
