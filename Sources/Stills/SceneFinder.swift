import Libav
import Probing

/// Finds where one scene cuts to another, by decoding everything.
enum SceneFinder {
  private static let columns = 64
  private static let rows = 36
  /// Mean change of red, green and blue in 8-bit code values that makes a cut, when the change before it was that much smaller.
  private static let cutChange = 14
  /// A scene lasts at least so many frames: a flash is none.
  private static let shortest = 6

  /// Positions in presentation order, scene by scene, without gaps.
  static func scenes(
    _ path: String, video: PacketIndex, threading: Threading
  ) throws(LibavError) -> [Range<Int>] {
    let count = video.presentationOrder.count
    var walker = try FrameWalker(
      path: path, video: video, wanted: Array(0..<count), onDamage: .accept, threading: threading.sparing(video.stream))
    let frame = try Frame()
    var starts = [0]
    var (previous, before): ([UInt8]?, Int) = (nil, 0)
    while let position = try walker.next(into: frame) {
      let color = ExactFrame.Facts(frame, of: video.stream, path: path, index: position, note: nil).color
      let scaler = try Scaler(
        from: (frame.width, frame.height, frame.pixelFormat), color: color.tags, to: (columns, rows, .rgb24),
        targetColor: ColorTags(range: "pc", matrix: "gbr"), quality: .area)
      let small = SmallFrame(rgb24: try scaler.scale(frame)).rgb
      if let last = previous {
        let change = zip(last, small).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) } / small.count
        if min(change, abs(change - before)) >= cutChange, position - starts[starts.count - 1] >= shortest {
          starts.append(position)
        }
        before = change
      }
      previous = small
    }
    return zip(starts, starts.dropFirst() + [count]).map { $0..<$1 }
  }
}

/// Finds frames that stand well for a whole video.
enum CoverFinder {
  /// Frames that are looked at.
  private static let candidates = 48
  /// Parts of the video at either end where titles and fades are.
  private static let margin = 50

  static func covers(
    _ path: String, video: PacketIndex, wanted: Int, keyframesOnly: Bool, threading: Threading
  ) throws(LibavError) -> [(index: Int, reason: String?)] {
    let count = video.presentationOrder.count
    let skipped = count > 4 * margin ? count / margin : 0
    var positions = FrameSpread.even(max(candidates, 4 * wanted), over: count - 2 * skipped).map { $0 + skipped }
    if keyframesOnly {
      let keys = positions.filter { video.entries[video.presentationOrder[$0]].isKey }
      let all = video.presentationOrder.indices.filter { video.entries[video.presentationOrder[$0]].isKey }
      positions = keys.count >= wanted ? keys : all.isEmpty ? positions : Array(all)
    }
    var walker = try FrameWalker(
      path: path, video: video, wanted: Set(positions).sorted(), onDamage: .accept,
      threading: threading.sparing(video.stream))
    let frame = try Frame()
    var seen: [(index: Int, measure: FrameMeasure)] = []
    while let index = try walker.next(into: frame) {
      seen.append((index, try FrameMeasure(frame, of: video.stream)))
    }
    let distance = count / max(1, 4 * wanted)
    var chosen: [(index: Int, measure: FrameMeasure)] = []
    for candidate in seen.sorted(by: { ($0.measure.appeal, $1.index) > ($1.measure.appeal, $0.index) })
    where chosen.count < wanted && chosen.allSatisfy({ abs($0.index - candidate.index) >= distance }) {
      chosen.append(candidate)
    }
    return chosen.enumerated().map { rank, candidate in
      let measure = candidate.measure
      let words =
        measure.appeal == 0
        ? "all frames looked at are black or white"
        : "cover \(rank + 1) of \(seen.count) looked at: sharpness \(rounded(measure.sharpness)), contrast "
          + "\(rounded(measure.contrast)), colourfulness \(rounded(measure.colorfulness)), level \(rounded(measure.level))"
      return (candidate.index, words)
    }
  }

  private static func rounded(_ value: Double) -> Int { Int(value.rounded()) }
}
