public import Libav

/// Which packets a video consists of, from the container's own table: nothing but the wanted run is read.
///
/// The table knows decoding times only. What is shown when is told by reading the packets of one run, from a keyframe that
/// nothing reaches over to the next such; wherever that cannot be told exactly, there is no answer and the whole file has to be
/// indexed (``MediaIndex``).
public struct FrameTable: Sendable {
  public let stream: StreamInfo
  private let entries: [TableEntry]
  /// Positions in ``entries`` of the key packets.
  private let keys: [Int]
  /// Shown packets before each entry, in decoding order; one more than entries.
  private let shownBefore: [Int]
  private let classifier: FrameClassifier?

  /// Codecs whose keyframes begin again and whose frames are decoded in the order they are shown in.
  private static let resetting: Set<String> = ["vp8", "vp9", "prores", "mjpeg", "dnxhd", "png", "ffv1"]

  /// Nil when the container has no table of all packets, or it is not plain.
  public init?(_ demuxer: borrowing Demuxer, stream: StreamInfo) {
    let table = demuxer.packetTable(ofStream: stream.index)
    guard let first = table.first, first.isKey, Int64(table.count) == stream.frameCountFromHeader,
      zip(table, table.dropFirst()).allSatisfy({ $0.time < $1.time }),
      let parameters = try? demuxer.parameters(ofStream: stream.index)
    else { return nil }
    classifier = FrameClassifier(parameters)
    guard classifier != nil || Self.resetting.contains(stream.codecName) else { return nil }
    self.stream = stream
    entries = table
    keys = table.indices.filter { table[$0].isKey && !table[$0].isDiscarded }
    var counts = [0]
    for entry in table { counts.append(counts[counts.count - 1] + (entry.isDiscarded ? 0 : 1)) }
    shownBefore = counts
    guard keys.first == 0 || table[0..<(keys.first ?? 0)].allSatisfy(\.isDiscarded) else { return nil }
  }

  /// Frames that are shown.
  public var shownCount: Int { shownBefore[entries.count] }

  /// The packets from one keyframe to the next.
  public struct Run: Sendable {
    /// Position in presentation order of the first of ``times``.
    public let firstPosition: Int
    /// Presentation times of the shown frames, ascending, in ticks.
    public let times: [Int64]
    /// The time of the key packet that it starts with, to seek to.
    public let firstPTS: Int64
    /// Ticks that the last of ``times`` lasts; 0 when unknown.
    public let lastDuration: Int64
    public let isLast: Bool
    /// Frames that a decoder must hold back, so that they come out in order.
    public let reorderDepth: Int
    fileprivate let nextPTS: Int64?
  }

  /// The run that holds a position in presentation order.
  public func run(holding position: Int, _ demuxer: borrowing Demuxer) throws(LibavError) -> Run? {
    guard position >= 0, position < shownCount,
      let number = keys.lastIndex(where: { shownBefore[$0] <= position })
    else { return nil }
    return try run(number, demuxer)
  }

  /// The run that is on screen at a time in ticks: the first when it lies before all, the last when it lies behind.
  public func run(at time: Int64, _ demuxer: borrowing Demuxer) throws(LibavError) -> Run? {
    var number = keys.lastIndex { entries[$0].time <= time } ?? 0
    while let run = try run(number, demuxer) {
      if let next = run.nextPTS, next <= time { return nil }
      if run.firstPTS <= time || number == 0 { return run }
      number -= 1
    }
    return nil
  }

  private func run(_ number: Int, _ demuxer: borrowing Demuxer) throws(LibavError) -> Run? {
    guard keys.indices.contains(number) else { return nil }
    let start = keys[number]
    let end = number + 1 < keys.count ? keys[number + 1] : entries.count
    // libav goes to the last key packet that is decoded and shown by then: ask for the latest time that this one alone meets.
    let latest = end < entries.count ? entries[end].time - 1 : 2 * entries[end - 1].time - entries[0].time + 1
    guard demuxer.seek(stream: stream.index, notAfter: latest) else { return nil }
    let packet = try Packet()
    var (firstPTS, nextPTS): (Int64?, Int64?)
    var shown: [(pts: Int64, duration: Int64)] = []
    var decoded: [Int64] = []
    for position in start...end {
      let isRead = try read(demuxer, into: packet)
      if position == entries.count {
        guard !isRead else { return nil }
        break
      }
      let entry = entries[position]
      guard isRead, packet.position == entry.position, packet.size == entry.size,
        packet.isDiscarded == entry.isDiscarded,
        let pts = packet.pts
      else { return nil }
      if position == start || position == end {
        guard isClosed(packet) else { return nil }
      }
      if position == start { firstPTS = pts }
      if position < end { decoded.append(pts) }
      if position == end {
        guard shown.allSatisfy({ $0.pts < pts }) else { return nil }
        nextPTS = pts
      } else if !entry.isDiscarded {
        shown.append((pts, packet.duration))
      }
    }
    let depth = FrameReordering.depth(of: decoded)
    shown.sort { $0.pts < $1.pts }
    guard let firstPTS, shown.first?.pts == firstPTS, let last = shown.last,
      zip(shown, shown.dropFirst()).allSatisfy({ $0.pts < $1.pts })
    else { return nil }
    return Run(
      firstPosition: shownBefore[start], times: shown.map(\.pts), firstPTS: firstPTS,
      lastDuration: last.duration, isLast: end == entries.count, reorderDepth: depth,
      nextPTS: nextPTS)
  }

  private func read(_ demuxer: borrowing Demuxer, into packet: borrowing Packet) throws(LibavError) -> Bool {
    while try demuxer.read(into: packet) {
      if packet.streamIndex == stream.index { return true }
    }
    return false
  }

  /// Whether all that is decoded before is shown before, and nothing after refers to it.
  private func isClosed(_ packet: borrowing Packet) -> Bool {
    guard let classifier else { return packet.isKey }
    return packet.withBytes { classifier.kind(of: $0) } == .idr
  }
}
