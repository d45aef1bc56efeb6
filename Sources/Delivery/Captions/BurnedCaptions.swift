import Captions
import Files
import Timing

/// Captions drawn into the frames of a version.
struct BurnedCaptions: Sendable {
  /// Parts of the frame: the height of a line against the shorter side, the room between lines, the free margin.
  private static let textSize = 0.05
  private static let lineHeight = 1.35
  private static let margin = 0.05
  private static let widest = 0.9

  let track: CaptionTrack
  private let segments: [CaptionTrack.Segment]

  /// - Throws: ``DeliveryError`` `badRequest` naming the cue that the bundled font cannot draw.
  init(_ track: CaptionTrack) throws(DeliveryError) {
    for (number, cue) in track.cues.enumerated() {
      for line in cue.text.lines where DrawnText(Self.shown(line)) == nil {
        let scalar = DrawnText.missingCharacter(of: Self.shown(line)) ?? " "
        let code = String(scalar.value, radix: 16, uppercase: true)
        throw DeliveryError(
          .badRequest,
          "cue \(number + 1) cannot be burned in: the bundled font has no U+\(code), only Latin, Greek and Cyrillic "
            + "letters; deliver these captions as a track or a file", file: track.source)
      }
    }
    self.track = track
    segments = track.segments(until: nil)
  }

  private static func shown(_ line: Substring) -> String { String(line).replacing("\t", with: " ") }

  /// libav's filters for the frame that begins at a time of the program; none where no caption is shown.
  /// - Throws: ``DeliveryError`` `unsuitable` when text cannot be drawn.
  func steps(at time: Rational, width: Int, height: Int) throws(DeliveryError) -> [String] {
    guard let segment = segment(at: time) else { return [] }
    var steps: [String] = []
    for isTop in [true, false] {
      let lines = segment.cues.filter { $0.isTop == isTop }.flatMap { $0.text.lines.map(Self.shown) }
      guard let longest = lines.map(\.count).max(), longest > 0 else { continue }
      let fitting = Double(width) * Self.widest / (Double(longest) * DrawnText.advance)
      let size = max(8, Int(min(Double(min(width, height)) * Self.textSize, fitting)))
      let pitch = Int(Double(size) * Self.lineHeight)
      let free = Int(Double(height) * Self.margin)
      let top = isTop ? free : height - free - pitch * lines.count
      for (number, line) in lines.enumerated() {
        guard let text = DrawnText(line), !line.isEmpty else { continue }
        // Lines stand on a common grid, whatever their letters' height.
        steps.append(
          try text.filter(
            size: size, x: "(w-tw)/2", y: "\(top + number * pitch)+\(size)-ascent", box: max(2, size / 6)))
      }
    }
    return steps
  }

  private func segment(at time: Rational) -> CaptionTrack.Segment? {
    // The last one that starts by then.
    var (low, high) = (0, segments.count)
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    guard low > 0, segments[low - 1].end > time else { return nil }
    return segments[low - 1]
  }
}
