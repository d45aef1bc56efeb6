import ArgumentParser
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

  func run() throws {
    common.apply()
  }
}
