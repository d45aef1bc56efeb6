import Libav
import Probing
import Timing

/// One pass over a file: every packet is read once, and goes to the index and, where something needs it, to a decoder;
/// what is decoded goes by the watchers. Memory holds a few frames and some bytes for each packet, however long the
/// film is.
struct MediaPass: Sendable {
  let probe: ProbeReport
  /// Nil when nothing was decoded, or keyframes only.
  private(set) var tally: DecodeTally?
  /// Whether every frame was decoded.
  private(set) var hasDecodedFrames = false
  /// Nil when nobody asked for it, or there is none.
  private(set) var frames: FrameSeries?
  private(set) var audio: AudioReading?
  private(set) var textures: TextureReading?
  /// Whether keyframes were looked at for their native resolution.
  private(set) var hasLookedForNative = false
  /// Nil when nobody asked for it, or no keyframe could be looked at.
  private(set) var native: NativeReading?
  private(set) var anchors: AnchorReading?

  /// Frames between two reports of progress, and two looks at whether the task is cancelled.
  private static let progressInterval = 8

  /// Headers and packets of a file, and of its frames and audio what `work` needs.
  /// - Parameter onlyKeyPictures: frames that need others are not decoded.
  /// - Throws: ``LibavError`` when the file cannot be opened, `CancellationError`.
  init(
    path: String, work: Work, onlyKeyframes: Bool, expectation: Expectation,
    progress: ((VerificationProgress) -> Void)?
  ) throws {
    let demuxer = try Demuxer(path: path)
    var builder = try MediaIndexBuilder(demuxer, askingDecoders: true)
    guard work.needsFrames || work.needsAudio else {
      probe = ProbeReport(try Self.readPackets(demuxer, into: builder), path: path)
      return
    }
    var tally = DecodeTally()
    let streams = Self.chosenStreams(builder, work: work, tally: &tally)
    var reader = try StreamReader(demuxer, streams: streams, readsAll: true)
    if onlyKeyframes, let index = builder.mainVideo { reader.setSkip(.nonKey, stream: index) }
    let video = builder.mainVideo.map { builder.streams[$0] }
    let duration = builder.container.durationFromHeader
    var videoAnalyser = work.contains(.sketches) ? video.map { VideoAnalyser(timeBase: $0.timeBase, color: $0.tags) } : nil
    var anchorAnalyser = work.contains(.anchors) ? AnchorAnalyser(expectation) : nil
    let fullFrames = FullFrameAnalysis(video, work: work, duration: duration)
    defer { fullFrames.abandon() }
    let audioStream = builder.mainAudio.map { builder.streams[$0] }
    var audioAnalyser = work.needsAudio ? audioStream.map { AudioAnalyser($0, work: work) } : nil
    let frame = try Frame()
    var position = Rational.zero
    var count = 0
    while let index = try reader.next(into: frame, seeing: { builder.add($0) }) {
      let info = builder.streams[index]
      if let time = frame.pts.map({ info.timeBase.seconds($0) }), time.isDefined {
        tally.noteTrouble(in: reader, from: position, to: max(position, time))
        if index == builder.mainVideo || builder.mainVideo == nil { position = max(position, time) }
      }
      if info.kind == .video {
        let time = frame.pts ?? videoAnalyser?.series.end ?? 0
        videoAnalyser?.look(at: frame, time: time, duration: frame.duration)
        anchorAnalyser?.look(at: frame)
        try fullFrames.look(at: frame, info: info, packets: builder)
        tally.look(at: frame, info: info)
      } else {
        try audioAnalyser?.listen(to: frame)
      }
      count += 1
      if count % Self.progressInterval == 0 {
        try Task.checkCancellation()
        progress?(VerificationProgress(frames: tally.frames, fraction: Self.fraction(position, of: duration)))
      }
    }
    tally.noteTrouble(in: reader, from: position, to: nil)
    tally.finish(reader)
    self.tally = onlyKeyframes ? nil : tally
    hasDecodedFrames = work.needsFrames && !onlyKeyframes
    frames = onlyKeyframes ? nil : videoAnalyser?.finish()
    audio = audioAnalyser?.finish()
    anchors = anchorAnalyser?.finish()
    (textures, native) = fullFrames.finish()
    hasLookedForNative = work.contains(.native)
    let messages = reader.demuxer.log.messages
    probe = ProbeReport(builder.finish(readError: reader.readError, messages: messages), path: path)
    progress?(VerificationProgress(frames: tally.frames, fraction: 1))
  }

  private static func readPackets(
    _ demuxer: borrowing Demuxer, into builder: MediaIndexBuilder
  ) throws(LibavError) -> MediaIndex {
    var builder = builder
    let packet = try Packet()
    var failure: String?
    do {
      while try demuxer.read(into: packet) { builder.add(packet) }
    } catch {
      failure = error.description
    }
    return builder.finish(readError: failure, messages: demuxer.log.messages)
  }

  /// The main frame and the main audio, as far as they are needed and can be decoded.
  private static func chosenStreams(_ builder: MediaIndexBuilder, work: Work, tally: inout DecodeTally) -> [Int] {
    for stream in builder.streams
    where stream.codecName == "unknown" && (stream.kind == .audio || stream.kind == .video) {
      tally.noteFault("stream \(stream.index): the file does not say how this \(stream.kind.rawValue) is coded")
    }
    let wanted = [work.needsFrames ? builder.mainVideo : nil, work.needsAudio ? builder.mainAudio : nil]
    return wanted.compactMap(\.self).filter { index in
      if builder.decoders[index] != nil { return true }
      tally.noteFault("stream \(index): libav has no decoder that takes this \(builder.streams[index].codecName)")
      return false
    }
  }

  private static func fraction(_ position: Rational, of duration: Rational?) -> Double? {
    guard let duration, duration.isPositive else { return nil }
    return min(1, max(0, (position / duration).doubleValue))
  }
}

extension StreamInfo {
  /// What is understood of its colours.
  var tags: ColorTags { color?.tags ?? ColorTags() }
}
