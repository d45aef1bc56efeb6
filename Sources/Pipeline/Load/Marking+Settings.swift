import Delivery
import Files
import Foundation
import Presets
import Probing
import Stitching
import Storyboard
import Timing

extension MarkingSettings {
  /// - Throws: ``MarkingProblem`` naming the field.
  func options() throws(MarkingProblem) -> MarkingOptions {
    var options = MarkingOptions()
    switch sourceType {
    case nil, "auto": break
    case "none": options.sourceType = .omitted
    case .some(let name):
      guard let term = DigitalSourceType(name) else {
        throw MarkingProblem(
          field: "source_type",
          message:
            "\(quoted(name)) is no digital source type of IPTC; write auto, none or a term such as digitalCapture.")
      }
      options.sourceType = .term(term)
    }
    guard let aigc else { return options }
    do {
      let json = JSONValue.object(aigc.mapValues(JSONValue.string)).canonicalJSON
      options.aigc = try AIGCLabel(written: json)
    } catch {
      throw MarkingProblem(field: "aigc", message: "\(error).")
    }
    return options
  }
}

/// A field of `marking` that cannot be used.
struct MarkingProblem: Error {
  let field: String
  let message: String
}

extension LabelSettings {
  /// - Parameter language: of the master, for a label without text and language.
  /// - Throws: ``DeliveryError`` `badRequest`.
  func label(language: String?) throws(DeliveryError) -> VisibleLabel {
    var label =
      if let text {
        try VisibleLabel(text: text)
      } else {
        try VisibleLabel(language: self.language ?? language ?? "eng")
      }
    if let position = position.flatMap(VisibleLabel.Position.init) { label.position = position }
    if let size { label.size = size.doubleValue }
    label.seconds = seconds
    return label
  }
}
