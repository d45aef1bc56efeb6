import Files
import Libav
import Stills

/// A line of text that is drawn into frames, in the bundled font that has all its characters.
struct DrawnText: Sendable, Hashable {
  static let chinese = "人工智能生成合影像视频内容"
  /// The code points that the bundled DejaVu Sans Mono has glyphs for.
  private static let glyphs: [ClosedRange<UInt32>] = [
    0x20...0x7E, 0xA0...0x17F, 0x384...0x38A, 0x38C...0x38C, 0x38E...0x3A1, 0x3A3...0x3CE, 0x3F0...0x45F,
    0x2010...0x2023, 0x2026...0x2026, 0x2030...0x2030, 0x2032...0x2033, 0x2039...0x203A, 0x20AC...0x20AC,
    0x2122...0x2122, 0x2190...0x2193, 0x2212...0x2212, 0x25CF...0x25CF, 0x266A...0x266B,
  ]
  /// Width of a character in parts of the text's size; that of Chinese is 1.
  static let advance = 0.602

  let text: String
  private let isChinese: Bool

  /// Nil where no bundled font has all characters.
  init?(_ text: String) {
    isChinese = !text.isEmpty && text.allSatisfy { Self.chinese.contains($0) }
    guard isChinese || Self.missingCharacter(of: text) == nil else { return nil }
    self.text = text
  }

  /// The first character that is in no bundled font beside others.
  static func missingCharacter(of text: String) -> Unicode.Scalar? {
    text.unicodeScalars.first { scalar in !glyphs.contains { $0.contains(scalar.value) } }
  }

  /// libav's filter that draws it in white.
  /// - Parameters:
  ///   - size: of the font in pixels.
  ///   - x: left edge, in the language of the filter `drawtext`; `y` the top edge.
  ///   - box: width in pixels of a dark border around the text; 0 for no box.
  /// - Throws: ``DeliveryError`` `unsuitable` when the font or the filter is missing.
  func filter(size: Int, x: String, y: String, box: Int = 0) throws(DeliveryError) -> String {
    guard let font = isChinese ? SheetFont.path(of: SheetFont.chineseFile) : SheetFont.path,
      LibraryVersions.hasFilter("drawtext")
    else {
      throw DeliveryError(
        .unsuitable,
        "text cannot be drawn: a bundled font or libav's drawtext filter is missing; 'longtake doctor' tells which")
    }
    let background = box > 0 ? ":box=1:boxcolor=black@0.5:boxborderw=\(box)" : ""
    return
      "drawtext=fontfile=\(FilterGraph.escaped(font)):text=\(FilterGraph.escaped(text.terminalSafe)):expansion=none"
      + ":fontcolor=white:fontsize=\(size)\(background):x=\(x):y=\(y)"
  }
}
