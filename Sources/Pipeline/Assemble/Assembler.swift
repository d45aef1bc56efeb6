import Files
import Foundation
import Ledger
import Libav
import Presets
import Stills
public import Stitching
import Storyboard
import Timing
public import Verification

/// The last step of a run: joins the chosen clips into the master, verifies it, and draws the contact sheet.
struct Assembler: Sendable {
  enum Result: Sendable {
    /// Only clips were asked for, or a shot failed.
    case notMade
    case made(MasterRecord)
    case failed(any Error)

    var master: MasterRecord? { if case .made(let master) = self { master } else { nil } }
  }

  /// Cells of one shot's row on the contact sheet.
  private static let sheetColumns = 6
  /// Pixels of a cell.
  private static let sheetCellWidth = 320

  private let context: RunContext
  private var storyboard: Storyboard { context.storyboard }
  private var workspace: Workspace { context.workspace }

  init(context: RunContext) { self.context = context }

  /// - Throws: `CancellationError` only; other errors are a result, so that the clips are still reported.
  func assemble(_ outcomes: [ShotOutcome]) async throws -> Result {
    let takes = outcomes.compactMap(\.take)
    guard takes.count == storyboard.shots.count else { return .notMade }
    do {
      return .made(try await master(of: takes))
    } catch {
      if error is CancellationError { throw error }
      return .failed(error)
    }
  }

  /// Joins and verifies, or keeps the master of an earlier run when it was made of the same inputs and was not altered
  /// since.
  private func master(of takes: [GenerationEntry]) async throws -> MasterRecord {
    let clips = takes.compactMap(\.clip)
    var options = options
    let shots = try stitchShots(takes)
    let digest = try inputsDigest(clips, shots, options)
    options.creationTime = try CreationTime.current()
    let earlier = try MasterRecord.unaltered(in: workspace)
    if let earlier, earlier.inputsDigest == digest, FileManager.default.fileExists(atPath: workspace.contactSheetPath),
      !context.options.writesTimeline || FileManager.default.fileExists(atPath: workspace.timelinePath)
    {
      context.emit(.masterKept(path: workspace.masterPath))
      return earlier
    }
    let redone = try earlier.map { try redoneAlone(since: $0, shots) } ?? []
    let replaced = redone.isEmpty ? nil : earlier.flatMap { EarlierMaster($0, in: workspace) }
    if !redone.isEmpty, replaced == nil {
      context.emit(
        .notice(
          "the file system of \(workspace.directory) has no hard links, so the report cannot compare the new master with "
            + "the one before"))
    }
    let report = try await stitch(shots, options)
    let patch = try await prove(replaced, redone, report)
    if report.audio == nil, options.audio.loudness != nil {
      context.emit(.notice("no shot has audio, so 'loudness' has no effect"))
    }
    let verdict = try await verify(report, workspace.masterPath)
    let languages = try await languageMasters(shots, options)
    try await drawSheet(clips)
    return MasterRecord(
      file: "master.mp4", bytes: FileDigest.size(ofFile: workspace.masterPath) ?? 0,
      sha256: try FileDigest.sha256(ofFile: workspace.masterPath), inputsDigest: digest, stitch: report,
      verification: try JSONValue(encoding: verdict), verdict: verdict.verdict.rawValue,
      reasons: verdict.reasons.map(\.message), contactSheet: "contact-sheet.jpg", patch: patch,
      languages: languages)
  }

  /// Ids of the shots that were redone between their neighbours since a master; empty when others changed, too.
  private func redoneAlone(since earlier: MasterRecord, _ shots: [StitchShot]) throws -> [String] {
    let changed = try earlier.changedShots(in: shots) ?? []
    let isolated = storyboard.shots.filter(context.digests.isIsolated).map(\.id)
    return changed.allSatisfy(isolated.contains) ? changed : []
  }

  /// Compares a master with the one that it replaced, where shots were redone between their neighbours.
  private func prove(
    _ replaced: EarlierMaster?, _ redone: [String], _ report: StitchReport
  ) async throws -> MasterPatch? {
    guard let replaced else { return nil }
    let path = workspace.masterPath
    let patch = try await context.media.run {
      try MasterPatch(redone, from: replaced, to: path, report)
    }
    if !patch.passed {
      context.emit(
        .notice(
          "the master differs from the one before also away from \(redone.joined(separator: ", ")): frames "
            + "#\(patch.changedFrom) to #\(patch.changedTo)"))
    }
    return patch
  }

