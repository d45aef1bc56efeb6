import Libav
import Timing

/// The shots' own audio in sequence, each cut or padded to its frames and crossfaded into the next.
struct JoinedAudio: ~Copyable {
  /// The shot whose audio is being delivered.
  private final class Current {
    var audio: ShotAudio
    /// Samples of the shot in the master.
    let length: Int
    /// Samples after them that the crossfade into the next shot takes.
    let fade: Int
    let isDissolve: Bool
    var delivered = 0
    var opening: SampleQueue
    var tail: SampleQueue
    /// Samples that ``opening`` and ``tail`` still need.
    var openingLeft: Int

    init(_ audio: consuming ShotAudio, length: Int, fade: Int, isDissolve: Bool, channels: Int, opening: Int) {
      self.audio = audio
      self.length = length
      self.fade = fade
      self.isDissolve = isDissolve
      self.opening = SampleQueue(channels: channels)
      tail = SampleQueue(channels: channels)
      openingLeft = opening
    }

    /// Samples that do not depend on what follows the shot.
    var bodyLength: Int { isDissolve ? length : length - fade / 2 }
  }

  private let plan: StitchPlan
  private let starts: [Int]
  private let track: AudioTrack
  private let format: MasterAudioFormat
  private let crossfade: Int
  private let stepReach: Int
  private var current: Current?
  /// The audio of the shot before after its last kept frame, for the crossfade.
  private var continuation: Planes = []
  private var continuationLength = 0
  /// Samples over which the current shot fades in.
  private var fadeIn = 0
  private var fadesIn = false
  private var shot = 0
  /// The end of the shot before.
  private var previous: Planes?
  /// Audio steps at the joins passed so far.
  private(set) var steps: [AudioStep] = []

  init(_ plan: StitchPlan, track: AudioTrack, format: MasterAudioFormat, crossfade seconds: Double) {
    self.plan = plan
    starts = plan.shotStarts
    self.track = track
    self.format = format
    crossfade = Int((seconds * Double(format.sampleRate)).rounded())
    stepReach = AudioStep.reach(sampleRate: format.sampleRate)
  }

  /// The next samples, at most `count`; nil after the last shot.
  mutating func next(_ count: Int) throws -> Planes? {
    while true {
      if current == nil {
        guard shot < plan.shots.count else { return nil }
        try open()
      }
      guard let planes = try nextOfShot(count) else { continue }
      return planes
    }
  }

  private mutating func open() throws {
    let shotPlan = plan.shots[shot]
    let length =
      format.sample(atFrame: starts[shot] + shotPlan.frameCount, rate: plan.sourceRate)
      - format.sample(atFrame: starts[shot], rate: plan.sourceRate)
    let isLast = shot == plan.shots.count - 1
    let fadeLength = isLast ? 0 : fade(atEndOf: shot, length: length)
    let audio = try ShotAudio(
      shotPlan.clip, stream: track.stream(of: shotPlan.clip), from: shotPlan.kept.lowerBound,
      length: length + fadeLength, format: format)
    fadeIn = continuation.isEmpty && fadesIn ? min(crossfade, length / 2) / 2 : 0
    continuationLength = min(continuation.first?.count ?? 0, length)
    fadesIn = false
    current = Current(
      audio, length: length, fade: fadeLength, isDissolve: !isLast && plan.joins[shot].fadeFrames > 0,
      channels: format.channels, opening: previous == nil ? 0 : min(stepReach, length))
  }

  /// Samples of crossfade after a shot's kept frames; in a dissolve, as long as both shots are visible.
  private func fade(atEndOf shot: Int, length: Int) -> Int {
    guard plan.joins[shot].fadeFrames > 0 else { return min(crossfade, length / 2) }
    let join = plan.joins[shot]
    return format.sample(atFrame: join.frame + join.fadeFrames, rate: plan.sourceRate)
      - format.sample(atFrame: join.frame, rate: plan.sourceRate)
  }

  /// Nil when the shot has ended.
  private mutating func nextOfShot(_ count: Int) throws -> Planes? {
    guard let current else { return nil }
    let (length, fade, at) = (current.length, current.fade, current.delivered)
    if at < current.bodyLength {
      let size = min(count, current.bodyLength - at)
      var planes = try current.audio.next(size)
      fadeOpening(&planes, at: at)
      record(planes, of: current, at: at)
      current.delivered += size
      return planes
    }
    let rest = length - at
    var planes = try current.audio.next(rest + fade)
    let after = planes.map { Array($0[rest...]) }
    planes = planes.map { Array($0[..<rest]) }
    fadeOpening(&planes, at: at)
    continuation = []
    if fade > 0 {
      if current.isDissolve || current.audio.sourceEnd >= length + fade {
        continuation = after
      } else {
        // Too short for a crossfade: fade the end out and the next shot in, so that neither clicks.
        Self.fadeOut(&planes, samples: fade / 2)
        fadesIn = true
      }
    }
    record(planes, of: current, at: at)
    previous = current.tail.take(.max)
    self.current = nil
    shot += 1
    return rest > 0 ? planes : nil
  }

  /// Keeps what the audio steps at the shot's two joins are measured on.
  private mutating func record(_ planes: Planes, of current: Current, at position: Int) {
    if current.openingLeft > 0 {
      let count = min(current.openingLeft, planes[0].count)
      current.opening.append(planes.map { Array($0[..<count]) })
      current.openingLeft -= count
    }
    if current.openingLeft == 0, let previous {
      steps.append(AudioStep(from: previous, to: current.opening.take(.max), sampleRate: format.sampleRate))
      self.previous = nil
    }
    let skipped = max(0, current.length - stepReach - position)
    if skipped < planes[0].count { current.tail.append(planes.map { Array($0[skipped...]) }) }
  }

  /// Crossfades from the shot before, or fades in.
  private func fadeOpening(_ planes: inout Planes, at position: Int) {
    if position < continuationLength {
      // Equal power: the squares of both gains add up to 1.
      let count = min(planes[0].count, continuationLength - position)
      for channel in planes.indices {
        for index in 0..<count {
          planes[channel][index] =
            planes[channel][index] * Fade.rising(position + index, over: continuationLength)
            + continuation[channel][position + index] * Fade.falling(position + index, over: continuationLength)
        }
      }
    }
    if position < fadeIn {
      let count = min(planes[0].count, fadeIn - position)
      for channel in planes.indices {
        for index in 0..<count { planes[channel][index] *= Fade.rising(position + index, over: fadeIn) }
      }
    }
  }

  private static func fadeOut(_ planes: inout Planes, samples: Int) {
    for channel in planes.indices {
      let count = min(samples, planes[channel].count)
      for index in 0..<count { planes[channel][planes[channel].count - 1 - index] *= Fade.rising(index, over: count) }
    }
  }
}
