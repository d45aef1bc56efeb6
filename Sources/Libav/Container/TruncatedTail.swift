import CLibav

/// The packets of an MP4 or MOV that its table lists beyond the end of the file.
///
/// libav ends its reading at the first of them, whichever track it belongs to; each further read goes past one.
final class TruncatedTail {
  /// Packets of the selected streams that are missing; nil until a read has failed.
  private var missing: [(stream: Int, count: Int, of: Int)]?
  /// Reads that may still fail before there is nothing left.
  private var readsLeft = 0

  /// For a reader that goes to another place.
  func startOver() { missing = nil }

  /// Whether packets may follow a failed read.
  func allowsAnotherRead(after status: Int32, of demuxer: borrowing Demuxer) -> Bool {
    guard status == lt_error_eof || status == lt_error_invalid_data else { return false }
    if missing == nil {
      let found = Self.missingPackets(of: demuxer)
      missing = found
      readsLeft = found.reduce(0) { $0 + $1.count }
    }
    guard readsLeft > 0 else { return false }
    readsLeft -= 1
    return true
  }

  /// What is missing; nil when nothing is.
  func text(of demuxer: borrowing Demuxer) -> String? {
    guard let missing, !missing.isEmpty else { return nil }
    let streams = demuxer.streams
    let parts = missing.map {
      "\($0.count) of \($0.of) packets of stream \($0.stream) (\(streams[$0.stream].kind.rawValue))"
    }
    return "is cut short: \(parts.joined(separator: ", ")) are missing at its end"
  }

  private static func missingPackets(of demuxer: borrowing Demuxer) -> [(stream: Int, count: Int, of: Int)] {
    guard let size = demuxer.container.size else { return [] }
    return demuxer.streams.indices.compactMap { index in
      guard demuxer.isSelected(index) else { return nil }
      let (count, total) = demuxer.packetsOfTable(ofStream: index, endingAfter: size)
      return count > 0 ? (index, count, total) : nil
    }
  }
}