  private func stitch(_ shots: [StitchShot], _ options: StitchOptions) async throws -> StitchReport {
    let path = workspace.masterPath
    let timelinePath = context.options.writesTimeline ? workspace.timelinePath : nil
    let emit = context.emit
    let report = try await context.media.run { [versions] in
      let plan = try StitchPlan(shots, options: options) { emit(.stitching($0)) }
      try LanguageVersion.check(versions, program: plan.sourceRate.duration(frames: plan.frameCount).doubleValue)
      let report = try Stitcher(plan, options: options).write(to: path) { emit(.stitching($0)) }
      if let timelinePath {
        try OutputFile.replace(
          timelinePath, with: InterchangeFormat.otio.data(of: EditTimeline(plan, options: options, master: path)))
      }
      return report
    }
    emit(.masterWritten(path: path, frames: report.frames))
    return report
  }

  /// Writes the masters of further languages with the video packets of the first, and verifies each.
  private func languageMasters(_ shots: [StitchShot], _ options: StitchOptions) async throws -> [LanguageMaster] {
    var masters: [LanguageMaster] = []
    let (first, emit) = (workspace.masterPath, context.emit)
    for version in versions.dropFirst() {
      let language = version.language ?? "und"
      let path = Stitcher.path(first, language: language)
      var own = options
      (own.audio.voice, own.audio.language) = (version.voice, language)
      let report = try await context.media.run { [own] in
        try Stitcher(try StitchPlan(shots, options: own), options: own).write(to: path, videoOf: first) {
          emit(.stitching($0))
        }
      }
      emit(.masterWritten(path: path, frames: report.frames))
      let verdict = try await verify(report, path)
      let reasons = verdict.reasons.map(\.message)
      if verdict.verdict == .fail {
        emit(.notice("the master in \(language) fails its preset: \(reasons.joined(separator: "; "))"))
      }
      masters.append(
        LanguageMaster(
          language: language, file: URL(filePath: path).lastPathComponent,
          bytes: FileDigest.size(ofFile: path) ?? 0, sha256: try FileDigest.sha256(ofFile: path),
          verdict: verdict.verdict.rawValue, reasons: reasons))
    }
    return masters
  }

  private var versions: [LanguageVersion] {
    storyboard.master.languages.map { settings in
      var voice = settings.voice.map { VoiceOptions(file: $0) }
      if let level = settings.level { voice?.level = level.doubleValue }
      if let duck = settings.duck { voice?.duck = duck.doubleValue }
      if let attack = settings.attack { voice?.attack = attack.doubleValue / 1000 }
      if let release = settings.release { voice?.release = release.doubleValue / 1000 }
      return LanguageVersion(language: settings.language, voice: voice)
    }
  }

  private func verify(_ report: StitchReport, _ path: String) async throws -> VerificationReport {
    var expectation = Expectation(
      duration: frameLength(report) * Int64(report.frames),
      audio: storyboard.shots.contains { $0.generateAudio == true } ? true : nil)
    expectation.frameCount = report.frames
    expectation.joins = report.declaredJoins
    let verifier = try Verifier(spec: context.masterSpec)
    let emit = context.emit
    return try await context.media.run { [expectation] in
      try verifier.verify(path, expectation: expectation) { progress in
        emit(.verifying(nil, frames: progress.frames, fraction: progress.fraction))
      }
    }
  }

  /// Seconds of one frame.
  private func frameLength(_ report: StitchReport) -> Rational {
    Rational(parsing: report.frameRate).map(\.reciprocal) ?? .undefined
  }

  // MARK: - Inputs

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

  /// Index of the frame that the next shot starts from, when it was chosen among the last ones: the frames after it are
  /// dropped.
  private func lastKept(_ shot: Shot, _ take: GenerationEntry) throws -> Int? {
    guard shot.anchorSearch != nil, storyboard.neededAnchors(of: shot).contains(.last),
      !context.digests.isIsolated(shot)
    else { return nil }
    guard let anchor = try context.ledger.anchor(of: take.number), let record = AnchorRecord(anchor),
      record.search != nil
    else {
      throw LedgerError(
        .inconsistent,
        "the frame of take \(take.take) of shot \(shot.id) that the next shot starts from is not recorded; run again to "
          + "choose it again")
    }
    return record.index
  }

