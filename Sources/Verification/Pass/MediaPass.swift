import Libav
import Probing
import Timing

/// One pass over a file: every packet is read once and indexed, decoded where an analysis needs it, and the decoded
/// media goes to the analysers. Memory holds a few frames and some bytes for each packet.
struct MediaPass: Sendable {
  let probe: ProbeReport
  /// Nil when nothing was decoded, or keyframes only.
  private(set) var decoding: DecodeStatistics?
  /// Whether every frame was decoded.
  private(set) var hasDecodedFrames = false
  /// Nil when not requested, or there is no video.
  private(set) var frames: FrameSeries?
  private(set) var audio: AudioReading?
  private(set) var textures: TextureReading?
  /// Whether the native resolution was to be estimated.
  private(set) var hasAnalysedNative = false
  /// Nil when not requested, or no keyframe could be decoded.
  private(set) var native: NativeReading?
  private(set) var levels: LevelsReading?
  private(set) var anchors: AnchorReading?

  /// Frames between two reports of progress and checks for cancellation.
  private static let progressInterval = 8

  /// Reads headers and packets, and decodes what `analyses` need.
  /// - Parameter onlyKeyframes: other frames are not decoded.
  /// - Throws: ``LibavError`` when the file cannot be opened, `CancellationError`.
  init(
    path: String, analyses: Analyses, onlyKeyframes: Bool, expectation: Expectation,
    progress: ((VerificationProgress) -> Void)?
  ) throws {
    let demuxer = try Demuxer(path: path)
    var builder = try MediaIndexBuilder(demuxer, openingDecoders: true)
    guard analyses.needsFrames || analyses.needsAudio else {
      probe = ProbeReport(try Self.readPackets(demuxer, into: builder), path: path)
      return
    }
    var decoding = DecodeStatistics()
    let streams = Self.chosenStreams(builder, analyses, &decoding)
    var reader = try StreamReader(demuxer, streams: streams, readsAll: true)
    if onlyKeyframes, let index = builder.mainVideo { reader.setSkip(.nonKey, stream: index) }
    let video = builder.mainVideo.map { builder.streams[$0] }
    let duration = builder.container.durationFromHeader
    var videoAnalyser =
      analyses.contains(.sketches) ? video.map { VideoAnalyser(timeBase: $0.timeBase, color: $0.tags) } : nil
    var anchorAnalyser = analyses.contains(.anchors) ? AnchorAnalyser(expectation) : nil
    let fullFrames = FullFrameAnalysis(video, analyses, duration: duration)
    defer { fullFrames.cancel() }
    let audioStream = builder.mainAudio.map { builder.streams[$0] }
    var audioAnalyser = analyses.needsAudio ? audioStream.map { AudioAnalyser($0, analyses) } : nil
    let frame = try Frame()
    var position = Rational.zero
    var count = 0
    while let index = try reader.next(into: frame, seeing: { builder.add($0) }) {
      let info = builder.streams[index]
      if let time = frame.pts.map({ info.timeBase.seconds($0) }), time.isDefined {
        decoding.noteErrors(in: reader, from: position, to: max(position, time))
        if index == builder.mainVideo || builder.mainVideo == nil { position = max(position, time) }
      }
      if info.kind == .video {
        let time = frame.pts ?? videoAnalyser?.series.end ?? 0
        videoAnalyser?.add(frame, time: time, duration: frame.duration)
        anchorAnalyser?.look(at: frame)
        try fullFrames.add(frame, info: info, packets: builder)
        decoding.add(frame, info: info)
      } else {
        try audioAnalyser?.add(frame)
      }
      count += 1
      if count % Self.progressInterval == 0 {
        try Task.checkCancellation()
        progress?(VerificationProgress(frames: decoding.frames, fraction: Self.fraction(position, of: duration)))
      }
    }
    decoding.noteErrors(in: reader, from: position, to: nil)
    decoding.finish(reader)
    self.decoding = onlyKeyframes ? nil : decoding
    hasDecodedFrames = analyses.needsFrames && !onlyKeyframes
    frames = onlyKeyframes ? nil : videoAnalyser?.finish()
    audio = audioAnalyser?.finish()
    anchors = anchorAnalyser?.finish()
    (textures, native, levels) = fullFrames.finish()
    hasAnalysedNative = analyses.contains(.native)
    let messages = reader.demuxer.log.messages
    probe = ProbeReport(builder.finish(readError: reader.readError, messages: messages), path: path)
    progress?(VerificationProgress(frames: decoding.frames, fraction: 1))
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
      failure = error.reason
    }
    return builder.finish(readError: failure, messages: demuxer.log.messages)
  }

  /// The main video and audio streams, where they are needed and can be decoded.
  private static func chosenStreams(
    _ builder: MediaIndexBuilder, _ analyses: Analyses, _ decoding: inout DecodeStatistics
  ) -> [Int] {
    for stream in builder.streams
    where stream.codecName == "unknown" && (stream.kind == .audio || stream.kind == .video) {
      decoding.addFault("stream \(stream.index): unknown \(stream.kind.rawValue) codec")
    }
    let wanted = [analyses.needsFrames ? builder.mainVideo : nil, analyses.needsAudio ? builder.mainAudio : nil]
    return wanted.compactMap(\.self).filter { index in
      if builder.decoders[index] != nil { return true }
      decoding.addFault("stream \(index): libav has no decoder for this \(builder.streams[index].codecName)")
      return false
    }
  }

  private static func fraction(_ position: Rational, of duration: Rational?) -> Double? {
    guard let duration, duration.isPositive else { return nil }
    return min(1, max(0, (position / duration).doubleValue))
  }
}

extension StreamInfo {
  /// Its colour tags; all unknown when it has none.
  var tags: ColorTags { color?.tags ?? ColorTags() }
}
