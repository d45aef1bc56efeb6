import Color
import Files
import Foundation
import Libav
import Probing
import Stills
import Timing

/// Encodes a small copy of a master that every browser plays: H.264 and AAC, closed GOPs of at most a second, the index at
/// the start. Every frame of the master is one frame of it, so that frames keep their numbers.
struct ProxyEncoder {
  struct Settings {
    /// Pixels of the shorter side at most.
    var shorterSide = 1080
    /// Bytes at most; nil for no limit.
    var maximumBytes: Int64?
  }

  private static let quality = "21"
  private static let audioBitRate: Int64 = 128_000
  /// Bits per second below which video is not worth watching.
  private static let leastBitRate: Int64 = 150_000
  /// Part of a size limit that the container and rate control may need.
  private static let margin = 0.93
  private static let variableTick = TimeBase.microseconds
  /// Frames between two reports of progress.
  private static let reportStep = 24

  private let timeline: MasterTimeline
  private let settings: Settings
  let width: Int
  let height: Int

  init(_ timeline: MasterTimeline, size: (width: Int, height: Int), settings: Settings) {
    self.timeline = timeline
    self.settings = settings
    let shorter = max(1, min(size.width, size.height))
    let side = min(settings.shorterSide, shorter)
    width = max(2, size.width * side / shorter / 2 * 2)
    height = max(2, size.height * side / shorter / 2 * 2)
  }

  /// - Throws: ``ReviewError`` `tooLarge` when the limit leaves too little for each second.
  func write(to path: String, progress: (ReviewEvent) -> Void) throws {
    guard let rate = timeline.rate ?? FrameRate(25), let frameTick = TimeBase(rate.frameDuration) else { return }
    // A variable rate keeps its times.
    let tick = timeline.timing.isConstant ? frameTick : Self.variableTick
    let video = try Encoder(try videoEncoding(rate: rate, tick: tick))
    var muxer = try Muxer(path: path, format: "mp4")
    let stream = try muxer.addStream(
      try video.parameters(), timeBase: timeline.timing.isConstant ? rate.mediaTimeBase : tick, frameRate: rate)
    var audio = try timeline.index.audio.map { try ProxyAudio($0.stream, muxer: &muxer, bitRate: Self.audioBitRate) }
    try muxer.writeHeader(options: ["movflags": "+faststart"])
    try audio?.encode(timeline)
    let source = timeline.video.stream
    var walker = try FrameWalker(
      path: timeline.path, video: timeline.video, wanted: Array(0..<timeline.frameCount), onDamage: .accept)
    let maker = SmallFrameMaker(of: source, width: width)
    let scaler = FrameScaler()
    let packet = try Packet()
    let frame = try Frame()
    var last: Frame?
    var written = 0
    while let position = try walker.next(into: frame) {
      try Task.checkCancellation()
      let image = try self.image(frame, of: source, maker: maker, scaler: scaler)
      // Frames that cannot be decoded are shown as the next one, so that all keep their numbers.
      while written <= position {
        try send(image, at: written, video, packet, into: muxer, stream: stream)
        written += 1
      }
      try audio?.write(until: rate.duration(frames: written).doubleValue, into: muxer)
      last = try image.share()
      if written % Self.reportStep == 0 { progress(.encodingProxy(frames: written, of: timeline.frameCount)) }
    }
    if let last {
      while written < timeline.frameCount {
        try send(last, at: written, video, packet, into: muxer, stream: stream)
        written += 1
      }
    }
    try video.sendEnd()
    try drain(video, packet, into: muxer, stream: stream)
    try audio?.write(until: .infinity, into: muxer)
    try muxer.finish()
    progress(.encodingProxy(frames: timeline.frameCount, of: timeline.frameCount))
  }

  private func send(
    _ image: borrowing Frame, at position: Int, _ video: borrowing Encoder, _ packet: borrowing Packet,
    into muxer: borrowing Muxer, stream: Int
  ) throws {
    let timed = try image.share()
    timed.pts =
      timeline.timing.isConstant
      ? Int64(position) : Int64((timeline.seconds(position) / Self.variableTick.rational.doubleValue).rounded())
    timed.requestKey(false)
    try video.send(timed)
    try drain(video, packet, into: muxer, stream: stream)
  }

  private func drain(
    _ encoder: borrowing Encoder, _ packet: borrowing Packet, into muxer: borrowing Muxer, stream: Int
  ) throws {
    while try encoder.receive(into: packet) {
      packet.duration = timeline.timing.isConstant ? 1 : 0
      try muxer.write(packet, stream: stream, timeBase: encoder.timeBase)
    }
  }

  /// 8-bit 4:2:0 of BT.709 in display orientation; HDR is tone mapped.
  private func image(
    _ frame: borrowing Frame, of stream: StreamInfo, maker: SmallFrameMaker, scaler: FrameScaler
  ) throws -> Frame {
    let tags = stream.color?.tags ?? .bt709
    let isPlain =
      !tags.isHDR && !frame.pixelFormat.isRGB && stream.video?.rotation == 0 && stream.video?.isMirrored == false
    if isPlain {
      let image = try scaler.scale(
        frame, color: tags, to: (width, height, .yuv420p), targetColor: .bt709, quality: .area)
      image.color = .bt709
      return image
    }
    let small = try maker.shrink(frame)
    let image = try scaler.scale(
      try Self.frame(small), color: .fullRGB, to: (width, height, .yuv420p), targetColor: .bt709, quality: .bicubic)
    image.color = .bt709
    return image
  }

