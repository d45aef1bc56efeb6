/// The reordering of a stream's frames between decoding and presentation, from their packets.
public struct FrameReordering: Sendable, Hashable {
  /// Frames that a decoder must hold back so that they come out in order.
  public let reorderDepth: Int
  /// The longest run of shown frames that are decoded after a frame shown later: consecutive B frames.
  public let longestBRun: Int
  /// GOPs with frames shown before their keyframe that refer to the GOP before; 0 when every GOP is closed.
  public let openGOPs: Int

  /// Frames looked back for the depth; no supported codec reorders more.
  private static let reach = 32

  /// Nil when packets lack times.
  init?(_ index: PacketIndex) {
    let entries = index.entries.filter { !$0.isDiscarded }
    let times = entries.compactMap(\.pts)
    guard times.count == entries.count, !times.isEmpty else { return nil }
    var (latest, isReordered) = (Int64.min, [Bool](repeating: false, count: times.count))
    for (position, time) in times.enumerated() {
      isReordered[position] = time < latest
      latest = max(latest, time)
    }
    reorderDepth = Self.depth(of: times)
    var (run, longest) = (0, 0)
    for position in times.indices.sorted(by: { (times[$0], $0) < (times[$1], $1) }) {
      run = isReordered[position] ? run + 1 : 0
      longest = max(longest, run)
    }
    longestBRun = longest
    openGOPs = Self.openGOPs(entries, times)
  }

  /// - Parameter times: of presentation, in decoding order.
  static func depth(of times: [Int64]) -> Int {
    times.indices.reduce(0) { depth, position in
      max(depth, times[max(0, position - reach)..<position].count { $0 > times[position] })
    }
  }

  private static func openGOPs(_ entries: [PacketIndex.Entry], _ times: [Int64]) -> Int {
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
