import Files
import Foundation
import Libav

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

  /// Writes the master under a temporary name, checks it and renames it.
  /// - Throws: ``StitchError``, ``LibavError``, `FileError`, `CancellationError`; nothing is left under the final name
  ///   then.
  public func write(to path: String, progress: (StitchEvent) -> Void = { _ in }) throws -> StitchReport {
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
    let normalization = try LoudnessNormalization(plan, options: options) { progress(.measuringLoudness(pass: $0)) }
    var audio = try AudioPacketSource.make(plan, options: options, levels: normalization.levels)
    let audioFormat = audio?.format
    var usesEditList = false
    do {
      let offsets = try MasterWriter(plan, options: options, container: container)
        .write(to: output.temporaryPath, audio: &audio, progress: progress)
      if !offsets.areReadable {
        usesEditList = true
        audio = try AudioPacketSource.make(plan, options: options, levels: normalization.levels)
        _ = try MasterWriter(plan, options: options, container: container, usesEditList: true)
          .write(to: output.temporaryPath, audio: &audio, progress: progress)
      }
    } catch let error as LibavError where error.file == output.temporaryPath {
      throw LibavError(error.code, error.message, file: path, log: error.log)
    }
    progress(.proving)
    var proof = MasterProof(
      path: output.temporaryPath, plan: plan, format: audioFormat, check: options.check, usesEditList: usesEditList)
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
      AudioReport($0, options: options.audio, normalization: normalization, reduction: reduction, proof: audioProof)
    }
    return StitchReport(
      plan, mode: options.mode, output: path, checks: proof.checks + (audioProof?.checks ?? []), steps: steps,
      audioFormat: audioFormat, audio: audioReport)
  }

  /// The report of what a stitch would do; values that only the written master has are null.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  public func plannedReport(output: String) throws -> StitchReport {
    let format = try MasterAudioFormat(plan.shots.map(\.clip), music: options.audio.music)
    let audio = format.map {
      AudioReport($0, options: options.audio, normalization: nil, reduction: 0, proof: nil)
    }
    return StitchReport(plan, mode: options.mode, output: output, audio: audio)
  }
}
