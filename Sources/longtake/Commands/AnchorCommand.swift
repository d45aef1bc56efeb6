import ArgumentParser
import Files
import Libav
import Pipeline
import Presets
import Stills

struct AnchorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchor", abstract: "Write a shot's last frame so that the next shot's model accepts it.",
    discussion: """
      A PNG if it fits the model's size limit, else the best JPEG that does; the file's own content decides, so name the output \
      without worry: a name that ends in .png or .jpg holds the choice to that format.
      """)

  @Argument(help: "The shot's file.", completion: .file())
  var file: String

  @Option(
    name: .shortAndLong, help: "Where to write; without .png or .jpg the right ending is added.", completion: .file())
  var output: String

  @Option(help: "The model whose limits count; the Kling O3 family's without it.")
  var model: String?

  @Option(
    help:
      "Take the best of the last so many frames: sharp, in no cut, flash or fade. What lies after it is to be dropped."
  )
  var search: Int?

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which frame it is and how its colours were handled.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let search, !(1...120).contains(search) { throw ValidationError("--search is between 1 and 120.") }
  }

  func run() throws {
    common.apply()
    var limits = ImageLimits()
    if let model { limits = ImageLimits(startImageOf: try presets.library().model(named: model)) }
    let named = try? StillFile.format(of: output)
    if let named {
      guard limits.formats.contains(named) else {
        throw UsageError("\(output): the model does not take \(named.rawValue.uppercased()) images")
      }
      limits.formats = [named]
    }
    let anchor =
      if let search { try Anchor(of: file, searching: search, limits: limits) } else {
        try Anchor(of: file, limits: limits)
      }
    let path = named == nil ? "\(output).\(StillFile.ending(of: anchor.still.format))" : output
    try DistinctFiles.require(writing: [path], reading: [file])
    let destination = try OutputFile(path, overwrite: overwrite)
    try destination.write(anchor.still.bytes)
    try destination.commit()
    try StillFile.announce(
      StillFile.Facts(
        anchor.source, still: anchor.still, output: path, choice: anchor.choice, note: anchor.note), json: json)
  }
}
