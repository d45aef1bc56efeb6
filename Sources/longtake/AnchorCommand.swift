import ArgumentParser
import Libav
import Pipeline
import Presets
import Stills

struct AnchorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchor", abstract: "Write a shot's last picture so that the next shot's model accepts it.",
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

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Flag(help: "Tell on stdout, as JSON, which picture it is and how its colours were handled.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

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
    let anchor = try Anchor(of: file, limits: limits)
    let path = named == nil ? "\(output).\(anchor.still.format == .png ? "png" : "jpg")" : output
    let destination = try OutputFile(path, overwrite: overwrite)
    try destination.write(anchor.still.bytes)
    try destination.commit()
    try StillFile.announce(StillFile.Facts(anchor.source, still: anchor.still, output: path), json: json)
  }
}
