import Color
public import Libav
import Probing

/// The frames around the joins of one video on one page: a row for each join, with the difference over it.
///
/// A row shows the last three frames before the join, the first two after it, and the absolute difference of the two that
/// meet, times ``gain``.
public struct JoinSheet: Sendable {
  /// A join to show.
  public struct Join: Sendable, Hashable {
    /// The first frame after it.
    public let frame: Int
    /// Written above its row.
    public let label: String

    public init(frame: Int, label: String) {
      self.frame = frame
      self.label = label
    }
  }

  /// Factor of the difference.
  public static let gain = 8
  /// Frames before the join, and after it.
  private static let (before, after) = (3, 2)
  private static let gap = 8
  private static let labelPart = 14
  private static let labelSizes = 12...28
  private static let mostPixels = 200_000_000
  private static let tallest = 32_000

  public let page: SmallFrame
  /// Positions in presentation order of the frames shown, join by join.
  public let frames: [[Int]]
  /// A warning for the user; nil when there is none.
  public let note: String?

  /// - Parameters:
  ///   - joins: in the order of the video.
  ///   - width: of the page, in pixels.
  /// - Throws: ``LibavError``: `noSuchStream` without video, `unsupported` when the page would be too large,
  ///   `invalidData` without joins.
  public init(of path: String, joins: [Join], width: Int, threading: Threading = .automatic) throws {
    let index = try MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else { throw LibavError(.noSuchStream, "has no video", file: path) }
    let count = video.presentationOrder.count
    let known = joins.filter { $0.frame > 0 && $0.frame < count }
    guard !known.isEmpty else {
      throw LibavError(
        .invalidData, "has no joins to show: it names no chapters; name a report of 'stitch --report' with --report",
        file: path)
    }
    let columns = Self.before + Self.after + 1
    let cellWidth = max(16, (width - (columns + 1) * Self.gap) / columns)
    let rows = known.map { join in
      (max(0, join.frame - Self.before)..<min(count, join.frame + Self.after)).map { $0 }
    }
    var images: [Int: SmallFrame] = [:]
    let maker = SmallFrameMaker(of: video.stream, width: cellWidth)
    var walker = try FrameWalker(
      path: path, video: video, wanted: Set(rows.flatMap(\.self)).sorted(), onDamage: .accept,
      threading: threading.sparing(video.stream))
    let frame = try Frame()
    while let position = try walker.next(into: frame) { images[position] = try maker.shrink(frame) }
    let size = min(max(cellWidth / Self.labelPart, Self.labelSizes.lowerBound), Self.labelSizes.upperBound)
    let header = size + 2 * Self.gap
    let cellHeight = images.values.map(\.height).max() ?? 0
    guard cellHeight > 0 else { throw LibavError(.invalidData, "none of its frames can be decoded", file: path) }
    let height = Self.gap + known.count * (header + cellHeight + Self.gap)
    guard height <= Self.tallest, width * height <= Self.mostPixels else {
      throw LibavError(.unsupported, "the sheet would be \(width)×\(height) pixels; take a smaller width", file: path)
    }
    var canvas = try Canvas(width: width, height: height)
    var top = Self.gap
    for (join, row) in zip(known, rows) {
      let text = SheetFont.fitting(join.label, width: width - 2 * Self.gap, size: size)
      canvas.write(Canvas.Label(text: text, left: Self.gap, top: top + Self.gap / 4, size: size))
      top += header
      for position in row {
        guard let image = images[position] else { continue }
        let column = position - join.frame + Self.before
        let left = Self.gap + column * (cellWidth + Self.gap)
        canvas.draw(image, left: left, top: top)
        Self.label("#\(position)", at: left, top + image.height, size, on: &canvas)
      }
      if let one = images[join.frame - 1], let other = images[join.frame] {
        let left = Self.gap + (columns - 1) * (cellWidth + Self.gap)
        let difference = Self.difference(one, other)
        canvas.draw(difference, left: left, top: top)
        Self.label("difference ×\(Self.gain)", at: left, top + difference.height, size, on: &canvas)
      }
      top += cellHeight + Self.gap
    }
    var notes = [video.stream.noteOnDolbyVision].compactMap(\.self)
    if try !canvas.drawText() { notes.append("no labels: this installation has no font, or libav no drawtext") }
    note = notes.isEmpty ? nil : notes.joined(separator: "; ")
    page = SmallFrame(RGBImage(rgb24: canvas.frame))
    frames = rows
  }

  private static func label(_ text: String, at left: Int, _ bottom: Int, _ size: Int, on canvas: inout Canvas) {
    canvas.write(
      Canvas.Label(
        text: text, left: left + size / 3, top: bottom - size - size / 3, size: size,
        paper: Canvas.Paper(red: 0, green: 0, blue: 0, opacity: 0.6)))
  }

  private static func difference(_ one: SmallFrame, _ other: SmallFrame) -> SmallFrame {
    let bytes = zip(one.rgb, other.rgb).map { UInt8(clamping: abs(Int($0) - Int($1)) * gain) }
    return SmallFrame(RGBImage(width: one.width, height: one.height, bytes: bytes))
  }
}
