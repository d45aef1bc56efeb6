import ArgumentParser
import Foundation
import Presets
import Verification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check deliverables against a preset.",
    discussion: "Exit status 1 when a file fails. Every file is checked, also after one that fails.")

  @Argument(help: "Media files.", completion: .file())
  var files: [String] = []

  @Option(help: "A preset's name, or the path of one of your own.")
  var preset = "uhd-4k"

  @Flag(help: "One JSON object per file.")
  var json = false

  @Flag(help: "Read headers and packets only; checks that need decoding are not run.")
  var fast = false

  @Flag(name: .customLong("list-checks"), help: "List every check with its unit.")
  var listChecks = false

  @Flag(name: .customLong("list-presets"), help: "List the presets that are found.")
  var listPresets = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if files.isEmpty, !listChecks, !listPresets { throw ValidationError("Name at least one file to verify.") }
  }

  func run() throws {
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
    var failure: ExitStatus?
    for path in files {
      do {
        let report = try verifier.verify(path) { progress in
          let part = progress.fraction.map { String(format: " (%.0f %%)", 100 * $0) } ?? ""
          Terminal.progress("\(path): \(progress.frames) pictures\(part)")
        }
        if json { Output.line(String(decoding: try report.data(), as: UTF8.self)) }
        for line in VerificationTable(report).lines { Terminal.note(line) }
        if report.verdict == .fail { failure = failure ?? .no }
      } catch {
        if error is CancellationError { throw error }
        let status = Failure.report(error)
        failure = status
      }
    }
    if let failure { throw failure }
  }
}
