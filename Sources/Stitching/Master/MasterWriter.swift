import Bitstream
import Captions
import Libav
import Probing
import Timing

/// Writes the file of a master: sample entries, chapters, metadata, and interleaved packets.
struct MasterWriter {
  private static let framesPerProgress = 24

  private let plan: StitchPlan
  /// The plan of the video: the same one, or that of a master whose packets are copied.
  private let video: StitchPlan
  private let options: StitchOptions
  private let captions: [CaptionTrack]
  private let container: String
  private let usesEditList: Bool

  /// - Parameters:
  ///   - video: nil for that of the plan.
  ///   - container: libav's name of it.
  ///   - usesEditList: starts the video at 0 by an edit list rather than by negative composition offsets.
  init(
    _ plan: StitchPlan, options: StitchOptions, captions: [CaptionTrack], video: StitchPlan? = nil, container: String,
    usesEditList: Bool = false
  ) {
    self.video = video ?? plan
    self.captions = captions
    self.plan = plan
    self.options = options
    self.container = container
    self.usesEditList = usesEditList
  }

  /// - Returns: the composition offsets of the video.
  func write(
    to path: String, audio: [AudioEncodingThread], progress: (StitchEvent) -> Void
  ) throws -> CompositionOffsets {
    let source = VideoPacketSource(video)
    let metadata = MasterMetadata(options)
    var muxer = try Muxer(path: path, format: container, metadata: metadata.entries)
    let videoTrack = try muxer.addStream(
      try videoParameters(), timeBase: source.timeBase, frameRate: plan.rate, sideData: sideData,
      metadata: StartTimecode.metadata(of: plan))
    var tracks: [TrackSource] = []
    for thread in audio {
      let base = try thread.timeBase()
      let index = try muxer.addStream(try thread.parameters(), timeBase: base, metadata: trackMetadata(thread.track))
      tracks.append(try TrackSource(thread, index: index, timeBase: base))
    }
    let texts = try captions.map { track in
      let packets = CaptionPackets(track, duration: plan.duration)
      return TextSource(packets, index: try packets.addStream(to: &muxer))
    }
    if options.writesChapters { try muxer.setChapters(chapters) }
    let samples = try audio.reduce(0) { $0 + (try $1.totalSamples()) }
    let reservation = MoovReservation(
      video, chapters: plan.shots, samples: samples, captions: captions, metadata: metadata.entries)
    var settings = [
      "movflags": "+write_colr" + (usesEditList ? "" : "+negative_cts_offsets") + metadata.flags,
      "video_track_timescale": "\(source.timeBase.rational.denominator)",
    ]
    if sideData.contains(where: \.needsUnofficialBox) { settings["strict"] = "unofficial" }
    if let reservation { settings["moov_size"] = "\(reservation.bytes)" } else { settings["movflags"]? += "+faststart" }
    try muxer.writeHeader(options: settings)
    let offsets = try interleave(source, track: videoTrack, tracks, texts, into: &muxer, progress: progress)
    try muxer.finish()
    if container == "mov" {
      var languages = Dictionary(uniqueKeysWithValues: zip(texts.map(\.index), captions.map(\.language)))
      for track in tracks { languages[track.index] = trackMetadata(track.track)["language"] }
      try TrackLanguages.write(languages.compactMapValues(\.self), to: path)
    }
    return offsets
  }

  /// An audio track and its next packet.
  private final class TrackSource {
    private let source: AudioEncodingThread
    var track: AudioTrack { source.track }
    let index: Int
    let timeBase: TimeBase
    let packet: Packet
    private(set) var hasPacket: Bool

    init(_ source: AudioEncodingThread, index: Int, timeBase: TimeBase) throws {
      let packet = try Packet()
      hasPacket = try source.next(into: packet)
      self.packet = packet
      self.source = source
      self.index = index
      self.timeBase = timeBase
    }

    var time: Rational { timeBase.seconds(packet.dts ?? 0) }
    func advance() throws { hasPacket = try source.next(into: packet) }
  }

  /// A text track and what is not yet written of it.
  private final class TextSource {
    private var packets: CaptionPackets
    let index: Int

    init(_ packets: CaptionPackets, index: Int) {
      self.packets = packets
      self.index = index
    }

    func write(until time: Rational?, into muxer: borrowing Muxer) throws {
      try packets.write(until: time, into: muxer, stream: index)
    }
  }

