import ArgumentParser
import Foundation
import Probing

struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Show what is in media files, counted from the packets.",
    discussion: """
      --json prints the fields of ffprobe's -print_format json -show_format -show_streams, and further ones under \
      "longtake": counted frames, measured rate, GOP structure, A/V offsets, colour.

      A file that cannot be read to its end is shown as far as it goes; the exit status is 65 then.
      """)

  @Argument(help: "Media files.", completion: .file())
  var files: [String]

  @Flag(help: "Print one JSON object per file.")
  var json = false

  @Flag(name: .customLong("no-count"), help: "Read only the headers, not the packets.")
  var noCount = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    var damaged: ExitStatus?
    let failure = try await FileBatch.run(files) { number, _ in
      try ProbeReport(path: files[number], counting: !noCount)
    } show: { number, report in
      if json {
        Answer.json(text: String(decoding: try ProbeJSON(report, path: files[number]).data(), as: UTF8.self))
      } else {
        Answer.lines(ProbeTable(report, path: files[number]).lines)
      }
      if let error = report.readError {
        Terminal.error("\(files[number]): \(error)")
        damaged = .badInput
      }
    }
    if let failure = failure ?? damaged { throw failure }
  }
}
