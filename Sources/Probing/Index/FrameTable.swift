public import Libav

/// The packets of a video from the container's own table, of which only one run is read.
///
/// The table has decoding times only. Presentation times come from the packets of one run, from a keyframe that no frame
/// before it or after it crosses to the next such keyframe. Where a run is not that plain there is no answer, and the whole file
/// has to be indexed (``MediaIndex``).
public struct FrameTable: Sendable {
  public let stream: StreamInfo
  private let entries: [TableEntry]
  /// Positions in ``entries`` of the key packets.
  private let keys: [Int]
  /// Shown packets before each entry, in decoding order; one more than entries.
  private let shownBefore: [Int]
  private let classifier: FrameClassifier?

  /// Codecs whose keyframes are random access points and whose frames are decoded in presentation order.
  private static let plainCodecs: Set<String> = ["vp8", "vp9", "prores", "mjpeg", "dnxhd", "png", "ffv1"]

  /// Nil when the container has no table of all packets, or it is not plain.
  public init?(_ demuxer: borrowing Demuxer, stream: StreamInfo) {
    let table = demuxer.packetTable(ofStream: stream.index)
    guard let first = table.first, first.isKey, Int64(table.count) == stream.frameCountFromHeader,
      zip(table, table.dropFirst()).allSatisfy({ $0.time < $1.time }),
      let parameters = try? demuxer.parameters(ofStream: stream.index)
    else { return nil }
    classifier = FrameClassifier(parameters)
    guard classifier != nil || Self.plainCodecs.contains(stream.codecName) else { return nil }
    self.stream = stream
    entries = table
    keys = table.indices.filter { table[$0].isKey && !table[$0].isDiscarded }
    var counts = [0]
    for entry in table { counts.append(counts[counts.count - 1] + (Self.isShown(entry) ? 1 : 0)) }
    shownBefore = counts
    guard keys.first == 0 || table[0..<(keys.first ?? 0)].allSatisfy(\.isDiscarded) else { return nil }
  }

  private static func isShown(_ entry: TableEntry) -> Bool { !entry.isDiscarded && entry.size > 0 }

  /// Frames that are shown.
  public var shownCount: Int { shownBefore[entries.count] }

  /// The packets from one keyframe to the next.
  public struct Run: Sendable {
    /// The run's packets alone; its position 0 is ``firstPosition`` in the whole video.
    public let index: PacketIndex
    public let firstPosition: Int
    public let isLast: Bool
    fileprivate let nextPTS: Int64?

    /// Presentation times of the shown frames, ascending, in ticks.
    public var times: [Int64] { index.presentationTimes }

    /// Ticks that the last shown frame lasts; 0 when unknown.
    public var lastDuration: Int64 { index.presentationOrder.last.map { index.entries[$0].duration } ?? 0 }
  }

  /// The run that holds a position in presentation order.
  public func run(holding position: Int, _ demuxer: borrowing Demuxer) throws(LibavError) -> Run? {
    guard position >= 0, position < shownCount,
      let number = keys.lastIndex(where: { shownBefore[$0] <= position })
    else { return nil }
    return try run(number, demuxer)
  }

  /// The run on screen at a time in ticks: the first when the time is before all frames, the last when it is after them.
  public func run(at time: Int64, _ demuxer: borrowing Demuxer) throws(LibavError) -> Run? {
    var number = keys.lastIndex { entries[$0].time <= time } ?? 0
    while let run = try run(number, demuxer) {
      if let next = run.nextPTS, next <= time { return nil }
      if run.times[0] <= time || number == 0 { return run }
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
    var packets: [PacketIndex.Entry] = []
    var nextPTS: Int64?
    var hasBSlice = false
    for position in start...end {
      let isRead = try read(demuxer, into: packet)
      if position == entries.count {
        guard !isRead else { return nil }
        break
      }
      let entry = entries[position]
      guard isRead, packet.position == entry.position, packet.size == entry.size,
        packet.isDiscarded == entry.isDiscarded, let pts = packet.pts
      else { return nil }
      let kind = packet.withBytes { bytes -> FrameKind in
        hasBSlice = hasBSlice || classifier?.isBSlice(bytes) ?? false
        return classifier?.kind(of: bytes) ?? .unknown
      }
      if position == start || position == end {
        // All that is decoded before is shown before, and nothing after refers to it.
        guard classifier == nil ? packet.isKey : kind == .idr else { return nil }
      }
      if position == end {
        guard packets.allSatisfy({ $0.isDiscarded || ($0.pts ?? .max) < pts }) else { return nil }
        nextPTS = pts
      } else {
        packets.append(
          PacketIndex.Entry(
            pts: pts, dts: packet.dts, duration: packet.duration, size: packet.size, isKey: packet.isKey,
            isDiscarded: packet.isDiscarded, frame: kind))
      }
    }
    guard !isInDoubtfulOrder(packets, hasBSlice: hasBSlice) else { return nil }
    let index = PacketIndex(stream: stream, formatName: "mov", entries: packets, hdr: nil, isPartial: true)
    guard index.hasUniquePTS, index.presentationOrder.first == 0 else { return nil }
    return Run(
      index: index, firstPosition: shownBefore[start], isLast: end == entries.count, nextPTS: nextPTS)
  }

  /// Whether the times are in decoding order although the frames may be reordered.
  private func isInDoubtfulOrder(_ packets: [PacketIndex.Entry], hasBSlice: Bool) -> Bool {
    guard let classifier, classifier.isHEVC ? stream.videoDelay > 0 : hasBSlice, packets.count > 1 else { return false }
    return packets.allSatisfy { $0.pts == $0.dts }
      || zip(packets, packets.dropFirst()).allSatisfy { ($0.pts ?? 0) < ($1.pts ?? 0) } && hasBSlice
  }

  private func read(_ demuxer: borrowing Demuxer, into packet: borrowing Packet) throws(LibavError) -> Bool {
    while try demuxer.read(into: packet) {
      if packet.streamIndex == stream.index { return true }
    }
    return false
  }
}
