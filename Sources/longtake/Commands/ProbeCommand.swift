import ArgumentParser
import Foundation
import Probing

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Tell what is in media files, counted and not guessed.")

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Flag(help: "One JSON object per file: ffprobe's fields, and ours under \"longtake\".")
  var json = false

  @Flag(name: .customLong("no-count"), help: "Read only the headers; count nothing.")
  var noCount = false

  @OptionGroup var common: CommonOptions

  /// Every file is looked at; the first failure decides the exit status.
  func run() throws {
    common.apply()
    var failure: ExitStatus?
    for path in files {
      do {
        let report = try ProbeReport(path: path, counting: !noCount)
        if json {
          Output.line(String(decoding: try ProbeJSON(report, path: path).data(), as: UTF8.self))
        } else {
          for line in ProbeTable(report, path: path).lines { Terminal.note(line) }
        }
      } catch {
        let status = Failure.report(error)
        failure = failure ?? status
      }
    }
    if let failure { throw failure }
  }
}
