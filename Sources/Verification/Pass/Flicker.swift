import Timing

/// Time ranges of a video with more than three flashes in a second.
struct Flicker: Sendable {
  let general: [Interval]
  /// To and from a saturated red.
  let red: [Interval]

  /// Part of the frame, and flashes in a second, above which there is a risk: ITU-R BT.1702-3 annex 1, WCAG 2.2 (2.3.1).
  private static let area: Float = 0.25
  private static let flashes = 3
  /// Frames that one step may take.
  private static let span = 3
  /// Least ratio of rising to falling parts: a flash changes the frame one way, motion brightens as much as it darkens.
  private static let dominance: Float = 3

  init(_ series: FrameSeries) {
    general = Self.intervals(series, up: \.brightened, down: \.darkened)
    red = Self.intervals(series, up: \.reddened, down: \.paled)
  }

  /// In presentation order; touching ranges are merged.
  var all: [Interval] { Self.merged((general + red).sorted { $0.start < $1.start }) }

  /// A flash is a pair of opposing steps; a step may span several frames.
  private static func intervals(
    _ series: FrameSeries, up: (FlickerAnalyser.Steps) -> Float, down: (FlickerAnalyser.Steps) -> Float
  ) -> [Interval] {
    var steps: [(index: Int, isUp: Bool)] = []
    let entries = series.entries
    for index in entries.indices {
      let recent = entries[max(0, index - span + 1)...index]
      let risen = recent.reduce(Float(0)) { $0 + up($1.flicker) }
      let fallen = recent.reduce(Float(0)) { $0 + down($1.flicker) }
      guard max(risen, fallen) >= area else { continue }
      let isClear = max(risen, fallen) >= dominance * min(risen, fallen)
      // Alternating frames put both directions into the window: then this frame alone decides.
      let now = (up: up(entries[index].flicker), down: down(entries[index].flicker))
      guard isClear || max(now.up, now.down) >= max(area, dominance * min(now.up, now.down)) else { continue }
      let isUp = isClear ? risen > fallen : now.up > now.down
      if steps.last?.isUp != isUp { steps.append((index, isUp)) }
    }
    let needed = 2 * (flashes + 1)
    return merged(
      steps.indices.prefix(max(0, steps.count - needed + 1)).map {
        Interval(start: series.time(steps[$0].index), end: series.time(steps[$0 + needed - 1].index))
      }.filter { $0.length <= .one })
  }

  private static func merged(_ intervals: [Interval]) -> [Interval] {
    intervals.reduce(into: []) { found, next in
      if let last = found.last, let end = last.end, end >= next.start {
        found[found.count - 1] = Interval(start: last.start, end: max(end, next.end ?? end))
      } else {
        found.append(next)
      }
    }
  }
}
