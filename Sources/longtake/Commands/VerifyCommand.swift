import ArgumentParser
import Files
import Foundation
import Libav
import Presets
import Verification

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check deliverables against a preset.",
    discussion: "Exit status 1 when a file fails. Every file is checked, also after one that fails.")

  @Argument(help: "Media files, and folders: all media in them is checked.", completion: .file())
  var files: [String] = []

  @Option(help: "A preset's name, or the path of one of your own.")
  var preset = "uhd-4k"

  @Flag(help: "One JSON object per file.")
  var json = false

  @Flag(help: "Read headers, packets and keyframes only; checks that need more are not run.")
  var fast = false

  @Option(help: ArgumentHelp("Files that are checked at the same time.", valueName: "n"))
  var jobs = 1

  @Option(
    help: ArgumentHelp(
      "The report of 'longtake stitch --report' on the one file: defects are looked for at its joins.",
      valueName: "file"), completion: .file())
  var joins: String?

  @Option(
    help: ArgumentHelp("Write the findings as JUnit XML, for CI systems.", valueName: "file"), completion: .file())
  var junit: String?

  @Flag(help: "Replace the JUnit file if it is there.")
  var overwrite = false

  @Flag(name: .customLong("list-checks"), help: "List every check with its unit.")
  var listChecks = false

  @Flag(name: .customLong("list-presets"), help: "List the presets that are found.")
  var listPresets = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if json, listChecks || listPresets { throw ValidationError("The lists are for people; leave --json away.") }
    if files.isEmpty, !listChecks, !listPresets { throw ValidationError("Name at least one file to verify.") }
    if joins != nil, files.count > 1 { throw ValidationError("--joins tells of one file; name no other.") }
    if jobs < 1 { throw ValidationError("--jobs must be 1 or more.") }
  }

  func run() async throws {
    common.apply()
    if listChecks { CheckCatalogue.listing.forEach(Output.line) }
    let library = try presets.library()
    if listPresets {
      for name in library.names(of: .verify) {
        Output.line("\(name)  \(Terminal.escape(try library.deliverableSpec(named: name).title))")
      }
    }
    guard !files.isEmpty else { return }
    let verifier = try Verifier(spec: try library.deliverableSpec(named: preset), mode: fast ? .fast : .full)
    let expectation = try joins.map { try JoinsFile($0).expectation }
    let paths = try MediaFiles(files).paths
    // Made now, so that what cannot be written is told before the work and not after it.
    if let junit {
      try DistinctFiles.require(writing: [junit], reading: paths + [preset, joins].compactMap(\.self))
      _ = try OutputFile(junit, overwrite: overwrite)
    }
    let batch = VerifyBatch(verifier: verifier, expectation: expectation, jobs: jobs, showsProgress: jobs == 1)
    var failure: ExitStatus?
    var cases: [JUnitReport.File] = []
    for try await outcome in batch.outcomes(of: paths) {
      switch outcome.result {
      case .success(let report):
        if json { Output.line(String(decoding: try report.data(), as: UTF8.self)) }
        for line in VerificationTable(report).lines { Terminal.note(line) }
        if report.verdict == .fail { failure = failure ?? .no }
        cases.append(JUnitReport.File(path: outcome.path, report: report))
      case .failure(let error):
        if error is CancellationError { throw error }
        let status = Failure.report(error)
        failure = failure == .no ? status : failure ?? status
        cases.append(JUnitReport.File(path: outcome.path, error: String(describing: error)))
      }
    }
    if let junit {
      let file = try OutputFile(junit, overwrite: overwrite)
      try file.write(Array(JUnitReport(preset: verifier.spec.id, files: cases).text.utf8))
      try file.commit()
    }
    if let failure { throw failure }
  }
}
