import Files
import Foundation
import Probing

/// The font that labels are drawn with: DejaVu Sans Mono, subset; its licence is beside it.
package enum SheetFont {
  /// Width of a character, in parts of the font's size; the font is monospaced.
  static let advance = 0.602

  private static let file = "DejaVuSansMono.ttf"
  /// Droid Sans Fallback: the characters of the Chinese label of generated media.
  package static let chineseFile = "DroidSansFallback.ttf"
  private static let bundle = "longtake_Stills.resources/Fonts"
  /// Folders above the program that are searched: a test bundle is deeper than the program.
  private static let searchDepth = 4

  /// Beside the program, or where an installation puts shared files; nil when it is missing.
  package static let path = path(of: file)

  /// Of a font that is bundled.
  package static func path(of file: String) -> String? {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = program.deletingLastPathComponent()
    var candidates = [
      folder.appending(path: "fonts/\(file)"),
      folder.deletingLastPathComponent().appending(path: "share/longtake/fonts/\(file)"),
    ]
    for _ in 0..<searchDepth {
      candidates.append(folder.appending(path: "\(bundle)/\(file)"))
      folder = folder.deletingLastPathComponent()
    }
    return candidates.map { $0.path(percentEncoded: false) }.first { FileManager.default.isReadableFile(atPath: $0) }
  }

  /// As much of a text as fits into a width, with an ellipsis where it is cut; control characters are escaped.
  static func fitting(_ text: String, width: Int, size: Int) -> String {
    let room = Int(Double(width) / (advance * Double(size)))
    let shown = text.terminalSafe
    return shown.count <= room ? shown : room < 2 ? "" : String(shown.prefix(room - 1)) + "…"
  }
}
