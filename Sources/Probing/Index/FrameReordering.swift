/// How the frames of a stream are reordered between decoding and display, from their packets.
public struct FrameReordering: Sendable, Hashable {
  /// Frames that a decoder must hold back at most, so that they come out in order.
  public let reorderDepth: Int
  /// Most frames in a row, as shown, that are decoded after a frame shown later: B frames, as coders use them.
  public let longestBRun: Int
  /// Groups whose frames shown before the group's keyframe need the group before. 0: every group is closed.
  public let openGroups: Int

  /// Frames looked back for the depth; no codec at hand reorders more.
  private static let reach = 32

  /// Nil when packets lack times.
  init?(_ index: PacketIndex) {
    let entries = index.entries.filter { !$0.isDiscarded }
    let times = entries.compactMap(\.pts)
    guard times.count == entries.count, !times.isEmpty else { return nil }
    var (latest, isBehind) = (Int64.min, [Bool](repeating: false, count: times.count))
    for (position, time) in times.enumerated() {
      isBehind[position] = time < latest
      latest = max(latest, time)
    }
    reorderDepth = Self.depth(of: times)
    var (run, longest) = (0, 0)
    for position in times.indices.sorted(by: { (times[$0], $0) < (times[$1], $1) }) {
      run = isBehind[position] ? run + 1 : 0
      longest = max(longest, run)
    }
    longestBRun = longest
    openGroups = Self.openGroups(entries, times)
  }

  /// - Parameter times: of presentation, in decoding order.
  static func depth(of times: [Int64]) -> Int {
    times.indices.reduce(0) { depth, position in
      max(depth, times[max(0, position - reach)..<position].count { $0 > times[position] })
    }
  }

  private static func openGroups(_ entries: [PacketIndex.Entry], _ times: [Int64]) -> Int {
    var open = 0
    var key: Int?
    var isCounted = false
    for (position, entry) in entries.enumerated() {
      if entry.isKey {
        key = entry.frame == .idr ? nil : position
        isCounted = false
      } else if let start = key, !isCounted, times[position] < times[start], entry.frame != .radl {
        open += 1
        isCounted = true
      }
    }
    return open
  }
}
