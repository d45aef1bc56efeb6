import Color
public import Libav
import Probing
import Timing

/// Small frames of several files on one page, with a block of rows for each file.
///
/// Frames of several files are spread evenly from first to last, so that those above one another are of the same
/// moment. A single file shows one frame from each of as many equal parts: the one that takes least decoding.
public struct ContactSheet: Sendable {
  /// One file of a sheet.
  public struct Entry: Sendable, Hashable {
    public var path: String
    /// Written above its frames, e.g. a shot's id; nil writes nothing.
    public var label: String?
    /// `pass`, `warn`, `fail` or another word; nil draws no badge.
    public var verdict: String?

    public init(path: String, label: String? = nil, verdict: String? = nil) {
      self.path = path
      self.label = label
      self.verdict = verdict
    }
  }

  /// How a sheet is laid out.
  public struct Layout: Sendable, Hashable {
    /// Frames across the page.
    public var columns = 4
    /// Rows of frames for each file.
    public var rows = 1
    /// Pixels.
    public var cellWidth = 480
    /// Takes the keyframe at or before each instead of the exact frame: faster.
    public var keyframesOnly = false
    public var showsTimecodes = true

    public init() {}

    /// Width of a cell, in pixels, so that ``columns`` of them fill a page of this width.
    public func cellWidth(fillingPageOf width: Int) -> Int {
      max(16, (width - (columns + 1) * ContactSheet.gap) / max(1, columns))
    }
  }

  public let page: SmallFrame
  /// The frames shown, file by file: positions in presentation order.
  public let frames: [[Int]]
  /// A warning for the user; nil when there is none.
  public let note: String?

  /// Pixels between cells.
  private static let gap = 8
  private static let quality = 90
  /// The size of a label is a cell's width divided by this, within limits.
  private static let labelPart = 14
  private static let labelSizes = 12...28
  /// Maximum pixels of a page: a larger one does not fit into a JPEG.
  private static let maximumSide = 32_000
  private static let maximumPixels = 200_000_000

  /// The page as a JPEG.
  public var still: EncodedStill { get throws(LibavError) { try page.encoded(as: .jpeg, quality: Self.quality) } }

  /// One row for each file, without labels.
  /// - Parameters:
  ///   - columns: cells of each row, ≥ 1: the first is the file's first frame, the last its last.
  ///   - cellWidth: pixels; the height follows from each frame's own shape.
  /// - Throws: ``LibavError`` naming the file that cannot be decoded.
  public init(paths: [String], columns: Int, cellWidth: Int) throws {
    var layout = Layout()
    layout.columns = columns
    layout.cellWidth = cellWidth
    try self.init(paths.map { Entry(path: $0) }, layout: layout)
  }

