import CLibav

/// A packet in the container's own table, known before any packet is read.
public struct TableEntry: Sendable, Hashable {
  /// Offset in the file, in bytes.
  public let position: Int64
  /// Decoding time in ticks of the stream's time base.
  public let time: Int64
  /// Bytes.
  public let size: Int
  public let isKey: Bool
  /// Decoded but not shown, because of an edit list.
  public let isDiscarded: Bool
}

extension Demuxer {
  /// Packets that the table of each stream lists so far.
  public var tableCounts: [Int] {
    streams.indices.map { index in
      pointer.pointee.streams[index].map { Int(avformat_index_get_entries_count($0)) } ?? 0
    }
  }

  /// The table of a stream's packets in decoding order, as MP4 and MOV keep it; empty for containers that list key packets only.
  ///
  /// A fragmented file's table grows as it is read: compare the count with ``StreamInfo/frameCountFromHeader``, and
  /// the packets read with the entries.
  public func packetTable(ofStream index: Int) -> [TableEntry] {
    guard container.formatName.hasPrefix("mov,"), streams.indices.contains(index),
      let stream = pointer.pointee.streams[index]
    else { return [] }
    return (0..<avformat_index_get_entries_count(stream)).compactMap { number in
      guard let entry = avformat_index_get_entry(stream, number)?.pointee else { return nil }
      return TableEntry(
        position: entry.pos, time: entry.timestamp, size: Int(entry.size), isKey: entry.flags & AVINDEX_KEYFRAME != 0,
        isDiscarded: entry.flags & AVINDEX_DISCARD_FRAME != 0)
    }
  }

  /// Packets of a stream's table, and those of them that end after a place in the file; none for other containers.
  func packetsOfTable(ofStream index: Int, endingAfter limit: Int64) -> (after: Int, all: Int) {
    guard container.formatName.hasPrefix("mov,"), let stream = pointer.pointee.streams[index] else { return (0, 0) }
    let count = avformat_index_get_entries_count(stream)
    let after = (0..<count).count { number in
      guard let entry = avformat_index_get_entry(stream, number)?.pointee else { return false }
      return entry.pos > limit - Int64(entry.size)
    }
    return (after, Int(count))
  }

  func isSelected(_ index: Int) -> Bool {
    pointer.pointee.streams[index].map { $0.pointee.discard != AVDISCARD_ALL } ?? false
  }
}
