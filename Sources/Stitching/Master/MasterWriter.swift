import Bitstream
import Libav
import Probing
import Timing

/// Writes the file of a master: sample entries, chapters, metadata, and interleaved packets.
struct MasterWriter {
  private static let framesPerProgress = 24

  private let plan: StitchPlan
  private let options: StitchOptions
  private let container: String

  /// - Parameter container: libav's name of it.
  init(_ plan: StitchPlan, options: StitchOptions, container: String) {
    self.plan = plan
    self.options = options
    self.container = container
  }

  func write(to path: String, audio: inout AudioPacketSource?, progress: (StitchEvent) -> Void) throws {
    var video = VideoPacketSource(plan)
    let metadata = MasterMetadata(options)
    var muxer = try Muxer(path: path, format: container, metadata: metadata.entries)
    let videoTrack = try muxer.addStream(
      try videoParameters(), timeBase: video.timeBase, frameRate: plan.rate, sideData: sideData)
    var audioTrack: Int?
    if let parameters = try audio?.parameters(), let base = audio?.timeBase {
      audioTrack = try muxer.addStream(parameters, timeBase: base)
    }
    if options.writesChapters { try muxer.setChapters(chapters) }
    let reservation = MoovReservation(plan, samples: audio?.totalSamples ?? 0, metadata: metadata.entries)
    var settings = [
      "movflags": "+negative_cts_offsets+write_colr" + metadata.flags,
      "video_track_timescale": "\(video.timeBase.rational.denominator)",
    ]
    if let reservation { settings["moov_size"] = "\(reservation.bytes)" } else { settings["movflags"]? += "+faststart" }
    try muxer.writeHeader(options: settings)
    try interleave(&video, track: videoTrack, &audio, track: audioTrack, into: &muxer, progress: progress)
    try muxer.finish()
  }

  /// Writes the packets of both tracks in the order of their decoding timestamps.
  private func interleave(
    _ video: inout VideoPacketSource, track videoTrack: Int, _ audio: inout AudioPacketSource?,
    track audioTrack: Int?, into muxer: inout Muxer, progress: (StitchEvent) -> Void
  ) throws {
    let videoPacket = try Packet()
    let audioPacket = try Packet()
    var hasVideo = try video.next(into: videoPacket)
    var hasAudio = try audio?.next(into: audioPacket) ?? false
    let audioBase = audio?.timeBase ?? .microseconds
    var lastProgress = 0
    while hasVideo || hasAudio {
      try Task.checkCancellation()
      let videoTime = video.timeBase.seconds(videoPacket.dts ?? 0)
      let audioTime = audioBase.seconds(audioPacket.dts ?? 0)
      if hasVideo, !hasAudio || videoTime <= audioTime {
        try muxer.write(videoPacket, stream: videoTrack, timeBase: video.timeBase)
        hasVideo = try video.next(into: videoPacket)
        if video.frameCount - lastProgress >= Self.framesPerProgress || !hasVideo {
          lastProgress = video.frameCount
          progress(.written(frames: video.frameCount, of: plan.frameCount))
        }
      } else if let audioTrack {
        try muxer.write(audioPacket, stream: audioTrack, timeBase: audioBase)
        hasAudio = try audio?.next(into: audioPacket) ?? false
      }
    }
  }

  private func videoParameters() throws -> CodecParameters {
    let clip = plan.template
    let parameters: CodecParameters
    if !plan.copies, let encoding = plan.wholeShotEncoding {
      parameters = try Encoder(encoding.settings).parameters()
    } else {
      parameters = try Demuxer(path: clip.path).parameters(ofStream: clip.video.stream.index)
    }
    let isHEVC = clip.codec == "hevc"
    switch plan.parameterSetStorage {
    case .shared:
      if isHEVC { parameters.tag = parameters.tag == "hev1" ? "hev1" : "hvc1" } else { parameters.tag = "" }
      if clip.codec == "h264" { parameters.tag = "avc1" }
    case .merged, .inBand:
      let own = ParameterSets(extradata: parameters.extradata, isHEVC: isHEVC)
      guard let entry = plan.parameterSetStorage.sampleEntry(first: own) else {
        throw StitchError(.unusableShot, "its parameter sets cannot be read; use --mode encode", file: clip.path)
      }
      try parameters.setExtradata(entry.record)
      parameters.tag = entry.tag
    }
    return parameters
  }

  /// The template's side data. Dolby Vision's record is kept only where no frame is re-encoded.
  private var sideData: [StreamInfo.CarriedSideData] {
    guard plan.template.conform == nil else { return [] }
    let isUntouched = plan.shots.allSatisfy { $0.encodedFrames == 0 }
    return plan.template.video.stream.carriedSideData.filter { isUntouched || !$0.isDolbyVision }
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
