import Bitstream
import Libav
import Probing
import Timing

/// Gives the master's video packets one by one, in decoding order, on the master's own time.
struct VideoAssembler: ~Copyable {
  private struct Step {
    let shot: Int
    let segment: ShotPlan.Segment
    /// The master's number of the shot's first kept frame.
    let base: Int
  }

  private let plan: StitchPlan
  private let steps: [Step]
  private let isHEVC: Bool
  let timeBase: TimeBase
  private let ticksPerFrame: Int64
  private var step = 0
  private var copy: CopySource?
  private var encode: EncodeSource?
  private var packetCount: Int64 = 0
  private var rewriter: PacketRewriter?

  init(_ plan: StitchPlan) {
    self.plan = plan
    isHEVC = plan.shots[0].clip.codec == "hevc"
    steps = zip(plan.shots, plan.shotStarts).enumerated().flatMap { number, pair in
      pair.0.segments.map { Step(shot: number, segment: $0, base: pair.1) }
    }
    timeBase = plan.rate.mediaTimeBase
    ticksPerFrame = timeBase.ticks(plan.rate.frameDuration) ?? 1
  }

  /// Frames given so far.
  var framesGiven: Int { Int(packetCount) }

  /// - Returns: false after the last packet.
  mutating func next(into packet: borrowing Packet) throws -> Bool {
    while step < steps.count {
      if try pull(into: packet) { return true }
      step += 1
      copy = nil
      encode = nil
    }
    return false
  }

  private mutating func pull(into packet: borrowing Packet) throws -> Bool {
    let current = steps[step]
    let shot = plan.shots[current.shot]
    if copy == nil, encode == nil { try open(current, shot) }
    let frame: Int?
    if copy != nil {
      frame = try copy?.next(into: packet).flatMap { shot.clip.displayPositions[$0] }
    } else {
      frame = try encode?.next(into: packet)
    }
    guard let frame else { return false }
    try rewriter?.rewrite(packet)
    packet.pts = Int64(current.base + frame - shot.kept.lowerBound) * ticksPerFrame
    packet.dts = (packetCount - Int64(plan.reorderDepth)) * ticksPerFrame
    packet.duration = ticksPerFrame
    packetCount += 1
    return true
  }

  private mutating func open(_ current: Step, _ shot: ShotPlan) throws {
    switch current.segment {
    case .copy(let packets, _):
      copy = try CopySource(shot.clip, packets: packets)
      let extradata = shot.clip.extradata
      rewriter = plan.packaging.rewriter(
        for: ParameterSets(extradata: extradata, isHEVC: isHEVC),
        lengthSize: DecoderConfigurationRecord.lengthSize(extradata: extradata, isHEVC: isHEVC), path: shot.clip.path)
    case .encode(let frames):
      guard let encoder = shot.copiedFrames > 0 ? plan.tailEncoder : plan.wholeEncoder else {
        throw StitchError(.needsEncoding, "no encoder was planned for its frames", file: shot.clip.path)
      }
      encode = try EncodeSource(plan.shots, shot: current.shot, frames: frames, encoder: encoder)
      if let sets = try encode?.parameterSets(isHEVC: isHEVC) {
        rewriter = plan.packaging.rewriter(for: sets, lengthSize: 0, path: shot.clip.path)
      }
    }
  }
}
