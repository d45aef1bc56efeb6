import Files
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
  /// The model's id.
  let model: String
  let spec: DeliverableSpec
  let workspace: Workspace
  let media: MediaQueue
  let ledger: Ledger
  /// Whether the clips come from a stand-in.
  let isStandIn: Bool
  let embedsPrompts: Bool
  let writesTimeline: Bool
  let emit: @Sendable (PipelineEvent) -> Void

  /// Joins and checks, or keeps the master of an earlier run when it was made of the same clips in the same way and is
  /// still what was written then.
  /// - Parameter earlier: the master as the last report tells of it.
  func assemble(_ takes: [GenerationEntry], earlier: MasterRecord?) async throws -> MasterRecord {
    let clips = takes.compactMap(\.clip)
    var options = options
    let shots = try stitchShots(takes)
    let digest = try inputsDigest(clips, shots, options)
    options.creationTime = try CreationTime.current()
    if let earlier, earlier.inputsDigest == digest, try isUntouched(earlier) {
      emit(.masterKept(path: workspace.masterPath))
      return earlier
    }
    let path = workspace.masterPath
    let timelinePath = writesTimeline ? workspace.timelinePath : nil
    let report = try await media.run { [options] in
      let plan = try StitchPlan(shots, options: options) { emit(.stitching($0)) }
      let report = try Stitcher(plan, options: options).write(to: path) { emit(.stitching($0)) }
      if let timelinePath {
        let file = try OutputFile(timelinePath, overwrite: true)
        try file.write(Array(try OTIOTimeline(plan, options: options, master: path).json()))
        try file.commit()
      }
      return report
    }
    emit(.masterWritten(path: path, frames: report.frames))
    if report.audio == nil, options.audio.loudness != nil {
      emit(.notice("no shot has audio, so there is none to bring to 'loudness'"))
    }
    var expectation = Expectation(
      duration: frameLength(report) * Int64(report.frames),
      audio: storyboard.shots.contains { $0.generateAudio == true } ? true : nil)
    expectation.frameCount = report.frames
    expectation.joins = report.declaredJoins
    let verifier = try Verifier(spec: spec)
    let verdict = try await media.run { [expectation] in
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
      && (!writesTimeline || FileManager.default.fileExists(atPath: workspace.timelinePath))
      && FileDigest.sha256(ofFile: workspace.masterPath) == master.sha256
  }

  /// Seconds of one frame.
  private func frameLength(_ report: StitchReport) -> Rational {
    Rational(parsing: report.frameRate).map(\.reciprocal) ?? .undefined
  }

  // MARK: - What goes in

  private func stitchShots(_ takes: [GenerationEntry]) throws -> [StitchShot] {
    try zip(storyboard.shots, takes).map { shot, take in
      var stitch = StitchShot(
        path: workspace.path(take.clip?.path ?? ""), title: shot.id,
        followsCut: shot.index > 0 && !storyboard.meetsPrevious(shot))
      stitch.trim = shot.trim.map { StitchTrim(start: $0.start, end: $0.end) }
      stitch.transition = shot.transition.flatMap { transition in
        StitchTransition.Kind(rawValue: transition.kind.rawValue).map {
          StitchTransition(kind: $0, duration: transition.duration)
        }
      }
      stitch.keepsThrough = try lastKept(shot, take)
      return stitch
    }
  }

  /// The frame that the next shot was started from, when it was chosen among the last ones: what lies behind it is left out.
  private func lastKept(_ shot: Shot, _ take: GenerationEntry) throws -> Int? {
    guard shot.anchorSearch != nil, storyboard.neededAnchors(of: shot).contains(.last) else { return nil }
    guard let anchor = try ledger.anchor(of: take.number), let detail = AnchorDetail(anchor), detail.search != nil
    else {
      throw LedgerError(
        .inconsistent,
        "it is not known which frame of take \(take.take) of shot \(shot.id) the next "
          + "shot was started from; run again to choose it again")
    }
    return detail.index
  }

  private var frame: VideoOptions {
    let join = storyboard.master.join
    var frame = VideoOptions()
    if let match = join.matchColor.flatMap({ VideoOptions.MatchColor(rawValue: $0.rawValue) }) {
      frame.matchColor = match
    }
    if let frames = join.easeFrames { frame.easeFrames = frames }
    if let settings = join.conform {
      var conform = ConformOptions()
      (conform.width, conform.height, conform.rate) = (settings.width, settings.height, settings.rate)
      if let fit = settings.fit.flatMap({ ConformOptions.Fit(rawValue: $0.rawValue) }) { conform.fit = fit }
      conform.rateConversion = settings.rateConversion.flatMap { .init(rawValue: $0.rawValue) }
      frame.conform = conform
    }
    return frame
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
    options.audio.loudness = join.loudness?.doubleValue
    options.audio.truePeak = join.truePeak?.doubleValue
    options.audio.music = music
    options.writesChapters = true
    options.metadata = MasterProvenance(storyboard, model: model, embedsPrompts: embedsPrompts).entries
    options.overwrite = true
    options.video = frame
    // Every clip was decoded whole when it came, and the master is verified next.
    options.check = .joins
    if let title = storyboard.title { options.metadata["title"] = title }
    if isStandIn {
      options.metadata["comment"] = "Rendered by longtake's sandbox, a stand-in: no model generated these frames."
    }
    return options
  }

  private var music: MusicOptions? {
    guard let asked = storyboard.master.music else { return nil }
    var music = MusicOptions(file: asked.file)
    if let level = asked.level { music.level = level.doubleValue }
    if let fade = asked.fade { music.fade = fade.doubleValue }
    if let duck = asked.duck { music.duck = duck.doubleValue }
    if let loops = asked.loops { music.loops = loops }
    return music
  }

  /// Everything the master depends on.
  private func inputsDigest(
    _ clips: [ClipEntry], _ shots: [StitchShot], _ options: StitchOptions
  ) throws -> String {
    let parts = zip(zip(storyboard.shots, clips), shots).map { pair, stitch in
      let (shot, clip) = pair
      return "\(shot.id) \(clip.sha256) \(shot.index > 0 && !storyboard.meetsPrevious(shot))"
        + (shot.trim.map { " trim \($0)" } ?? "") + (shot.transition.map { " transition \($0)" } ?? "")
        + (stitch.keepsThrough.map { " through #\($0)" } ?? "")
    }
    let how = [
      options.mode.rawValue, "\(options.overlap)", "\(options.audioCrossfade)", "\(options.audioBitRate)",
      "\(options.writesChapters)", "\(options.audio)", "\(options.video)",
      try options.audio.music.map { try FileDigest.sha256(ofFile: $0.file) } ?? "",
      options.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(),
    ]
    let rules = (try? JSONValue(encoding: spec).canonicalJSON) ?? spec.id
    return FileDigest.sha256(of: (parts + how + [rules]).joined(separator: "\n"))
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