  /// - Throws: ``LibavError``: `unsupported` when the page would be too large, others naming the file that cannot be
  ///   decoded.
  public init(_ entries: [Entry], layout: Layout, threading: Threading = .automatic) throws {
    var blocks: [Block] = []
    let count = layout.columns * layout.rows
    let choice: Thumbnails.Choice = entries.count > 1 || layout.keyframesOnly ? .count(count) : .parts(count)
    for entry in entries { blocks.append(try Block(entry, layout: layout, choice: choice, threading: threading)) }
    let gap = Self.gap
    let size = min(max(layout.cellWidth / Self.labelPart, Self.labelSizes.lowerBound), Self.labelSizes.upperBound)
    let header = size + 2 * gap
    let width = layout.columns * layout.cellWidth + (layout.columns + 1) * gap
    let height = blocks.reduce(gap) { $0 + ($1.hasHeader ? header : 0) + $1.rows * ($1.cellHeight + gap) }
    guard max(width, height) <= Self.maximumSide, width * height <= Self.maximumPixels else {
      throw LibavError(
        .unsupported, "the sheet would be \(width)×\(height) pixels; take fewer columns or rows, or a smaller width")
    }
    var canvas = try Canvas(width: width, height: height)
    var top = gap
    for block in blocks {
      if block.hasHeader {
        Self.drawHeader(of: block.entry, on: &canvas, top: top + gap / 4, width: width - 2 * gap, size: size)
        top += header
      }
      for cell in block.cells {
        let (row, column) = cell.place.quotientAndRemainder(dividingBy: layout.columns)
        let (left, cellTop) = (gap + column * (layout.cellWidth + gap), top + row * (block.cellHeight + gap))
        canvas.draw(cell.frame, left: left, top: cellTop)
        if layout.showsTimecodes {
          let text = SheetFont.fitting(cell.time, width: layout.cellWidth - 2 * gap, size: size)
          let line = size + size / 3
          canvas.write(
            Canvas.Label(
              text: text, left: left + size / 3, top: cellTop + cell.frame.height - line, size: size,
              paper: Canvas.Paper(red: 0, green: 0, blue: 0, opacity: 0.6)))
        }
      }
      top += block.rows * (block.cellHeight + gap)
    }
    var notes: [String] = []
    if try !canvas.drawText() { notes.append("no labels: this installation has no font, or libav no drawtext") }
    let missing = blocks.filter { $0.cells.count < $0.wanted }
    notes += missing.map { "\($0.entry.path): \($0.wanted - $0.cells.count) frames could not be decoded" }
    notes += blocks.compactMap { block in block.note.map { "\(block.entry.path): \($0)" } }
    page = SmallFrame(RGBImage(rgb24: canvas.frame))
    frames = blocks.map { $0.cells.map(\.index) }
    note = notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  private static func drawHeader(of entry: Entry, on canvas: inout Canvas, top: Int, width: Int, size: Int) {
    var left = gap
    if let verdict = entry.verdict {
      let (mark, color) =
        switch verdict {
        case "pass": ("✓", Canvas.Paper(red: 0.18, green: 0.49, blue: 0.2))
        case "warn": ("!", Canvas.Paper(red: 0.7, green: 0.42, blue: 0))
        case "fail": ("✗", Canvas.Paper(red: 0.78, green: 0.16, blue: 0.16))
        default: ("?", Canvas.Paper(red: 0.33, green: 0.33, blue: 0.33))
        }
      let text = SheetFont.fitting("\(mark) \(verdict)", width: width, size: size)
      canvas.write(
        Canvas.Label(text: text, left: left + size / 4, top: top, size: size, ink: "0xFFFFFF", paper: color))
      left += Canvas.width(ofCharacters: text.count, size: size) + gap
    }
    if let label = entry.label {
      let text = SheetFont.fitting(label, width: width - left, size: size)
      canvas.write(Canvas.Label(text: text, left: left, top: top, size: size))
    }
  }
}

/// The frames of one file on a sheet.
private struct Block {
  struct Cell {
    let place: Int
    let index: Int
    let time: String
    let frame: SmallFrame
  }

  let entry: ContactSheet.Entry
  let rows: Int
  let wanted: Int
  /// About the whole file; nil when there is nothing to say.
  let note: String?
  private(set) var cells: [Cell] = []

  var hasHeader: Bool { entry.label != nil || entry.verdict != nil }
  var cellHeight: Int { cells.map(\.frame.height).max() ?? 0 }

  init(
    _ entry: ContactSheet.Entry, layout: ContactSheet.Layout, choice: Thumbnails.Choice, threading: Threading
  ) throws {
    self.entry = entry
    rows = layout.rows
    let thumbnails = try Thumbnails(
      of: entry.path, choose: choice, keyframesOnly: layout.keyframesOnly, threading: threading)
    wanted = thumbnails.count
    note = thumbnails.note
    let clock = SheetClock(thumbnails)
    var cells: [Cell] = []
    let places = Dictionary(
      thumbnails.chosen.enumerated().map { ($1.index, $0) }, uniquingKeysWith: { first, _ in first })
    do {
      try thumbnails.forEach(width: layout.cellWidth) { thumbnail in
        cells.append(
          Cell(
            place: places[thumbnail.index] ?? cells.count, index: thumbnail.index, time: clock.text(thumbnail),
            frame: thumbnail.frame))
      }
    } catch let error as LibavError {
      throw error.about(entry.path)
    } catch {
      throw LibavError(.other, "\(error)", file: entry.path)
    }
    guard !cells.isEmpty else {
      throw LibavError(.invalidData, "none of its frames can be decoded", file: entry.path)
    }
    self.cells = cells
  }
}

/// The text on a cell: a timecode when the rate is constant, else a time.
private struct SheetClock {
  private let rate: FrameRate?
  private let start: Int
  private let isDropFrame: Bool

  init(_ thumbnails: Thumbnails) {
    let video = thumbnails.video
    let timing = FrameTiming(
      times: video.hasUniquePTS ? video.presentationTimes : [], timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    rate = timing.isConstant ? timing.rate : nil
    let timecode = rate.flatMap { StartTimecode(container: nil, stream: video.stream, rate: $0) }
    start = timecode?.frame ?? 0
    isDropFrame = timecode?.isDropFrame ?? false
  }

  func text(_ thumbnail: Thumbnail) -> String {
    if let rate, let timecode = Timecode(frame: start + thumbnail.index, rate: rate, dropFrame: isDropFrame) {
      return timecode.description
    }
    return thumbnail.time.map { SpriteSheet.clock($0) } ?? "#\(thumbnail.index)"
  }
}
