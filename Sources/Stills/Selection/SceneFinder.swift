import Color
import Libav
import Probing

/// Finds the cuts between scenes by decoding all frames.
enum SceneFinder {
  private static let columns = 64
  private static let rows = 36
  /// Mean change of red, green and blue of a cut, in 8-bit code values; the change before it must be smaller by as
  /// much.
  private static let cutChange = 14
  /// Minimum length of a scene in frames: a flash is not a scene.
  private static let minimumLength = 6

  /// Positions in presentation order, scene by scene, without gaps.
  static func scenes(
    _ path: String, video: PacketIndex, threading: Threading
  ) throws -> [Range<Int>] {
    let count = video.presentationOrder.count
    var walker = try FrameWalker(
      path: path, video: video, wanted: Array(0..<count), onDamage: .accept, threading: threading.sparing(video.stream))
    let frame = try Frame()
    let scaler = FrameScaler()
    var starts = [0]
    var (previous, before): ([UInt8]?, Int) = (nil, 0)
    while let position = try walker.next(into: frame) {
      try Task.checkCancellation()
      let color = ExactFrame.Facts(frame, of: video.stream, path: path, index: position, note: nil).color
      let small = try scaler.shrink(frame, color: color.tags, to: (columns, rows)).bytes
      if let last = previous {
        let change = zip(last, small).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) } / small.count
        if min(change, abs(change - before)) >= cutChange, position - starts[starts.count - 1] >= minimumLength {
          starts.append(position)
        }
        before = change
      }
      previous = small
    }
    return zip(starts, starts.dropFirst() + [count]).map { $0..<$1 }
  }
}

/// Finds the frames that make the best covers of a video.
enum CoverFinder {
  /// Frames that are measured.
  private static let candidates = 48
  /// One part in this many is skipped at each end, where titles and fades are.
  private static let margin = 50

  static func covers(
    _ path: String, video: PacketIndex, wanted: Int, keyframesOnly: Bool, threading: Threading
  ) throws -> [(index: Int, reason: String?)] {
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
    let scaler = FrameScaler()
    var seen: [(index: Int, measure: FrameMeasure)] = []
    while let index = try walker.next(into: frame) {
      try Task.checkCancellation()
      seen.append((index, try FrameMeasure(frame, of: video.stream, scaler: scaler)))
    }
    let distance = count / max(1, 4 * wanted)
    var chosen: [(index: Int, measure: FrameMeasure)] = []
    for candidate in seen.sorted(by: { ($0.measure.appeal, $1.index) > ($1.measure.appeal, $0.index) })
    where chosen.count < wanted && chosen.allSatisfy({ abs($0.index - candidate.index) >= distance }) {
      chosen.append(candidate)
    }
    return chosen.enumerated().map { rank, candidate in
      let measure = candidate.measure
      let reason =
        measure.appeal == 0
        ? "all measured frames are black or white"
        : "cover \(rank + 1) of \(seen.count) measured: sharpness \(rounded(measure.sharpness)), contrast "
          + "\(rounded(measure.contrast)), colourfulness \(rounded(measure.colorfulness)), level \(rounded(measure.level))"
      return (candidate.index, reason)
    }
  }

  private static func rounded(_ value: Double) -> Int { Int(value.rounded()) }
}
