import Libav
import Probing
import Timing

/// A page to draw pictures and text on.
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
    /// `0xRRGGBB@opacity`; nil draws no box.
    var paper: String?
  }

  /// Code value of the empty page, near black.
  static let background: UInt8 = 24

  init(width: Int, height: Int) throws(LibavError) {
    frame = try Frame(width: width, height: height, format: .rgb24, color: ColorTags(range: "pc", matrix: "gbr"))
    frame.withMutablePlane(0) { bytes, _ in
      for index in bytes.indices { bytes[index] = Self.background }
    }
  }

  /// Puts a picture on the page; what lies outside is cut off.
  func draw(_ picture: SmallPicture, left: Int, top: Int) {
    let columns = min(picture.width, frame.width - left)
    let rows = min(picture.height, frame.height - top)
    guard columns > 0, rows > 0 else { return }
    frame.withMutablePlane(0) { bytes, stride in
      picture.rgb.withUnsafeBufferPointer { source in
        for y in 0..<rows {
          let start = (top + y) * stride + left * 3
          let from = y * picture.width * 3
          for x in 0..<columns * 3 { bytes[start + x] = source[from + x] }
        }
      }
    }
  }

  mutating func write(_ label: Label) { labels.append(label) }

  /// Draws the text written so far.
  /// - Returns: false when this libav or installation cannot draw text; the page stays without it.
  mutating func drawText() throws(LibavError) -> Bool {
    defer { labels = [] }
    let visible = labels.filter { !$0.text.isEmpty }
    guard !visible.isEmpty else { return true }
    guard let font = SheetFont.path, LibraryVersions.hasFilter("drawtext") else { return false }
    let steps = visible.map { label in
      var step =
        "drawtext=fontfile=\(FilterGraph.escaped(font)):expansion=none:text=\(FilterGraph.escaped(label.text))"
        + ":x=\(label.left):y=\(label.top):fontsize=\(label.size):fontcolor=\(label.ink)"
      if let paper = label.paper { step += ":box=1:boxborderw=3:boxcolor=\(paper)" }
      return step
    }
    let graph = try FilterGraph(
      steps.joined(separator: ","),
      inputs: [
        .video(
          width: frame.width, height: frame.height, format: .rgb24, timeBase: .microseconds, frameRate: nil,
          color: frame.color)
      ], threads: 1)
    let timed = try frame.share()
    timed.pts = 0
    try graph.send(timed)
    try graph.sendEnd()
    let result = try Frame()
    guard try graph.receive(into: result) else { throw LibavError(.other, "drawing text gave no page") }
    frame = result
    return true
  }
}