  private static func frame(_ image: SmallFrame) throws(LibavError) -> Frame {
    try RGBImage(width: image.width, height: image.height, bytes: image.rgb).frame()
  }

  private func videoEncoding(rate: FrameRate, tick: TimeBase) throws -> VideoEncoding {
    var encoding = VideoEncoding(
      encoder: "libx264", width: width, height: height, pixelFormat: .yuv420p, timeBase: tick, frameRate: rate)
    encoding.color = .bt709
    encoding.gopLength = max(1, Int(rate.rational.floor ?? 24))
    encoding.bFrames = 2
    encoding.options = ["preset": "veryfast", "crf": Self.quality, "profile": "high", "x264-params": "open-gop=0"]
    if let limit = settings.maximumBytes {
      let seconds = max(0.1, timeline.duration.doubleValue)
      let audio = timeline.index.audio == nil ? 0 : Self.audioBitRate
      let bits = Int64(Self.margin * Double(limit) * 8 / seconds) - audio
      guard bits >= Self.leastBitRate else {
        throw ReviewError(
          .tooLarge, "\(Int(seconds)) s of video do not fit into the page's size limit; raise --max-size",
          file: timeline.path)
      }
      // The buffer is filled once at the start, so the whole stays below the limit.
      let rate = max(Self.leastBitRate, Int64(Double(bits) * seconds / (seconds + 1)))
      encoding.options["x264-params"] = "open-gop=0:vbv-maxrate=\(rate / 1000):vbv-bufsize=\(rate / 1000)"
    }
    return encoding
  }
}

/// The audio of a proxy: encoded first, written beside the frames.
private struct ProxyAudio: ~Copyable {
  private struct Item {
    let bytes: [UInt8]
    let pts: Int64
    let duration: Int64
  }

  private let encoder: Encoder
  private let source: StreamInfo
  private let stream: Int
  private let format: AudioFormat
  private var items: [Item] = []
  private var written = 0

  init(_ source: StreamInfo, muxer: inout Muxer, bitRate: Int64) throws {
    let own = source.audio?.sampleRate ?? 48_000
    let format = AudioFormat(sampleRate: [44_100, 48_000].contains(own) ? own : 48_000, layout: .stereo)
    let encoder = try Encoder(AudioEncoding(encoder: "aac", format: format, bitRate: bitRate))
    let parameters = try encoder.parameters()
    stream = try muxer.addStream(parameters, timeBase: encoder.timeBase)
    self.encoder = encoder
    self.format = format
    self.source = source
  }

  /// Encodes the master's audio from the first frame on.
  mutating func encode(_ timeline: MasterTimeline) throws {
    var waiting: [[Float]] = [[], []]
    var sent: Int64 = 0
    var isFirst = true
    let origin = timeline.video.start ?? .zero
    let size = max(1, encoder.frameSize)
    let packet = try Packet()
    var items: [Item] = []
    func drain() throws {
      while try encoder.receive(into: packet) {
        items.append(Item(bytes: packet.bytes, pts: packet.pts ?? 0, duration: packet.duration))
      }
    }
    func send(_ count: Int) throws {
      let frame = try Frame(audio: format, sampleCount: count)
      for channel in waiting.indices {
        frame.withMutableSamples(channel) { target in
          for index in 0..<count { target[index] = waiting[channel][index] }
        }
        waiting[channel].removeFirst(count)
      }
      frame.pts = sent
      sent += Int64(count)
      try encoder.send(frame)
      try drain()
    }
    // The survey has reported what cannot be decoded.
    _ = try AudioDecoding.run(path: timeline.path, stream: source, target: format) { frame in
      if isFirst, let pts = frame.pts {
        let offset = ((source.timeBase.seconds(pts) - origin) * Int64(format.sampleRate)).rounded ?? 0
        if offset > 0, offset < Int64(format.sampleRate) * Self.longestSilence {
          for channel in waiting.indices { waiting[channel] += [Float](repeating: 0, count: Int(offset)) }
        }
      }
      isFirst = false
      for channel in waiting.indices {
        frame.withSamples(min(channel, frame.channelCount - 1)) { samples in
          for index in samples.indices { waiting[channel].append(samples[index]) }
        }
      }
      while waiting[0].count >= size { try send(size) }
    }
    if !waiting[0].isEmpty { try send(waiting[0].count) }
    try encoder.sendEnd()
    try drain()
    self.items = items
  }

  /// Seconds of silence before the audio that are encoded at most.
  private static let longestSilence: Int64 = 60

  /// Writes the packets that start before a time in seconds.
  mutating func write(until seconds: Double, into muxer: borrowing Muxer) throws {
    while written < items.count {
      let item = items[written]
      guard encoder.timeBase.seconds(item.pts).doubleValue < seconds else { return }
      let packet = try Packet(bytes: item.bytes)
      packet.pts = item.pts
      packet.dts = item.pts
      packet.duration = item.duration
      packet.isKey = true
      try muxer.write(packet, stream: stream, timeBase: encoder.timeBase)
      written += 1
    }
  }
}
