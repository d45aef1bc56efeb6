import Foundation
import Ledger
import Libav
import Presets
import Stills
import Stitching
import Storyboard
import Timing
import Verification

/// Joins the chosen clips into the master, checks it, and draws the contact sheet.
struct Assembler: Sendable {
  /// Cells of one shot's row on the contact sheet.
  private static let sheetColumns = 6
  /// Pixels of a cell.
  private static let sheetCellWidth = 320

  let storyboard: Storyboard
  let spec: DeliverableSpec
  let workspace: Workspace
  let media: MediaQueue
  /// Whether the clips come from a stand-in.
  let isStandIn: Bool
  let emit: @Sendable (PipelineEvent) -> Void

  /// Joins and checks, or keeps the master of an earlier run when it was made of the same clips in the same way and is
  /// still what was written then.
  /// - Parameter earlier: the master as the last report tells of it.
  func assemble(_ takes: [GenerationEntry], earlier: MasterRecord?) async throws -> MasterRecord {
    let clips = takes.compactMap(\.clip)
    let digest = inputsDigest(clips)
    if let earlier, earlier.inputsDigest == digest, try isUntouched(earlier) {
      emit(.masterKept(path: workspace.masterPath))
      return earlier
    }
    noteWhatIsNotDone()
    let (options, shots) = (options, stitchShots(clips))
    let path = workspace.masterPath
    let report = try await media.run {
      let plan = try StitchPlan(shots, options: options) { emit(.stitching($0)) }
      return try Stitcher(plan, options: options).write(to: path) { emit(.stitching($0)) }
    }
    emit(.masterWritten(path: path, frames: report.frames))
    let expectation = Expectation(
      duration: frameLength(report) * Int64(report.frames),
      audio: storyboard.shots.contains { $0.generateAudio == true } ? true : nil)
    let verifier = try Verifier(spec: spec)
    let verdict = try await media.run {
      try verifier.verify(path, expectation: expectation) { progress in
        emit(.verifying(nil, frames: progress.frames, fraction: progress.fraction))
      }
    }
    try await drawSheet(clips)
    return MasterRecord(
      file: "master.mp4", bytes: FileDigest.size(ofFile: path) ?? 0, sha256: try FileDigest.sha256(ofFile: path),
      inputsDigest: digest, stitch: report, verification: try JSONValue(encoding: verdict),
      verdict: verdict.verdict.rawValue, reasons: verdict.reasons.map(\.message), contactSheet: "contact-sheet.jpg")
  }

  private func isUntouched(_ master: MasterRecord) throws -> Bool {
    try FileDigest.size(ofFile: workspace.masterPath) == master.bytes
      && FileManager.default.fileExists(atPath: workspace.contactSheetPath)
      && FileDigest.sha256(ofFile: workspace.masterPath) == master.sha256
  }

  /// Seconds of one picture.
  private func frameLength(_ report: StitchReport) -> Rational {
    Rational(parsing: report.frameRate).map(\.reciprocal) ?? .undefined
  }

  // MARK: - What goes in

  private func stitchShots(_ clips: [ClipEntry]) -> [StitchShot] {
    zip(storyboard.shots, clips).map { shot, clip in
      StitchShot(
        path: workspace.path(clip.path), title: shot.id, followsCut: shot.index > 0 && !storyboard.meetsPrevious(shot))
    }
  }

  private var options: StitchOptions {
    let join = storyboard.master.join
    var options = StitchOptions()
    options.mode = join.mode.flatMap { StitchOptions.Mode(rawValue: $0.rawValue) } ?? .auto
    options.overlap =
      switch join.overlap {
      case .auto, nil: .automatic
      case .keep: .keep
      case .frames(let count): .fixed(count)
      }
    if let milliseconds = join.audioCrossfade { options.audioCrossfade = milliseconds.doubleValue / 1000 }
    options.overwrite = true
    // Every clip was decoded whole when it came, and the master is verified next.
    options.check = .joins
    if let title = storyboard.title { options.metadata["title"] = title }
    if isStandIn {
      options.metadata["comment"] = "Rendered by longtake's sandbox, a stand-in: no model generated these pictures."
    }
    return options
  }

  /// Everything the master depends on.
  private func inputsDigest(_ clips: [ClipEntry]) -> String {
    let options = options
    let parts = zip(storyboard.shots, clips).map { shot, clip in
      "\(shot.id) \(clip.sha256) \(shot.index > 0 && !storyboard.meetsPrevious(shot))"
    }
    let how = [
      options.mode.rawValue, "\(options.overlap)", "\(options.audioCrossfade)", "\(options.audioBitRate)",
      "\(options.writesChapters)", options.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(),
    ]
    let rules = (try? JSONValue(encoding: spec).canonicalJSON) ?? spec.id
    return FileDigest.sha256(of: (parts + how + [rules]).joined(separator: "\n"))
  }

  private func noteWhatIsNotDone() {
    let join = storyboard.master.join
    if join.loudness != nil {
      emit(.notice("'loudness' is not applied yet: the master keeps the clips' own level"))
    }
    if join.matchColor == .ease {
      emit(.notice("'match_color: ease' is not there yet: colour steps at joins are reported, not eased"))
    }
  }

  // MARK: - Contact sheet

  private func drawSheet(_ clips: [ClipEntry]) async throws {
    emit(.drawingContactSheet)
    let paths = clips.map { workspace.path($0.path) }
    let sheet = try await media.run {
      try ContactSheet(paths: paths, columns: Self.sheetColumns, cellWidth: Self.sheetCellWidth).still
    }
    let file = try OutputFile(workspace.contactSheetPath, overwrite: true)
    try file.write(sheet.bytes)
    try file.commit()
  }
}

extension JSONValue {
  /// Any value as JSON.
  init(encoding value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
  }
}
