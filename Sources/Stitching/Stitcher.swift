import Bitstream
import Files
import Foundation
import Libav
import Probing
import Timing

/// Joins shots into one master.
public struct Stitcher: Sendable {
  private let plan: StitchPlan
  private let options: StitchOptions

  public init(_ plan: StitchPlan, options: StitchOptions) {
    self.plan = plan
    self.options = options
  }

  /// libav's name of the container for a file name; nil when it is none a master is written as.
  public static func container(for path: String) -> String? {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "mp4", "m4v": "mp4"
    case "mov": "mov"
    default: nil
    }
  }

  /// Writes the master under a temporary name, checks it, and gives it its name.
  /// - Throws: ``StitchError``, ``LibavError``, `CancellationError`; nothing is left under the final name then.
  public func write(to path: String, progress: (StitchEvent) -> Void = { _ in }) throws -> StitchReport {
    guard let container = Self.container(for: path) else {
      throw StitchError(.badRequest, "a master is written as .mp4 or .mov; name it so", file: path)
    }
    let codec = plan.template.codec
    if plan.copies || plan.wholeEncoder == nil, !Muxer.format(container, holds: codec) {
      throw StitchError(
        .mismatch, "\(codec) video does not fit into .\(container); use --mode encode, or the other of .mp4 and .mov",
        file: plan.template.path)
    }
    try options.audio.requireContainer(container, of: path)
    let output = try OutputFile(path, overwrite: options.overwrite)
    let loudness = try LoudnessPlan(plan, options: options) { progress(.listening(pass: $0)) }
    var audio = try AudioAssembler.make(plan, options: options, levels: loudness.levels)
    let audioFormat = audio?.format
    do {
      try mux(output.temporaryPath, container: container, audio: &audio, progress: progress)
    } catch let error as LibavError where error.file == output.temporaryPath {
      throw LibavError(error.code, error.message, file: path, log: error.log)
    }
    progress(.proving)
    var proof = MasterProof(path: output.temporaryPath, plan: plan, format: audioFormat, check: options.check)
    var audioProof: AudioProof?
    do {
      try proof.run()
      audioProof = try audioFormat.map {
        try AudioProof(
          path: output.temporaryPath, format: $0, expected: $0.sample(atFrame: plan.frameCount, rate: plan.rate))
      }
    } catch let error as StitchError where error.file == output.temporaryPath {
      throw StitchError(error.code, error.message, file: path)
    }
    try output.commit()
    let steps = audio?.steps ?? []
    let reduction = audio?.reduction ?? 0
    let audioReport = audioFormat.map {
      AudioReport($0, options: options.audio, plan: loudness, reduction: reduction, proof: audioProof)
    }
    return report(
      path, checks: proof.checks + (audioProof?.checks ?? []), steps: steps, audioFormat: audioFormat,
      audio: audioReport)
  }

  private func mux(
    _ path: String, container: String, audio: inout AudioAssembler?, progress: (StitchEvent) -> Void
  ) throws {
    var video = VideoAssembler(plan)
    let metadata = MasterMetadata(options)
    var muxer = try Muxer(path: path, format: container, metadata: metadata.entries)
    let videoTrack = try muxer.addStream(
      try videoParameters(), timeBase: video.timeBase, frameRate: plan.rate, sideData: sideData)
    var audioTrack: Int?
    if let parameters = try audio?.parameters(), let base = audio?.timeBase {
      audioTrack = try muxer.addStream(parameters, timeBase: base)
    }
    if options.writesChapters { try muxer.setChapters(chapters) }
    let room = HeaderReservation(plan, samples: audio?.totalSamples ?? 0, metadata: metadata.entries)
    var settings = [
      "movflags": "+negative_cts_offsets+write_colr" + metadata.flags,
      "video_track_timescale": "\(video.timeBase.rational.denominator)",
    ]
    if let room { settings["moov_size"] = "\(room.bytes)" } else { settings["movflags"]? += "+faststart" }
    try muxer.writeHeader(options: settings)
    try interleave(&video, track: videoTrack, &audio, track: audioTrack, into: &muxer, progress: progress)
    try muxer.finish()
  }

  /// Packets of both in the order of their decode times.
  private func interleave(
    _ video: inout VideoAssembler, track videoTrack: Int, _ audio: inout AudioAssembler?, track audioTrack: Int?,
    into muxer: inout Muxer, progress: (StitchEvent) -> Void
  ) throws {
    let frame = try Packet()
    let samples = try Packet()
    var hasFrame = try video.next(into: frame)
    var hasSamples = try audio?.next(into: samples) ?? false
    let audioBase = audio?.timeBase ?? .microseconds
    var lastProgress = 0
    while hasFrame || hasSamples {
      try Task.checkCancellation()
      let frameTime = video.timeBase.seconds(frame.dts ?? 0)
      let audioTime = audioBase.seconds(samples.dts ?? 0)
      if hasFrame, !hasSamples || frameTime <= audioTime {
        try muxer.write(frame, stream: videoTrack, timeBase: video.timeBase)
        hasFrame = try video.next(into: frame)
        if video.framesGiven - lastProgress >= Self.framesPerProgress || !hasFrame {
          lastProgress = video.framesGiven
          progress(.written(frames: video.framesGiven, of: plan.frameCount))
        }
      } else if let audioTrack {
        try muxer.write(samples, stream: audioTrack, timeBase: audioBase)
        hasSamples = try audio?.next(into: samples) ?? false
      }
    }
  }

  private static let framesPerProgress = 24

  private func videoParameters() throws -> CodecParameters {
    let clip = plan.template
    let parameters: CodecParameters
    if plan.shots.allSatisfy({ $0.copiedFrames == 0 }), let whole = plan.wholeEncoder {
      let encoder = try Encoder(whole.settings)
      parameters = try encoder.parameters()
    } else {
      parameters = try Demuxer(path: clip.path).parameters(ofStream: clip.video.stream.index)
    }
    let isHEVC = clip.codec == "hevc"
    switch plan.packaging {
    case .shared:
      if isHEVC { parameters.tag = parameters.tag == "hev1" ? "hev1" : "hvc1" } else { parameters.tag = "" }
      if clip.codec == "h264" { parameters.tag = "avc1" }
    case .merged, .inBand:
      let own = ParameterSets(extradata: parameters.extradata, isHEVC: isHEVC)
      guard let entry = plan.packaging.sampleEntry(first: own) else {
        throw StitchError(.unusableShot, "its parameter sets cannot be read; use --mode encode", file: clip.path)
      }
      try parameters.setExtradata(entry.record)
      parameters.tag = entry.tag
    }
    return parameters
  }

  /// A shot's that is as the master is; Dolby Vision's record only where every frame keeps its own layer.
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

  /// What a stitch would do: the report without anything that is known only afterwards.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  public func plannedReport(output: String) throws -> StitchReport {
    let format = try MasterAudioFormat(plan.shots.map(\.clip), music: options.audio.music)
    let audio = format.map { AudioReport($0, options: options.audio, plan: nil, reduction: 0, proof: nil) }
    return report(output, checks: [], steps: [], audioFormat: nil, audio: audio)
  }

  private func report(
    _ path: String, checks: [StitchReport.Check], steps: [AudioStep], audioFormat: MasterAudioFormat?,
    audio: AudioReport?
  ) -> StitchReport {
    StitchReport(
      schema: "longtake.stitch/1", output: path, frames: plan.frameCount, duration: plan.duration.doubleValue,
      timeBase: plan.rate.mediaTimeBase.description, frameRate: plan.rate.description, mode: options.mode.rawValue,
      parameterSets: plan.packaging.name,
      shots: plan.shots.map { shot in
        .init(
          file: shot.clip.path, title: shot.clip.shot.title, framesIn: shot.clip.frameCount,
          keptFrom: shot.kept.lowerBound, keptTo: shot.kept.upperBound, framesKept: shot.frameCount,
          framesCopied: shot.copiedFrames, framesEncoded: shot.encodedFrames,
          mode: shot.mode, conformed: shot.clip.conform?.differences.map(\.description) ?? [], reason: shot.reason)
      },
      joins: plan.joins.enumerated().map { number, join in
        let time = plan.rate.duration(frames: join.frame)
        let offset = audioFormat.map { format in
          Rational(Int64(format.sample(atFrame: join.frame, rate: plan.rate)), Int64(format.sampleRate)) - time
        }
        return .init(
          index: join.index, frame: join.frame, time: time.doubleValue, overlap: join.overlap,
          overlapDistance: join.overlapDistance, nearestDistance: join.nearestDistance,
          ordinaryDistance: join.ordinaryDistance, overlapCertain: join.isCertain, reason: join.reason,
          transition: join.transition?.rawValue ?? "cut", fadeFrames: join.fadeFrames, deltaE: join.deltaE,
          deltaLuma: join.deltaLuma, deltaEFromFirst: join.deltaEFromFirst, colorMatch: join.colorMatch,
          audioStepDB: steps.indices.contains(number) ? steps[number].level : nil,
          audioStepSpectralDB: steps.indices.contains(number) ? steps[number].spectral : nil,
          avOffset: offset?.doubleValue)
      }, audio: audio, checks: checks)
  }
}
