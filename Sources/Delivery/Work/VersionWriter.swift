import Captions
import Libav
import Presets
import Probing
import Stitching
import Timing

/// Joins the chunks and the audio of a version into its file.
struct VersionWriter {
  let plan: DeliveryPlan
  let chunks: [Range<Int>]
  let written: [ChunkEncoder.Written]
  let folder: WorkFolder
  /// The file of the audio; nil for none.
  let audio: String?
  let metadata: MasterMetadata
  let language: String?
  /// In the version's time.
  let captions: [CaptionTrack]

  func write(to path: String, check: () throws -> Void) throws {
    let container = plan.recipe.container.rawValue
    let names = chunks.indices.map { folder.file(ChunkWorkers.name($0, container: container)) }
    var muxer = try Muxer(path: path, format: container, metadata: metadata.entries)
    let base = plan.rate.mediaTimeBase
    let tick = base.ticks(plan.rate.frameDuration) ?? 1
    let video = try muxer.addStream(
      try parameters(names[0]), timeBase: base, frameRate: plan.rate,
      sideData: plan.master.isHDR ? plan.master.video.stream.carriedSideData.filter { !$0.isDolbyVision } : [])
    let source = try audio.map { try AudioPackets($0) }
    let track = try source.map {
      try muxer.addStream(
        try $0.parameters(), timeBase: $0.timeBase, metadata: language.map { ["language": $0] } ?? [:])
    }
    var texts: [(packets: CaptionPackets, stream: Int)] = []
    for captions in captions {
      let packets = CaptionPackets(captions, duration: plan.duration)
      texts.append((packets, try packets.addStream(to: &muxer)))
    }
    func writeTexts(until time: Rational?) throws {
      for index in texts.indices {
        try texts[index].packets.write(until: time, into: muxer, stream: texts[index].stream)
      }
    }
    var flags = "+write_colr" + metadata.flags
    if plan.recipe.container == .mp4 { flags += "+faststart" }
    try muxer.writeHeader(
      options: ["movflags": flags, "video_track_timescale": "\(base.rational.denominator)"])
    let delay = written.map(\.delay).max() ?? 0
    let packet = try Packet()
    var number = 0
    for (name, range) in zip(names, chunks) {
      let demuxer = try Demuxer(path: name, ignoringEdits: true, purpose: .copying)
      guard let stream = demuxer.streams.first(where: { $0.kind == .video }) else { throw inconsistent(name) }
      var origin: Int64?
      var taken = 0
      while try demuxer.read(into: packet) {
        try check()
        guard packet.streamIndex == stream.index else { continue }
        // A chunk begins with its first frame, and its edit list, which is left out, is the only shift.
        let start = origin ?? packet.pts ?? 0
        origin = start
        let position = stream.timeBase.seconds((packet.pts ?? 0) - start) * plan.rate.rational
        guard position.denominator == 1, (0..<Int64(range.count)).contains(position.numerator) else {
          throw inconsistent(name)
        }
        packet.pts = (Int64(range.lowerBound) + position.numerator) * tick
        packet.dts = Int64(number - delay) * tick
        packet.duration = tick
        let time = plan.rate.duration(frames: number)
        try source?.write(until: time, into: muxer, track: track ?? 0)
        try writeTexts(until: time)
        try muxer.write(packet, stream: video, timeBase: base)
        number += 1
        taken += 1
      }
      guard taken == range.count else { throw inconsistent(name) }
    }
    try source?.write(until: nil, into: muxer, track: track ?? 0)
    try writeTexts(until: nil)
    try muxer.finish()
    guard plan.recipe.container == .mov else { return }
    var languages = [Int: String]()
    if let track, let language { languages[track] = language }
    for (text, captions) in zip(texts, captions) { languages[text.stream] = captions.language }
    try TrackLanguages.write(languages, to: path)
  }

  private func parameters(_ chunk: String) throws -> CodecParameters {
    let demuxer = try Demuxer(path: chunk)
    guard let stream = demuxer.streams.first(where: { $0.kind == .video }) else { throw inconsistent(chunk) }
    let parameters = try demuxer.parameters(ofStream: stream.index)
    parameters.color = plan.color
    parameters.sampleAspectRatio = .one
    return parameters
  }

  private func inconsistent(_ path: String) -> DeliveryError {
    DeliveryError(.inconsistent, "a part that was encoded is not whole; remove it and run again", file: path)
  }
}

/// The packets of an encoded audio file, written beside the video.
private final class AudioPackets {
  private let demuxer: Demuxer
  private let stream: StreamInfo
  private let packet: Packet
  private var hasPacket: Bool

  init(_ path: String) throws {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio else {
      throw DeliveryError(.inconsistent, "the encoded audio cannot be read back", file: path)
    }
    let packet = try Packet()
    hasPacket = try demuxer.read(into: packet)
    self.packet = packet
    self.stream = stream
    self.demuxer = demuxer
  }

  var timeBase: TimeBase { stream.timeBase }
  func parameters() throws -> CodecParameters { try demuxer.parameters(ofStream: stream.index) }

  /// Writes the packets before a time; all for nil.
  func write(until time: Rational?, into muxer: borrowing Muxer, track: Int) throws {
    while hasPacket {
      if let time, stream.timeBase.seconds(packet.dts ?? 0) >= time { return }
      try muxer.write(packet, stream: track, timeBase: stream.timeBase)
      hasPacket = try demuxer.read(into: packet)
    }
  }
}
