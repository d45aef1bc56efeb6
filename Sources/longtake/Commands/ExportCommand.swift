import ArgumentParser
import Files
import Foundation
import Pipeline
import Presets
import Review
import Stitching

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the timeline of a finished master for editing programs.",
    discussion: """
      The clips are the files that the master was made of, with the frames that it shows of them and the rest as handles; \
      where no report tells them, they are parts of the master itself, between its chapters. Markers show the joins, findings \
      that warn or fail, and reviewers' notes.

      otio is OpenTimelineIO, edl is CMX 3600 (one video track, no music), fcpxml is FCPXML 1.10 for Final Cut Pro and DaVinci \
      Resolve, fcp7 is Final Cut Pro 7 XML for Premiere Pro. Timecode is the files' own, from 00:00:00:00 where they have none.
      """)

  @Argument(help: "A master, or a storyboard or its workspace after a run.", completion: .file())
  var input: String

  @Option(help: ArgumentHelp("otio, edl, fcpxml, fcp7, separated by commas.", valueName: "list"))
  var format = FormatList.all

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder of the files, named as the master.", valueName: "dir"), completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp("Workspace of the storyboard (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Option(
    help: ArgumentHelp("Report of 'stitch --report' of this master (default: its chapters).", valueName: "file"),
    completion: .file())
  var joins: String?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Decisions of reviewers, for their notes.", valueName: "file"),
    completion: .file())
  var decisions: [String] = []

  @Option(help: ArgumentHelp("Verify a master against this preset first, for its findings.", valueName: "name|path"))
  var preset: String?

  @Flag(help: "Replace existing files.")
  var overwrite = false

  @Flag(help: "Print a JSON object: the clips with their ranges, and the files.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let source = try ReviewSource([input], workspace: workspace)
    let subject = try source.subject(in: TemporaryFiles(beside: output), joins: joins)
    guard let master = subject.master else {
      throw UsageError("\(input): there is no master yet; run the storyboard first", status: .inputNotFound)
    }
    if let reason = subject.superseded { Terminal.warning(reason) }
    let stem = URL(filePath: master).deletingPathExtension().lastPathComponent
    let files = format.formats.map { (format: $0, path: "\(output)/\(stem).\($0.fileExtension)") }
    try OutputPaths.requireDistinct(files.map(\.path), from: [master] + (subject.stitch?.shots.map(\.file) ?? []))
    var notes: [Decisions] = []
    if !decisions.isEmpty {
      notes = [try Decisions.merged(try decisions.map { ($0, try Decisions(path: $0)) }, at: Date())]
      try DecisionNotes.warn(notes[0], aboutOtherThan: master)
    }
    Terminal.progress("reading \(master)")
    var timeline = try timeline(of: master, subject, folders: source.folders(besides: joins))
    var verification = subject.verification
    if let preset, verification == nil {
      let library = try presets.library()
      verification = try MasterVerification.json(of: master, preset: preset, library: library, stitch: subject.stitch)
    }
    timeline.add(TimelineMarkers.findings(verification, rate: timeline.rate))
    timeline.add(notes.flatMap { TimelineMarkers.notes($0, of: timeline) })
    // Every file is made before the first is written.
    let contents = try files.map { Array(try $0.format.data(of: timeline)) }
    try OutputPaths.createFolder(output)
    for (file, bytes) in zip(files, contents) {
      let target = try OutputFile(file.path, overwrite: overwrite)
      try target.write(bytes)
      try target.commit()
    }
    let report = ExportReport(timeline, files: zip(files, contents).map { ($0.format.rawValue, $0.path, $1.count) })
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
  }

  private func timeline(of master: String, _ subject: ReviewSubject, folders: [String]) throws -> EditTimeline {
    if let stitch = subject.stitch {
      return try EditTimeline(stitch, of: master, name: subject.title, folders: folders)
    }
    let joins = try MasterJoins.joins(of: master, stitch: nil)
    return try EditTimeline(
      master: master, name: subject.title, joins: joins.map(\.frame),
      names: joins.first.map { first in [first.from] + joins.map(\.to) } ?? [subject.title])
  }
}

/// `otio,edl`.
struct FormatList: ExpressibleByArgument {
  let formats: [InterchangeFormat]

  static let all = FormatList(formats: InterchangeFormat.allCases)

  private init(formats: [InterchangeFormat]) { self.formats = formats }

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    let formats = names.compactMap { InterchangeFormat(rawValue: String($0)) }
    guard formats.count == names.count, Set(formats).count == formats.count else { return nil }
    self.formats = formats
  }

  var defaultValueDescription: String { formats.map(\.rawValue).joined(separator: ",") }
}