  /// Writes the packets of all tracks in the order of their decoding timestamps.
  private func interleave(
    _ video: VideoPacketSource, track videoTrack: Int, _ tracks: [TrackSource], _ texts: [TextSource],
    into muxer: inout Muxer,
    progress: (StitchEvent) -> Void
  ) throws -> CompositionOffsets {
    var offsets = CompositionOffsets()
    let packet = try Packet()
    var hasVideo = try video.next(into: packet)
    var lastProgress = 0
    while true {
      try Task.checkCancellation()
      let audio = tracks.filter(\.hasPacket).min { $0.time < $1.time }
      if hasVideo, audio.map({ video.timeBase.seconds(packet.dts ?? 0) <= $0.time }) ?? true {
        let time = video.timeBase.seconds(packet.dts ?? 0)
        for text in texts { try text.write(until: time, into: muxer) }
        offsets.append(pts: packet.pts ?? 0, dts: packet.dts ?? 0)
        try muxer.write(packet, stream: videoTrack, timeBase: video.timeBase)
        hasVideo = try video.next(into: packet)
        if video.frameCount - lastProgress >= Self.framesPerProgress || !hasVideo {
          lastProgress = video.frameCount
          progress(.written(frames: video.frameCount, of: plan.frameCount))
        }
      } else if let audio {
        try muxer.write(audio.packet, stream: audio.index, timeBase: audio.timeBase)
        try audio.advance()
      } else {
        for text in texts { try text.write(until: nil, into: muxer) }
        return offsets
      }
    }
  }

  /// Language and title of a track, as the first shot has them.
  private func trackMetadata(_ track: AudioTrack) -> [String: String] {
    let first = plan.shots.lazy.compactMap { track.stream(of: $0.clip) }.first
    var found = first?.metadata.filter { ["language", "title"].contains($0.key) && $0.value != "und" } ?? [:]
    if track == .main, let language = options.audio.language { found["language"] = language }
    return found
  }

  private func videoParameters() throws -> CodecParameters {
    let clip = video.template
    let parameters: CodecParameters
    if !video.copies, let encoding = video.wholeShotEncoding {
      parameters = try Encoder(encoding.settings).parameters()
    } else {
      parameters = try Demuxer(path: clip.path).parameters(ofStream: clip.video.stream.index)
    }
    if ShotPlan.spliceable.contains(clip.codec) {
      let isHEVC = clip.codec == "hevc"
      let storage = video.parameterSetStorage
      if !storage.keepsRecord {
        let own = ParameterSets(extradata: parameters.extradata, isHEVC: isHEVC)
        guard let record = storage.record(first: own) else {
          throw StitchError(.unusableShot, "its parameter sets cannot be read; use --mode encode", file: clip.path)
        }
        try parameters.setExtradata(record)
      }
      parameters.tag = storage.tag(isHEVC: isHEVC)
    } else if !Muxer.format(container, holds: clip.codec, as: parameters.tag) {
      parameters.tag = ""
    }
    if video.retiming.stretch != .one { try writeRate(into: parameters) }
    parameters.sampleAspectRatio = pixelAspect
    return parameters
  }

  /// Writes the master's rate into the parameter sets of the sample entry, from which readers take how long a frame lasts.
  private func writeRate(into parameters: borrowing CodecParameters) throws {
    guard ShotPlan.spliceable.contains(parameters.codecName) else { return }
    let isHEVC = parameters.codecName == "hevc"
    let own = parameters.extradata
    let changed = try parameters.copy()
    do {
      try changed.writeFrameRate(video.rate)
    } catch {
      // Sets that libav cannot write stay; the container's own times hold.
      return
    }
    switch DecoderConfigurationRecord.lengthSize(extradata: own, isHEVC: isHEVC) {
    case 0: try parameters.setExtradata(changed.extradata)
    case NALUnit.writtenLengthSize:
      let sets = ParameterSets(extradata: changed.extradata, isHEVC: isHEVC)
      let isComplete = !ParameterSetStorage.inBandTags.contains(parameters.tag)
      guard let record = DecoderConfigurationRecord.record(sets, isComplete: isComplete) else { return }
      try parameters.setExtradata(record)
    default: return
    }
  }

  /// The sample aspect ratio to write as `pasp`: what players use, the container's own before the bit stream's. Where
  /// the display matrix gives the pixels their shape, only the source's own `pasp` is repeated.
  private var pixelAspect: Rational {
    let clip = video.template
    if clip.conform == nil, clip.hasScalingMatrix { return clip.containerAspect ?? .undefined }
    return clip.info.sampleAspectRatio
  }

  /// The template's side data. Dolby Vision's record is kept only where no frame is re-encoded.
  private var sideData: [StreamInfo.CarriedSideData] {
    guard video.template.conform == nil else { return [] }
    let isUntouched = video.shots.allSatisfy { $0.encodedFrames == 0 }
    return video.template.video.stream.carriedSideData.filter { isUntouched || !$0.isDolbyVision }
  }

  private var chapters: [ContainerInfo.Chapter] {
    zip(plan.shots, plan.shotStarts).map { shot, start in
      ContainerInfo.Chapter(
        range: TimeRange(
          start: plan.rate.duration(frames: start), duration: plan.rate.duration(frames: shot.frameCount)),
        title: shot.clip.shot.title)
    }
  }
}
