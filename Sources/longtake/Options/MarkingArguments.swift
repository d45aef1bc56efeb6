public import ArgumentParser
public import Delivery
import Foundation
import Probing
import Stitching

/// Options of `stitch` and `deliver` for the marks of generated media.
struct MarkingArguments: ParsableArguments {
  @Option(
    name: .customLong("source-type"),
    help: ArgumentHelp(
      """
      IPTC digital source type in the XMP: auto (as the clips declare, else trainedAlgorithmicMedia), none or a term such \
      as digitalCapture.
      """, valueName: "term"))
  var sourceType: SourceTypeArgument = .automatic

  @Option(
    help: ArgumentHelp(
      "AIGC metadata of GB 45438-2025: a JSON object or a file with one; the fields left out are empty (default: the clips').",
      valueName: "json"))
  var aigc: String?

  func apply(to options: inout MarkingOptions) throws {
    options.sourceType = sourceType.value
    guard let aigc else { return }
    var text = aigc
    if !aigc.contains("{") {
      guard let data = FileManager.default.contents(atPath: aigc) else {
        throw UsageError("--aigc \(aigc): no such file, and no JSON object")
      }
      text = String(decoding: data, as: UTF8.self)
    }
    do {
      options.aigc = try AIGCLabel(written: text)
    } catch {
      throw UsageError("--aigc: \(error)")
    }
  }
}

/// `auto`, `none` or a term of IPTC.
struct SourceTypeArgument: ExpressibleByArgument, Sendable {
  static let automatic = SourceTypeArgument(.automatic)

  let value: MarkingOptions.SourceType

  private init(_ value: MarkingOptions.SourceType) { self.value = value }

  init?(argument: String) {
    switch argument {
    case "auto": self.init(.automatic)
    case "none": self.init(.omitted)
    default:
      guard let term = DigitalSourceType(argument) else { return nil }
      self.init(.term(term))
    }
  }

  var defaultValueDescription: String { "auto" }
}

/// Options of `deliver` for a text in the frames.
struct LabelArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Text to draw into the frames, or auto for that of the language, such as AI-generated (default: none).",
      valueName: "text|auto"))
  var label: String?

  @Option(
    name: .customLong("label-language"),
    help: ArgumentHelp("Language of --label auto, three letters (default: --language, else eng).", valueName: "code"))
  var labelLanguage: String?

  @Option(name: .customLong("label-position"), help: "Place of the label.")
  var position: VisibleLabel.Position = .bottomRight

  @Option(
    name: .customLong("label-size"),
    help: ArgumentHelp("Height of the text in percent of the frame's shorter side, 1-25.", valueName: "percent"))
  var size = VisibleLabel.usualSize

  @Option(
    name: .customLong("label-seconds"),
    help: ArgumentHelp(
      "How long from the start it is shown, e.g. 3s (default: the whole program).", valueName: "duration"))
  var seconds: DurationArgument?

  func validate() throws {
    guard VisibleLabel.sizes.contains(size) else { throw ValidationError("--label-size must be 1 to 25.") }
  }

  func label(language: String?) throws -> VisibleLabel? {
    guard let text = label else { return nil }
    var result =
      text == "auto"
      ? try VisibleLabel(language: labelLanguage ?? language ?? "eng") : try VisibleLabel(text: text)
    result.position = position
    result.size = size
    result.seconds = seconds?.seconds
    return result
  }
}

extension VisibleLabel.Position: ExpressibleByArgument {}
