import Files
import Probing

/// The font that labels are drawn with: DejaVu Sans Mono, subset; its licence is beside it.
package enum SheetFont {
  /// Width of a character, in parts of the font's size; the font is monospaced.
  static let advance = 0.602

  private static let file = "DejaVuSansMono.ttf"
  /// Droid Sans Fallback: the characters of the Chinese label of generated media.
  package static let chineseFile = "DroidSansFallback.ttf"
  private static let folder = ResourceFolder("fonts", of: "Stills", folder: "Fonts")

  /// Beside the program, or where an installation puts shared files; nil when it is missing.
  package static let path = path(of: file)

  /// Of a font that is bundled.
  package static func path(of file: String) -> String? { folder.path(of: file) }

  /// As much of a text as fits into a width, with an ellipsis where it is cut; control characters are escaped.
  static func fitting(_ text: String, width: Int, size: Int) -> String {
    let room = Int(Double(width) / (advance * Double(size)))
    let shown = text.terminalSafe
    return shown.count <= room ? shown : room < 2 ? "" : String(shown.prefix(room - 1)) + "…"
  }
}
