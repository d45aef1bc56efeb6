public import Libav

/// Decodes one frame of a raw H.264 or HEVC stream, whose packets have no times.
///
/// Packets follow one another without gaps, so the index gives their places in the file. Decoding starts at the last IDR or CRA
/// after which the frame is shown, and the frames that come out are counted.
public struct RawStreamWalker {
  private static let formats: Set<String> = ["h264", "hevc"]

  private let path: String
  private let video: PacketIndex
  private let places: [Int64]

  /// Nil for other streams, and for those whose packets are not one frame each.
  public init?(path: String, index: MediaIndex) {
    guard let video = index.video, Self.formats.contains(index.container.formatName), index.readError == nil,
      video.entries.allSatisfy({ $0.pts == nil && $0.size > 0 && !$0.isDiscarded && $0.frame != .unknown }),
      video.stream.video?.fieldOrder ?? "progressive" == "progressive"
    else { return nil }
    self.path = path
    self.video = video
    var place: Int64 = 0
    places = video.entries.map { entry in
      defer { place += Int64(entry.size) }
      return place
    }
    guard place == index.container.size else { return nil }
  }

  /// A random access point.
  private struct Start {
    let entry: Int
    /// Of its own frame, in presentation order.
    let position: Int
    /// Frames that come out before its own when decoding starts there.
    let leading: Int
  }

  /// - Parameter position: in presentation order.
  private func start(before position: Int) -> Start? {
    for (number, entry) in video.entries[...min(position, video.entries.count - 1)].enumerated().reversed() {
      guard entry.frame == .idr || entry.frame == .cra else { continue }
      let after = video.entries[(number + 1)...].prefix { $0.frame == .rasl || $0.frame == .radl }
      let start = Start(
        entry: number, position: number + after.count, leading: after.count { $0.frame == .radl })
      if start.position <= position { return start }
    }
    return nil
  }

  /// - Returns: false when the frame cannot be found this way.
  public func decode(_ position: Int, into frame: borrowing Frame) throws(LibavError) -> Bool {
    guard position >= 0, position < video.entries.count, let start = start(before: position), start.entry > 0 else {
      return false
    }
    let demuxer = try Demuxer(path: path)
    demuxer.select([video.stream.index])
    let decoder = try Decoder(try demuxer.parameters(ofStream: video.stream.index), timeBase: video.stream.timeBase)
    guard demuxer.seek(toByte: places[start.entry]) else { return false }
    let packet = try Packet()
    var (entry, left) = (start.entry, position - start.position + start.leading)
    var isEnding = false
    while true {
      switch try decoder.receive(into: frame) {
      case .frame:
        guard !frame.isCorrupt, !frame.isInterlaced else { return false }
        if left == 0 { return decoder.log.errorCount == 0 }
        left -= 1
      case .needsInput where !isEnding:
        guard try demuxer.read(into: packet) else {
          isEnding = true
          try decoder.sendEnd()
          continue
        }
        guard video.entries.indices.contains(entry), packet.size == video.entries[entry].size else { return false }
        // Leading frames of the first CRA refer to frames before it; the decoder leaves them out.
        _ = try decoder.send(packet)
        entry += 1
      case .needsInput, .ended: return false
      }
    }
  }
}
