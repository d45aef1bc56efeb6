import Libav
import Probing
import Timing

/// Chooses frames spread over a video, by their positions in presentation order.
enum FrameSpread {
  /// This many, evenly from the first frame to the last.
  static func even(_ wanted: Int, over count: Int) -> [Int] {
    guard wanted > 1, count > 1 else { return count > 0 ? [0] : [] }
    let number = min(wanted, count)
    return (0..<number).map { $0 * (count - 1) / (number - 1) }
  }

  /// The frame on screen every this many seconds.
  static func every(_ seconds: Rational, _ video: PacketIndex, path: String) throws(LibavError) -> [Int] {
    guard video.hasUniquePTS, let first = video.start, let end = video.end else {
      throw LibavError(.unsupported, "its frames have no times; choose by count instead of by interval", file: path)
    }
    guard seconds.isPositive, (end - first) / seconds < Rational(Thumbnails.maximumCount) else {
      throw LibavError(
        .unsupported, "an interval of \(seconds.doubleValue) s gives more than \(Thumbnails.maximumCount) frames",
        file: path)
    }
    let times = video.presentationTimes
    var (result, next, position) = ([Int](), first, 0)
    while next < end {
      guard let ticks = (next / video.stream.timeBase.rational).floor else {
        throw LibavError(.invalidData, "its times are out of range", file: path)
      }
      while position + 1 < times.count, times[position + 1] <= ticks { position += 1 }
      if result.last != position { result.append(position) }
      next = next + seconds
    }
    return result
  }

  /// The keyframes at or before the chosen ones, each once.
  static func snapped(
    _ chosen: [(index: Int, reason: String?)], _ video: PacketIndex
  ) -> [(index: Int, reason: String?)] {
    let keys = video.presentationOrder.indices.filter { video.entries[video.presentationOrder[$0]].isKey }
    var result: [(index: Int, reason: String?)] = []
    for (index, reason) in chosen {
      let key = keys.last { $0 <= index } ?? keys.first ?? index
      if result.last?.index != key { result.append((key, reason)) }
    }
    return result
  }

  /// The distance between chosen frames is at least one part divided by this.
  private static let clearance = 2

  /// One from each of this many equal parts: the keyframe nearest to the middle of the part, else the frame decoded
  /// first.
  static func cheapest(_ wanted: Int, of video: PacketIndex) -> [Int] {
    let count = video.presentationOrder.count
    guard video.hasUniquePTS, wanted > 1, count > wanted else { return even(wanted, over: count) }
    let clear = count / (wanted * clearance)
    var result: [Int] = []
    for part in 0..<wanted {
      let (start, end) = (part * count / wanted, (part + 1) * count / wanted)
      let candidates = max(start, result.last.map { $0 + clear } ?? 0)..<end
      func entry(_ position: Int) -> Int { video.presentationOrder[position] }
      let keys = candidates.filter { video.randomAccess(before: entry($0)) == entry($0) }
      let middle = (start + end) / 2
      let chosen = keys.min { abs($0 - middle) < abs($1 - middle) } ?? candidates.min { entry($0) < entry($1) }
      if let chosen { result.append(chosen) }
    }
    return result
  }
}
