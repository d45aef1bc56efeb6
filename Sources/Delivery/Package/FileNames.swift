import Files
import Foundation
import Presets

/// Names of delivered files, made from a template.
enum FileNames {
  static let fields = ["title", "adid", "preset", "language"]
  /// Bytes of a name that every file system takes, extension and number included.
  private static let longest = 200

  /// - Throws: ``DeliveryError`` `badRequest` for an unknown field or a template that names no file.
  static func check(_ template: String) throws(DeliveryError) {
    for match in template.matches(of: /\{([^{}]*)\}/) where !fields.contains(String(match.1)) {
      throw DeliveryError(
        .badRequest, "the name template has no field \(quoted(String(match.1))); use \(fields.joined(separator: ", "))")
    }
    let rest = template.replacing(/\{[^{}]*\}/, with: "")
    if rest.contains("{") || rest.contains("}") || rest.contains("/") || rest.contains("\0") {
      throw DeliveryError(
        .badRequest, "the name template \(quoted(template)) must be a file name with fields such as {title}_{preset}")
    }
  }

  /// The name without extension. An empty field is left out together with the `_`, `-` or `.` before it.
  static func name(_ template: String, _ values: [String: String]) -> String {
    var name = ""
    var separator = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      separator += rest[..<open]
      let value = safe(values[String(rest[rest.index(after: open)..<close])] ?? "")
      if value.isEmpty {
        while let last = separator.last, "_-. ".contains(last) { separator.removeLast() }
        name += separator
      } else {
        name += name.isEmpty && separator.allSatisfy { "_-. ".contains($0) } ? value : separator + value
      }
      separator = ""
      rest = rest[rest.index(after: close)...]
    }
    name += separator + rest
    var short = Substring(name.isEmpty ? "deliverable" : name)
    while short.utf8.count > longest { short.removeLast() }
    return short.hasPrefix(".") ? "_" + short.dropFirst() : String(short)
  }

  /// Letters, digits and a few signs; others become `-`, spaces too.
  private static func safe(_ text: String) -> String {
    let kept = text.precomposedStringWithCanonicalMapping.map { character in
      character.isLetter || character.isNumber || "-_+.".contains(character) ? String(character) : "-"
    }.joined()
    return kept.replacing(/-+/, with: "-").trimmingCharacters(in: CharacterSet(charactersIn: "-."))
  }
}
