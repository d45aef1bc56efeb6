import Timing

/// Stretches of a film that flash more than three times in a second.
struct Flicker: Sendable {
  let general: [Interval]
  /// To and from a saturated red.
  let red: [Interval]

  /// Part of the frame, and flashes in a second, that make a risk: ITU-R BT.1702-3 annex 1 and WCAG 2.2 (2.3.1).
  private static let area: Float = 0.25
  private static let flashes = 3
  /// A step may take so many frames, for films that are dimmed and brightened over some.
  private static let span = 3
  /// A flash changes the frame one way; what moves brightens about as much as it darkens.
  private static let dominance: Float = 3

  init(_ series: FrameSeries) {
    general = Self.stretches(series, up: \.brightened, down: \.darkened)
    red = Self.stretches(series, up: \.reddened, down: \.paled)
  }

  /// In the order of the video; those that touch are one.
  var all: [Interval] { Self.merged((general + red).sorted { $0.start < $1.start }) }

  /// A flash is a pair of opposing steps; steps of several frames in a row are taken together.
  private static func stretches(
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
      // Alternating frames fill the window with both: then the frame itself must show which way it goes.
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
