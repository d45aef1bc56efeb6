import Libav
import Probing
import Timing

/// The source frames that make up each frame at another rate.
struct FrameRateMap: Sendable {
  /// A source frame and its weight, above 0; the weights of one output frame add up to 1.
  struct Share: Sendable, Hashable {
    let frame: Int
    let weight: Float
  }

  /// One list per frame at the new rate, in presentation order.
  let shares: [[Share]]

  var count: Int { shares.count }

  /// Frames at the new rate before the first that shows a source frame after `last`.
  func count(through last: Int) -> Int {
    shares.firstIndex { $0.contains { $0.frame > last } } ?? count
  }

  /// Frames at the new rate at most: a day of 24 a second. A damaged time must not fill the memory.
  private static let maximumCount = 24 * 24 * 3600

  /// Keeps the duration, to the nearest frame.
  /// - Throws: ``StitchError`` `unusableShot` for a shot of more than a day, as a gap between its frames makes it.
  init(
    _ video: PacketIndex, of file: String, to rate: FrameRate, conversion: ConformOptions.RateConversion
  ) throws {
    let base = video.stream.timeBase
    let times = video.presentationTimes
    let origin = times.first ?? 0
    let starts = times.map { base.seconds($0 - origin) }
    let end = (video.end ?? base.seconds(origin)) - base.seconds(origin)
    let count = max(1, rate.frames(in: end) ?? .max)
    guard count <= Self.maximumCount else {
      throw StitchError(
        .unusableShot,
        "its \(times.count) frames span \(end.doubleValue.short) s, too long to convert to \(rate) frames/s; trim the gap first",
        file: file)
    }
    var shares: [[Share]] = []
    var frame = 0
    for index in 0..<count {
      let from = rate.duration(frames: index)
      switch conversion {
      case .duplicate:
        let middle = from + rate.frameDuration * Rational(1, 2)
        while frame + 1 < starts.count, starts[frame + 1] <= middle { frame += 1 }
        shares.append([Share(frame: frame, weight: 1)])
      case .blend:
        let to = rate.duration(frames: index + 1)
        while frame + 1 < starts.count, starts[frame + 1] <= from { frame += 1 }
        shares.append(Self.covered(from, to, starts: starts, frame: frame, base: base))
      }
    }
    self.shares = shares
  }

  /// The frames on screen during a span, weighted by time. Parts shorter than a tick are rounding.
  private static func covered(
    _ from: Rational, _ to: Rational, starts: [Rational], frame: Int, base: TimeBase
  ) -> [Share] {
    var found: [(Int, Rational)] = []
    var index = frame
    while index < starts.count, index == frame || starts[index] < to {
      let begin = max(from, index == frame ? from : starts[index])
      let end = index + 1 < starts.count ? min(to, starts[index + 1]) : to
      if end - begin > base.rational { found.append((index, end - begin)) }
      index += 1
    }
    let total = found.reduce(Rational.zero) { $0 + $1.1 }
    guard total.isPositive else { return [Share(frame: frame, weight: 1)] }
    return found.map { Share(frame: $0.0, weight: Float(($0.1 / total).doubleValue)) }
  }
}
