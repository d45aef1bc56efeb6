import Captions
import Files
import Foundation
import Libav
import Probing

/// Progress of a stitch.
public enum StitchEvent: Sendable {
  /// A shot's packets have been read.
  case indexed(shot: Int, of: Int)
  /// A pass over the whole audio that measures its loudness has started, from 1 on.
  case measuringLoudness(pass: Int)
  /// A join has been measured.
  case analysed(join: Int, of: Int, overlap: Int)
  /// Frames written so far.
  case written(frames: Int, of: Int)
  /// The written master is being checked.
  case proving
}

/// Joins shots into one master: normalizes the loudness, writes, proves, renames.
public struct Stitcher: Sendable {
  private let plan: StitchPlan
  private let options: StitchOptions

  public init(_ plan: StitchPlan, options: StitchOptions) {
    self.plan = plan
    self.options = options
  }

  /// libav's name of the container for a file name; nil when a master cannot be written as that.
  public static func container(for path: String) -> String? {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "mp4", "m4v": "mp4"
    case "mov": "mov"
    default: nil
    }
  }

  /// The file of a language beside others: `master.deu.mp4`.
  public static func path(_ path: String, language: String) -> String {
    let url = URL(fileURLWithPath: path)
    return String(path.dropLast(url.pathExtension.count)) + "\(language).\(url.pathExtension)"
  }

  /// Writes the master under a temporary name, checks it and renames it.
  /// - Throws: ``StitchError``, ``LibavError``, `FileError`, `CancellationError`; nothing is left under the final name
  ///   then.
  /// - Parameter master: a master of the same shots and options, language and voice apart, whose video packets are copied;
  ///   nil writes the video from the plan.
  public func write(to path: String, videoOf master: String? = nil, progress: (StitchEvent) -> Void = { _ in }) throws
    -> StitchReport
  {
    guard let container = Self.container(for: path) else {
      throw StitchError(.badRequest, "a master is .mp4 or .mov; change the extension", file: path)
    }
    let codec = plan.template.codec
    if plan.copies || plan.wholeShotEncoding == nil, !Muxer.format(container, holds: codec) {
      throw StitchError(
        .mismatch, "\(codec) video does not fit into .\(container); use --mode encode, or the other of .mp4 and .mov",
        file: plan.template.path)
    }
    try options.audio.requireContainer(container, of: path)
    let output = try OutputFile(path, overwrite: options.overwrite)
    let captions = try plan.captions(options)
    let video = try master.map { try StitchPlan(copying: $0) }
    let marking = MediaMarking(plan, options: options)
    var marked = options
    marked.metadata.merge(marking.entries) { own, _ in own }
    let normalization = try LoudnessNormalization(plan, options: options) { progress(.measuringLoudness(pass: $0)) }
    let tracks = try audioTracks()
    let audioFormat = tracks.first?.format
    var usesEditList = false
    var audio: [AudioEncodingThread] = []
    defer { for thread in audio { thread.cancel() } }
    func encodeAudio() {
      audio = tracks.map {
        AudioEncodingThread(plan, track: $0.track, format: $0.format, options: options, levels: normalization.levels)
      }
    }
    do {
      encodeAudio()
      let offsets = try MasterWriter(plan, options: marked, captions: captions, video: video, container: container)
        .write(to: output.temporaryPath, audio: audio, progress: progress)
      if !offsets.areReadable {
        usesEditList = true
        encodeAudio()
        _ = try MasterWriter(
          plan, options: marked, captions: captions, video: video, container: container, usesEditList: true
        ).write(to: output.temporaryPath, audio: audio, progress: progress)
      }
    } catch let error as LibavError where error.file == output.temporaryPath {
      throw LibavError(error.code, error.message, file: path, log: error.log)
    }
    try output.append(marking.packet.movieBox)
    progress(.proving)
    var proof = MasterProof(
      path: output.temporaryPath, plan: plan, captions: captions, format: audioFormat, check: options.check,
      usesEditList: usesEditList)
    var audioProofs: [AudioProof] = []
    var notes = try self.notes()
    do {
      let proofs = checkAudio(of: tracks.map(\.format), path: output.temporaryPath)
      defer { for proof in proofs { proof.cancel() } }
      try proof.run()
      audioProofs = try proofs.map { try $0.value() }
      notes += try CarriedProperties.missing(from: output.temporaryPath, plan: plan, container: container)
    } catch let error as StitchError where error.file == output.temporaryPath {
      throw StitchError(error.code, error.message, file: path)
    }
    try output.commit()
    let steps = audio.first?.steps ?? []
    let reduction = audio.first?.reduction ?? 0
    let audioReport = audioFormat.map {
      AudioReport(
        $0, options: options.audio, normalization: normalization, reduction: reduction, proof: audioProofs.first)
    }
    return StitchReport(
      plan, mode: options.mode, output: path, notes: notes, checks: proof.checks + audioProofs.flatMap(\.checks),
      steps: steps, audioFormat: audioFormat, audio: audioReport, captions: captions)
  }

  /// The audio tracks of the master, the main one first; none without audio.
  private func audioTracks() throws -> [(track: AudioTrack, format: MasterAudioFormat)] {
    let clips = plan.shots.map(\.clip)
    return try ([.main] + AudioTrack.further(of: clips)).compactMap { track in
      try MasterAudioFormat(clips, track: track, options: options.audio).map { (track, $0) }
    }
  }

  /// Checks the audio tracks on threads of their own while the video is decoded.
  private func checkAudio(of formats: [MasterAudioFormat], path: String) -> [BackgroundWork<AudioProof>] {
    let (count, rate) = (plan.frameCount, plan.rate)
    return formats.enumerated().map { number, format in
      BackgroundWork(named: "longtake.audio-proof") { check in
        try AudioProof(
          path: path, track: number, format: format, expected: format.sample(atFrame: count, rate: rate),
          checkCancellation: check)
      }
    }
  }

  /// What the master does not have of its shots, as far as it is known before it is written.
  private func notes() throws -> [String] {
    try audioTracks().compactMap(\.format.note) + CarriedProperties.notes(plan)
  }

  /// The report of what a stitch would do; values that only the written master has are null.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  public func plannedReport(output: String) throws -> StitchReport {
    let captions = try plan.captions(options)
    let format = try audioTracks().first?.format
    let audio = format.map {
      AudioReport($0, options: options.audio, normalization: nil, reduction: 0, proof: nil)
    }
    return StitchReport(plan, mode: options.mode, output: output, notes: try notes(), audio: audio, captions: captions)
  }
}
