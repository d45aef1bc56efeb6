import Color
import Libav

/// A page on which frames and text are drawn.
struct Canvas: ~Copyable {
  private(set) var frame: Frame
  private var labels: [Label] = []

  /// A line of text in a box of its own.
  struct Label {
    var text: String
    var left: Int
    var top: Int
    /// Pixels of a line's height.
    var size: Int
    /// `0xRRGGBB`.
    var ink = "0xF0F0F0"
    /// What is drawn under it; nil draws nothing.
    var paper: Paper?
  }

  /// A colour with an opacity of 0–1.
  struct Paper {
    let red: Double
    let green: Double
    let blue: Double
    var opacity = 1.0
  }

  /// Parts of a label's size: the paper's margin left and right of the text, its height, and the baseline in it.
  private static let paperMargin = 0.25
  private static let paperHeight = 1.3
  private static let baseline = 0.95

  /// Code value of the empty page, near black.
  static let background: UInt8 = 24

  init(width: Int, height: Int) throws(LibavError) {
    frame = try Frame(width: width, height: height, format: .rgb24, color: .fullRGB)
    frame.withMutablePlane(0) { bytes, _ in
      for index in bytes.indices { bytes[index] = Self.background }
    }
  }

  /// Puts an image on the page; what lies outside is cut off.
  func draw(_ image: SmallFrame, left: Int, top: Int) {
    let columns = min(image.width, frame.width - left)
    let rows = min(image.height, frame.height - top)
    guard columns > 0, rows > 0 else { return }
    frame.withMutablePlane(0) { bytes, stride in
      image.rgb.withUnsafeBufferPointer { source in
        for y in 0..<rows {
          let start = (top + y) * stride + left * 3
          let from = y * image.width * 3
          for x in 0..<columns * 3 { bytes[start + x] = source[from + x] }
        }
      }
    }
  }

  mutating func write(_ label: Label) { labels.append(label) }

  /// Pixels that a label of this many characters takes with its paper.
  static func width(ofCharacters count: Int, size: Int) -> Int {
    Int((Double(size) * (Double(count) * SheetFont.advance + 2 * paperMargin)).rounded(.up))
  }

  private func lay(_ paper: Paper, under label: Label) {
    let margin = Int((Double(label.size) * Self.paperMargin).rounded())
    let left = max(0, label.left - margin)
    let right = min(frame.width, left + Self.width(ofCharacters: label.text.count, size: label.size))
    let bottom = min(frame.height, label.top + Int((Double(label.size) * Self.paperHeight).rounded()))
    let parts = [paper.red, paper.green, paper.blue].map { $0 * paper.opacity * 255 }
    frame.withMutablePlane(0) { bytes, stride in
      for y in max(0, label.top)..<max(0, bottom) {
        for x in left..<max(left, right) {
          for channel in 0..<3 {
            let at = y * stride + 3 * x + channel
            bytes[at] = UInt8((Double(bytes[at]) * (1 - paper.opacity) + parts[channel]).rounded())
          }
        }
      }
    }
  }

  /// Draws the text written so far.
  /// - Returns: false when this libav or installation cannot draw text; the page stays without it.
  mutating func drawText() throws(LibavError) -> Bool {
    defer { labels = [] }
    let visible = labels.filter { !$0.text.isEmpty }
    guard !visible.isEmpty else { return true }
    guard let font = SheetFont.path, LibraryVersions.hasFilter("drawtext") else { return false }
    for label in visible {
      if let paper = label.paper { lay(paper, under: label) }
    }
    let steps = visible.map { label in
      // libav counts from the top of the highest letter: letters stand on one line only when counted from there.
      let line = label.top + Int((Double(label.size) * Self.baseline).rounded())
      return "drawtext=fontfile=\(FilterGraph.escaped(font)):expansion=none:text=\(FilterGraph.escaped(label.text))"
        + ":x=\(label.left):y=\(line)-ascent:fontsize=\(label.size):fontcolor=\(label.ink)"
    }
    frame = try FrameFilter(threads: 1).run(steps, on: frame)
    return true
  }
}
