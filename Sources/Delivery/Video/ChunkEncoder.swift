import Libav
import Presets
import Probing
import Timing

/// Encodes a run of a version's frames into a file of its own, from a keyframe on.
struct ChunkEncoder: Sendable {
  /// What is known of a written chunk.
  struct Written: Sendable, Hashable, Codable {
    let frames: Int
    /// Frames by which decoding runs ahead of presentation.
    let delay: Int
  }

  let plan: DeliveryPlan
  let slate: SlateText
  /// Of this encoder and of the decoder before it; nil for as many as they choose.
  let threads: Int?

  /// - Parameters:
  ///   - range: frames of the version.
  ///   - frameDone: called for each frame; throws to end the work.
  func encode(_ range: Range<Int>, to path: String, frameDone: () throws -> Void) throws -> Written {
    let encoder = try Encoder(try plan.encoding(threads: threads))
    var muxer = try Muxer(path: path, format: plan.recipe.container == .mov ? "mov" : "mp4")
    let parameters = try encoder.parameters()
    if let tag = plan.video.tag { parameters.tag = tag }
    let stream = try muxer.addStream(parameters, timeBase: plan.rate.mediaTimeBase, frameRate: plan.rate)
    try muxer.writeHeader(options: ["video_track_timescale": "\(plan.rate.mediaTimeBase.rational.denominator)"])
    let packet = try Packet()
    var (written, delay) = (0, 0)
    func drain() throws {
      while try encoder.receive(into: packet) {
        delay = max(delay, written - Int(packet.pts ?? 0))
        packet.duration = 1
        written += 1
        try muxer.write(packet, stream: stream, timeBase: encoder.timeBase)
      }
    }
    var number = 0
    func send(_ image: borrowing Frame) throws {
      let timed = try image.share()
      timed.pts = Int64(number)
      timed.requestKey(number == 0)
      try encoder.send(timed)
      number += 1
      try drain()
      try frameDone()
    }
    if range.lowerBound < plan.headFrames {
      let head = try HeadFrames(plan, slate: slate)
      for position in range { try send(try head.frame(at: position)) }
    } else {
      let preparer = try FramePreparer(plan)
      let frame = try Frame()
      let wanted = range.map { $0 - plan.headFrames }
      var walker = try FrameWalker(
        path: plan.master.path, video: plan.master.video, wanted: wanted,
        threading: threads.map { .count($0) } ?? .automatic)
      while let position = try walker.next(into: frame) { try send(try preparer.prepare(frame, at: position)) }
    }
    guard number == range.count else {
      throw DeliveryError(
        .damaged, "\(number) of the \(range.count) frames from #\(range.lowerBound) on can be decoded; write it again",
        file: plan.master.path)
    }
    try encoder.sendEnd()
    try drain()
    try muxer.finish()
    guard written == range.count else {
      throw DeliveryError(
        .inconsistent, "\(plan.video.encoder) made \(written) packets of \(range.count) frames; choose another encoder")
    }
    return Written(frames: written, delay: delay)
  }
}
