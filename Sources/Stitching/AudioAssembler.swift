import Foundation
import Libav
import Timing

/// Gives the master's sound as encoded packets: every shot's sound cut or padded to its pictures, joined with crossfades,
/// encoded once.
struct AudioAssembler: ~Copyable {
  private let plan: StitchPlan
  let format: SoundFormat
  private let encoder: Encoder
  private let crossfade: Int
  /// Samples that wait to be encoded, a plane for each channel.
  private var queue: [[Float]]
  /// Samples of the queue that are encoded already.
  private var queueStart = 0
  /// What the shot before goes on with after its last kept picture, for the crossfade.
  private var continuation: [[Float]] = []
  private var fadesIn = false
  private var shot = 0
  private var samplesSent: Int64 = 0
  private var isDraining = false
  /// dB by which the sound's level changes at each join: RMS of a tenth of a second after against before.
  private(set) var levelSteps: [Double?] = []
  private var lastLevel: Double?

  /// Seconds on either side of a join that its level step is measured over.
  private static let levelWindow = 0.1
  private static let samplesPerPacket = 1024

  /// Nil when no shot has sound.
  static func make(_ plan: StitchPlan, options: StitchOptions) throws -> AudioAssembler? {
    guard let format = SoundFormat(plan.shots.map(\.clip)) else { return nil }
    return try AudioAssembler(plan, format: format, options: options)
  }

  private init(_ plan: StitchPlan, format: SoundFormat, options: StitchOptions) throws {
    let encoder = try Encoder(
      AudioEncoding(encoder: "aac", format: format.audioFormat, bitRate: options.audioBitRate))
    self.plan = plan
    self.format = format
    crossfade = Int((options.audioCrossfade * Double(format.sampleRate)).rounded())
    queue = [[Float]](repeating: [], count: format.channels)
    self.encoder = encoder
  }

  var timeBase: TimeBase { encoder.timeBase }
  func parameters() throws -> CodecParameters { try encoder.parameters() }
  /// Samples of the whole master.
  var totalSamples: Int { format.sample(atFrame: plan.frameCount, rate: plan.rate) }

  /// - Returns: false after the last packet.
  mutating func next(into packet: borrowing Packet) throws -> Bool {
    while true {
      packet.clear()
      if try encoder.receive(into: packet) { return true }
      if isDraining { return false }
      let waiting = queue[0].count - queueStart
      if waiting < Self.samplesPerPacket, shot < plan.shots.count {
        try appendShot()
      } else if waiting == 0 {
        isDraining = true
        try encoder.sendEnd()
      } else {
        try sendSamples()
      }
    }
  }

  private mutating func sendSamples() throws {
    let count = min(Self.samplesPerPacket, queue[0].count - queueStart)
    let frame = try Frame(audio: format.audioFormat, sampleCount: count)
    for channel in queue.indices {
      frame.withMutableSamples(channel) { samples in
        for index in 0..<count { samples[index] = queue[channel][queueStart + index] }
      }
    }
    queueStart += count
    frame.pts = samplesSent
    samplesSent += Int64(count)
    try encoder.send(frame)
  }

  private mutating func appendShot() throws {
    let current = plan.shots[shot]
    let start = plan.shotStarts[shot]
    let length =
      format.sample(atFrame: start + current.frameCount, rate: plan.rate)
      - format.sample(atFrame: start, rate: plan.rate)
    let fade = fade(atEndOf: shot, length: length)
    let isLast = shot == plan.shots.count - 1
    let sound = try ClipSound(current.clip, from: current.kept.lowerBound, length: length + fade, format: format)
    var planes = sound.planes.map { Array($0[..<length]) }
    let isDissolve = !isLast && plan.joins[shot].fadeFrames > 0
    let goesOn = isDissolve || sound.soundingEnd >= length + fade
    if !continuation.isEmpty {
      Self.cross(&planes, with: continuation)
    } else if fadesIn {
      Self.fade(&planes, samples: min(crossfade, length / 2) / 2, isOpening: true)
    }
    continuation = []
    fadesIn = false
    if !isLast, fade > 0 {
      if goesOn {
        continuation = sound.planes.map { Array($0[length...]) }
      } else {
        // Nothing to fade over with: the end goes down and the next shot comes up, so that neither clicks.
        Self.fade(&planes, samples: fade / 2, isOpening: false)
        fadesIn = true
      }
    }
    measure(planes)
    for channel in queue.indices { queue[channel] = queue[channel][queueStart...] + planes[channel] }
    queueStart = 0
    shot += 1
  }

  /// Samples that a shot's sound goes on under the next one: as long as the pictures of both are seen.
  private func fade(atEndOf shot: Int, length: Int) -> Int {
    guard shot < plan.joins.count, plan.joins[shot].fadeFrames > 0 else { return min(crossfade, length / 2) }
    let join = plan.joins[shot]
    return format.sample(atFrame: join.frame + join.fadeFrames, rate: plan.rate)
      - format.sample(atFrame: join.frame, rate: plan.rate)
  }

  private mutating func measure(_ planes: [[Float]]) {
    let window = Int(Self.levelWindow * Double(format.sampleRate))
    let opening = Self.level(planes.map { $0.prefix(window) })
    if shot > 0 {
      levelSteps.append(
        lastLevel.flatMap { last in opening.map { 10 * log10($0 / last) } })
    }
    lastLevel = Self.level(planes.map { $0.suffix(window) })
  }

  /// Mean square; nil for silence.
  private static func level(_ planes: [ArraySlice<Float>]) -> Double? {
    let sum = planes.reduce(0.0) { $0 + $1.reduce(0.0) { $0 + Double($1) * Double($1) } }
    let count = planes.reduce(0) { $0 + $1.count }
    return count > 0 && sum > 0 ? sum / Double(count) : nil
  }

  /// Equal power: the squares of both gains add up to 1 throughout.
  private static func cross(_ planes: inout [[Float]], with before: [[Float]]) {
    for channel in planes.indices {
      let count = min(before[channel].count, planes[channel].count)
      for index in 0..<count {
        let angle = (Float(index) + 0.5) / Float(count) * .pi / 2
        planes[channel][index] = planes[channel][index] * sin(angle) + before[channel][index] * cos(angle)
      }
    }
  }

  private static func fade(_ planes: inout [[Float]], samples: Int, isOpening: Bool) {
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