  private var videoOptions: VideoOptions {
    let join = storyboard.master.join
    var video = VideoOptions()
    if let match = join.matchColor.flatMap({ VideoOptions.MatchColor(rawValue: $0.rawValue) }) {
      video.matchColor = match
    }
    if let frames = join.easeFrames { video.easeFrames = frames }
    if let settings = join.conform {
      var conform = ConformOptions()
      (conform.width, conform.height, conform.rate) = (settings.width, settings.height, settings.rate)
      if let fit = settings.fit.flatMap({ ConformOptions.Fit(rawValue: $0.rawValue) }) { conform.fit = fit }
      conform.rateConversion = settings.rateConversion.flatMap { .init(rawValue: $0.rawValue) }
      video.conform = conform
    }
    return video
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
    (options.audio.voice, options.audio.language) = (versions.first?.voice, versions.first?.language)
    options.captions = storyboard.master.captions.map { CaptionSource(file: $0.file, language: $0.language) }
    options.writesChapters = true
    options.metadata =
      MasterProvenance(
        storyboard, targets: context.targets, embedsPrompts: context.options.embedsPrompts
      ).entries
    options.overwrite = true
    // Checked by the planner.
    if let marking = try? storyboard.marking?.options() { options.marking = marking }
    options.marking.tool = "longtake \(context.options.version)"
    options.video = videoOptions
    options.retime = join.retime.map {
      var retime = RetimeOptions(rate: $0)
      retime.keepsPitch = join.keepsPitch ?? false
      return retime
    }
    // Every clip was decoded in full when it arrived, and the master is verified next.
    options.check = .joins
    if let title = storyboard.title { options.metadata["title"] = title }
    if !context.plan.isPaid {
      options.metadata["comment"] = "Rendered by longtake's sandbox, a simulator: no model generated these frames."
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
    let how =
      [
        options.mode.rawValue, "\(options.overlap)", "\(options.audioCrossfade)", "\(options.audioBitRate ?? 0)",
        "\(options.writesChapters)", "\(options.audio)", "\(options.video)",
        try versions.map { version in
          "\(version) \(try version.voice.map { try FileDigest.sha256(ofFile: $0.file) } ?? "")"
        }.joined(separator: " "),
        try options.captions.map { "\($0.language ?? "") \(try FileDigest.sha256(ofFile: $0.file))" }.joined(
          separator: " "),
        try options.audio.music.map { try FileDigest.sha256(ofFile: $0.file) } ?? "",
        options.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(),
      ]
    // Left out where they are not set, so that masters of earlier versions stay valid.
    let retime: String? = options.retime.map { "retime \($0.rate) \($0.keepsPitch)" }
    let marking: String? = storyboard.marking.map { "marking \($0)" }
    let added: [String] = [retime, marking].compactMap(\.self)
    let rules = (try? JSONValue(encoding: context.masterSpec).canonicalJSON) ?? context.masterSpec.id
    return SHA256Text.of((parts + how + added + [rules]).joined(separator: "\n"))
  }

  // MARK: - Contact sheet

  private func drawSheet(_ clips: [ClipEntry]) async throws {
    context.emit(.drawingContactSheet)
    let paths = clips.map { workspace.path($0.path) }
    let sheet = try await context.media.run {
      try ContactSheet(paths: paths, columns: Self.sheetColumns, cellWidth: Self.sheetCellWidth).still
    }
    try OutputFile.replace(workspace.contactSheetPath, with: sheet.bytes)
  }
}

extension StitchReport {
  /// Where the master's joins are, for checking them.
  public var declaredJoins: [Expectation.DeclaredJoin] {
    guard let rate = Rational(parsing: frameRate), rate.isPositive else { return [] }
    return joins.map { Expectation.DeclaredJoin(frame: $0.frame, time: Rational($0.frame) / rate) }
  }
}

extension JSONValue {
  /// Any value as JSON.
  package init(encoding value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
  }
}
