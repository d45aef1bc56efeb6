import ArgumentParser
import Files
import Foundation
import Ledger
import Libav
import Pipeline
import Presets
import Review

struct ReviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "Write a page for looking at joins, shots and takes, and for deciding.",
    discussion: """
      Takes a storyboard or its workspace after a run, one master, or several shots, which are stitched for it. The page \
      opens from disk in a browser, needs no server, and loads nothing from a network. Decisions are made in the page, \
      exported as decisions.json, and acted on by 'longtake pick --decisions' and 'longtake redo --decisions'. \
      review.json beside the page holds everything it shows.
      """)

  @Argument(help: "A storyboard, a workspace, a master, or shots in order.", completion: .file())
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Folder for the page (default: review/ in the workspace; <name>.review beside a master).", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp("Workspace of the storyboard (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Option(
    help: ArgumentHelp(
      "Report of 'stitch --report' that tells where a master's joins are (default: its chapters).", valueName: "file"),
    completion: .file())
  var joins: String?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Decisions of reviewers to show.", valueName: "file"),
    completion: .file())
  var decisions: [String] = []

  @Option(help: ArgumentHelp("Verify a master against this preset first.", valueName: "name|path"))
  var preset: String?

  @Flag(name: .customLong("single-file"), help: "Put everything into one HTML file with a 720p proxy, for mailing.")
  var singleFile = false

  @Option(
    name: .customLong("max-size"), help: ArgumentHelp("Size limit of a single file in MB.", valueName: "mb"))
  var maximumSize = 20

  @Option(
    name: .customLong("proxy-above"),
    help: ArgumentHelp("Play a 1080p proxy instead of a master larger than this, in MB.", valueName: "mb"))
  var proxyAbove = 2048

  @Flag(help: "Open the page in the browser.")
  var open = false

  @Flag(help: "Replace an existing page.")
  var overwrite = false

  @Flag(help: "Print a JSON object: the page, its size, and the joins.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !inputs.isEmpty else { throw ValidationError("Name a storyboard, a workspace, a master, or shots.") }
    guard (1...2000).contains(maximumSize) else { throw ValidationError("--max-size must be 1 to 2000.") }
    guard proxyAbove >= 0 else { throw ValidationError("--proxy-above must be 0 or more.") }
  }

  func run() async throws {
    common.apply()
    let source = try ReviewSource(inputs, workspace: workspace)
    let folder = output ?? source.defaultFolder
    var options = ReviewOptions()
    options.isSingleFile = singleFile
    options.maximumBytes = Int64(maximumSize) << 20
    options.proxyAbove = Int64(proxyAbove) << 20
    options.version = Longtake.version
    // The page of a workspace is made again by every run.
    options.overwrite = overwrite || output == nil && source.isWorkspace
    try ReviewWriter.requireWritable(folder, overwrite: options.overwrite)
    let temporary = TemporaryFiles(beside: folder)
    defer { temporary.remove() }
    var subject = try source.subject(in: temporary, joins: joins)
    if let preset, let master = subject.master, subject.verification == nil {
      subject.verification = try MasterVerification.json(
        of: master, preset: preset, library: try presets.library(), stitch: subject.stitch)
    }
    if !decisions.isEmpty {
      subject.decisions = try Decisions.merged(
        try decisions.map { ($0, try Decisions(path: $0)) }, at: Date())
      if let merged = subject.decisions, let master = subject.master {
        try DecisionNotes.warn(merged, aboutOtherThan: master)
      }
    }
    let result = try ReviewWriter(subject, options: options).write(to: folder, progress: ReviewProgress.show)
    if json { try Answer.json(PageReport(result)) } else { Answer.lines(PageReport.lines(result)) }
    let proxy = result.proxySeconds > 0 ? String(format: ", and %.1f s for the proxy", result.proxySeconds) : ""
    Terminal.note(String(format: "made in %.1f s", result.seconds) + proxy)
    if open { try Self.show(result.page) }
  }

  /// Opens a page with the desktop's own program.
  private static func show(_ page: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    #if os(macOS)
      process.arguments = ["open", page]
    #else
      process.arguments = ["xdg-open", page]
    #endif
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    } catch {
      Terminal.warning("the browser could not be opened; open \(page) yourself")
    }
  }
}
