import ArgumentParser
import Files
import Libav
import Pipeline
import Presets
import Stills

struct AnchorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchor",
    abstract: "Extract a shot's last frame, fitted to the image limits of the next shot's model.",
    discussion: """
      Writes a PNG if it fits the model's size limit, else the best JPEG that fits. An output name that ends in .png or \
      .jpg fixes the format.
      """)

  @Argument(help: "The shot's file.", completion: .file())
  var file: String

  @Option(
    name: .shortAndLong, help: "Output file; .png or .jpg is appended when missing.", completion: .file())
  var output: String

  @Option(help: ArgumentHelp("Model whose limits apply (default: the Kling O3 family's).", valueName: "id"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Choose the best of the last N frames: sharp, not in a cut, flash or fade. Drop the frames after it.",
      valueName: "n"))
  var search: Int?

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print a JSON object: index, pts, time, size and colour handling.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let search, !(1...120).contains(search) { throw ValidationError("--search must be 1 to 120.") }
  }

  func run() throws {
    common.apply()
    var limits = ImageLimits()
    if let model { limits = ImageLimits(startImageOf: try presets.library().model(named: model)) }
    let named = try? EncodedStill.Format(of: output)
    if let named {
      guard limits.formats.contains(named) else {
        throw UsageError("\(output): the model does not accept \(named.rawValue.uppercased()) images")
      }
      limits.formats = [named]
    }
    let anchor =
      if let search { try Anchor(of: file, searching: search, limits: limits) } else {
        try Anchor(of: file, limits: limits)
      }
    let path = named == nil ? "\(output).\(anchor.still.format.ending)" : output
    try OutputPaths.requireDistinct([path], from: [file])
    let destination = try OutputFile(path, overwrite: overwrite)
    try destination.write(anchor.still.bytes)
    try destination.commit()
    try FrameReport(anchor.source, still: anchor.still, output: path, choice: anchor.choice, note: anchor.note)
      .show(json: json)
  }
}
