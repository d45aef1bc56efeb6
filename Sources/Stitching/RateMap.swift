import Libav
import Probing
import Timing

/// Which of a shot's pictures make up each picture at another rate.
struct RateMap: Sendable {
  /// One of a shot's pictures and its part, above 0; the parts of one picture add up to 1.
  struct Share: Sendable, Hashable {
    let picture: Int
    let weight: Float
  }

  /// One list for each picture at the new rate, in presentation order.
  let shares: [[Share]]

  var count: Int { shares.count }

  /// Pictures at the new rate before the first that shows one of the shot's behind `last`.
  func count(through last: Int) -> Int {
    shares.firstIndex { $0.contains { $0.picture > last } } ?? count
  }

  /// The same duration at another rate, to the nearest picture.
  init(_ video: PacketIndex, to rate: FrameRate, conversion: ConformOptions.RateConversion) {
    let base = video.stream.timeBase
    let times = video.presentationTimes
    let origin = times.first ?? 0
    let starts = times.map { base.seconds($0 - origin) }
    let end = (video.end ?? base.seconds(origin)) - base.seconds(origin)
    let count = max(1, rate.frames(in: end))
    var shares: [[Share]] = []
    var picture = 0
    for index in 0..<count {
      let from = rate.duration(frames: index)
      switch conversion {
      case .duplicate:
        let middle = from + rate.frameDuration * Rational(1, 2)
        while picture + 1 < starts.count, starts[picture + 1] <= middle { picture += 1 }
        shares.append([Share(picture: picture, weight: 1)])
      case .blend:
        let to = rate.duration(frames: index + 1)
        while picture + 1 < starts.count, starts[picture + 1] <= from { picture += 1 }
        shares.append(Self.covered(from, to, starts: starts, picture: picture, base: base))
      }
    }
    self.shares = shares
  }

  /// The pictures on screen during a span, each by its part of it. Parts below a tick are rounding.
  private static func covered(
    _ from: Rational, _ to: Rational, starts: [Rational], picture: Int, base: TimeBase
  ) -> [Share] {
    var found: [(Int, Rational)] = []
    var index = picture
    while index < starts.count, index == picture || starts[index] < to {
      let begin = max(from, index == picture ? from : starts[index])
      let end = index + 1 < starts.count ? min(to, starts[index + 1]) : to
      if end - begin > base.rational { found.append((index, end - begin)) }
      index += 1
    }
    let total = found.reduce(Rational.zero) { $0 + $1.1 }
    guard total.isPositive else { return [Share(picture: picture, weight: 1)] }
    return found.map { Share(picture: $0.0, weight: Float(($0.1 / total).doubleValue)) }
  }
}
