import Bitstream
import Libav
import Probing
import Timing

/// Produces the master's video packets in decoding order, with the master's timestamps.
///
/// A class for the reason that ``FrameReader`` is one.
final class VideoPacketSource {
  /// One segment of one shot.
  private struct Step {
    let shot: Int
    let segment: ShotPlan.Segment
    /// The position in the master of the shot's first kept frame.
    let base: Int
  }

  private let plan: StitchPlan
  private let steps: [Step]
  private let isHEVC: Bool
  let timeBase: TimeBase
  private let ticksPerFrame: Int64
  private var step = 0
  private var copier: SegmentCopier?
  private var encoder: SegmentEncoder?
  private var rewriter: PacketRewriter?
  /// Frames delivered so far.
  private(set) var frameCount = 0

  init(_ plan: StitchPlan) {
    self.plan = plan
    isHEVC = plan.shots[0].clip.codec == "hevc"
    steps = zip(plan.shots, plan.shotStarts).enumerated().flatMap { number, pair in
      pair.0.segments.map { Step(shot: number, segment: $0, base: pair.1) }
    }
    timeBase = plan.rate.mediaTimeBase
    ticksPerFrame = timeBase.ticks(plan.rate.frameDuration) ?? 1
  }

  /// - Returns: false after the last packet.
  func next(into packet: borrowing Packet) throws -> Bool {
    while step < steps.count {
      if try nextOfSegment(into: packet) { return true }
      step += 1
      copier = nil
      encoder = nil
    }
    return false
  }

  private func nextOfSegment(into packet: borrowing Packet) throws -> Bool {
    let current = steps[step]
    let shot = plan.shots[current.shot]
    if copier == nil, encoder == nil { try open(current, shot) }
    let position: Int?
    if copier != nil {
      position = try copier?.next(into: packet).flatMap { shot.clip.displayPositions[$0] }
    } else {
      position = try encoder?.next(into: packet)
    }
    guard let position else { return false }
    try rewrite(packet)
    packet.pts = Int64(current.base + position - shot.kept.lowerBound) * ticksPerFrame
    packet.dts = Int64(frameCount - plan.reorderDepth) * ticksPerFrame
    packet.duration = ticksPerFrame
    frameCount += 1
    return true
  }

  private func rewrite(_ packet: borrowing Packet) throws {
    do {
      try rewriter?.rewrite(packet)
    } catch is StitchError where plan.parameterSetStorage.keepsRecord {
      // Sets other than the record's: the packet decodes only with them, as in the source.
    }
  }

  private func open(_ current: Step, _ shot: ShotPlan) throws {
    switch current.segment {
    case .copy(let packets, _):
      copier = try SegmentCopier(shot.clip, packets: packets)
      guard ShotPlan.spliceable.contains(shot.clip.codec) else { return }
      let extradata = shot.clip.extradata
      rewriter = plan.parameterSetStorage.rewriter(
        for: ParameterSets(extradata: extradata, isHEVC: isHEVC),
        lengthSize: DecoderConfigurationRecord.lengthSize(extradata: extradata, isHEVC: isHEVC), path: shot.clip.path)
    case .encode(let frames):
      guard let encoding = shot.copiedFrames > 0 ? plan.spliceEncoding : plan.wholeShotEncoding else {
        throw StitchError(.needsEncoding, "no encoder was planned for its frames", file: shot.clip.path)
      }
      encoder = try SegmentEncoder(plan.shots, shot: current.shot, frames: frames, encoding: encoding)
      if let sets = try encoder?.parameterSets(isHEVC: isHEVC) {
        rewriter = plan.parameterSetStorage.rewriter(for: sets, lengthSize: 0, path: shot.clip.path)
      }
    }
  }
}
