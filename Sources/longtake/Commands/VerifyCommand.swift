import ArgumentParser
import Files
import Foundation
import Libav
import Presets
import Verification

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check deliverables against a preset.",
    discussion: "Checks every file, also after a failure. Exits with 1 when a file fails.")

  private static let usualPreset = "uhd-4k"

  @Argument(help: "Media files, and folders of media files.", completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "Name of a preset, or path of your own (default: \(usualPreset); none with --mediaconch).", valueName: "name|path"
    ))
  var preset: String?

  @Option(
    help: ArgumentHelp(
      "Check against a MediaConch policy, besides a preset that is named. Refused with rules that cannot be checked.",
      valueName: "file"), completion: .file())
  var mediaconch: String?

  @Flag(help: "Print one JSON object per file.")
  var json = false

  @Flag(help: "List every check, also those that passed or were not run.")
  var verbose = false

  @Flag(help: "Read only headers, packets and keyframes; skip the checks that need more.")
  var fast = false

  @Option(help: ArgumentHelp("Files to check at a time.", valueName: "n"))
  var jobs = 1

  @Option(
    help: ArgumentHelp(
      "Look for defects at the joins in this report of 'stitch --report'; for one file.", valueName: "file"),
    completion: .file())
  var joins: String?

  @Option(help: ArgumentHelp("Write the findings as JUnit XML, for CI.", valueName: "file"), completion: .file())
  var junit: String?

  @Flag(help: "Replace an existing JUnit file.")
  var overwrite = false

  @Flag(name: .customLong("list-checks"), help: "List every check with its unit.")
  var listChecks = false

  @Flag(name: .customLong("list-presets"), help: "List the presets found.")
  var listPresets = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if files.isEmpty, !listChecks, !listPresets { throw ValidationError("Name at least one file to verify.") }
    if joins != nil, files.count > 1 { throw ValidationError("--joins takes one file.") }
    if jobs < 1 { throw ValidationError("--jobs must be 1 or more.") }
  }

  func run() async throws {
    common.apply()
    let library = try presets.library()
    if listChecks { try showChecks() }
    if listPresets { try showPresets(library) }
    guard !files.isEmpty else { return }
    let policy = try mediaconch.map { try MediaConchPolicy(path: $0) }
    let spec =
      if let policy, preset == nil { policy.spec } else {
        try library.deliverableSpec(named: preset ?? Self.usualPreset)
      }
    let verifier = try Verifier(spec: spec, mode: fast ? .fast : .full, policies: policy.map { [$0] } ?? [])
    let expectation = try joins.map { try JoinsFile($0).expectation }
    let paths = try MediaFiles(files).paths
    if let junit {
      try OutputPaths.requireDistinct([junit], from: paths + [preset, joins, mediaconch].compactMap(\.self))
      // An output that cannot be created is reported before the work, not after it.
      _ = try OutputFile(junit, overwrite: overwrite)
    }
    var hasFailed = false
    var suites: [JUnitReport.File] = []
    let failure = try await FileBatch.run(paths, jobs: jobs) { number, _ -> VerificationReport in
      try verifier.verify(paths[number], expectation: expectation) { progress in
        let event = EventRecord(verifying: paths[number], frames: progress.frames, fraction: progress.fraction)
        guard jobs == 1 else { return Events.emit(event) }
        let part = progress.fraction.map { String(format: " (%.0f %%)", 100 * $0) } ?? ""
        Terminal.progress("\(paths[number]): \(counted(progress.frames, "frame"))\(part)", event: event)
      }
    } show: { number, report in
      if json {
        Answer.json(text: String(decoding: try report.data(), as: UTF8.self))
      } else {
        let isFirst = !suites.contains { $0.report != nil }
        Answer.lines(VerificationTable(report, verbose: verbose, showsNotes: isFirst).lines)
      }
      if report.verdict == .fail { hasFailed = true }
      suites.append(JUnitReport.File(path: paths[number], report: report))
    } failed: { number, error in
      suites.append(JUnitReport.File(path: paths[number], error: String(describing: error)))
    }
    if let junit {
      let file = try OutputFile(junit, overwrite: overwrite)
      try file.write(Array(JUnitReport(preset: verifier.spec.id, files: suites).text.utf8))
      try file.commit()
    }
    if let failure { throw failure }
    if hasFailed { throw ExitStatus.no }
  }

  private func showChecks() throws {
    guard json else { return Answer.lines(CheckCatalogue.listing) }
    for check in CheckCatalogue.all { try Answer.json(ListedCheck(check)) }
  }

  private func showPresets(_ library: PresetLibrary) throws {
    let found = try library.names(of: .verify).map { name in
      ListedPreset(preset: name, title: try library.deliverableSpec(named: name).title)
    }
    if json {
      for preset in found { try Answer.json(preset) }
    } else {
      let width = found.map(\.preset.count).max() ?? 0
      Answer.lines(found.map { "\($0.preset.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.title)" })
    }
  }
}

/// `verify --list-checks --json`.
struct ListedCheck: Encodable {
  let schema = "longtake.check/1"
  let check: String
  let unit: String
  let needsDecoding: Bool
  let description: String

  private enum CodingKeys: String, CodingKey {
    case schema, check, unit, description
    case needsDecoding = "needs_decoding"
  }

  init(_ check: Check) {
    self.check = check.id
    unit = check.unit
    needsDecoding = check.needsDecoding
    description = check.detail
  }
}

/// `verify --list-presets --json`.
struct ListedPreset: Encodable {
  let schema = "longtake.preset/1"
  let preset: String
  let title: String

  private enum CodingKeys: String, CodingKey { case schema, preset, title }
}
