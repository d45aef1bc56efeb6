import Libav
import Probing

/// Takes a run of a shot's packets over bit for bit, in decoding order.
struct CopySource: ~Copyable {
  private let demuxer: Demuxer
  private let filter: BitstreamFilter?
  private let clip: Clip
  private let packets: Range<Int>
  private var nextPacket: Int
  private let incoming: Packet
  private var isAtStart = true

  /// - Parameter stripping: parameter sets and delimiters are taken out and NAL units get start codes.
  init(_ clip: Clip, packets: Range<Int>, stripping: Bool) throws {
    let stream = clip.video.stream.index
    let demuxer = try Demuxer(path: clip.path)
    demuxer.select([stream])
    let first = clip.video.entries[packets.lowerBound]
    if packets.lowerBound > 0, let time = first.dts ?? first.pts {
      guard demuxer.seek(stream: stream, notAfter: time) || demuxer.rewind() else {
        throw StitchError(.unusableShot, "cannot be read from an IDR in its middle", file: clip.path)
      }
    }
    let filter: BitstreamFilter? =
      stripping
      ? try BitstreamFilter(
        Self.stripChain(clip.codec), parameters: try demuxer.parameters(ofStream: stream),
        timeBase: clip.video.stream.timeBase) : nil
    let incoming = try Packet()
    self.filter = filter
    self.incoming = incoming
    self.clip = clip
    self.packets = packets
    nextPacket = packets.lowerBound
    self.demuxer = demuxer
  }

  /// - Returns: the packet's position in decoding order, or nil after the last.
  mutating func next(into packet: borrowing Packet) throws -> Int? {
    guard nextPacket < packets.upperBound else { return nil }
    let wanted = clip.video.entries[nextPacket]
    while try demuxer.read(into: incoming) {
      guard incoming.streamIndex == clip.video.stream.index else { continue }
      let isWanted = incoming.pts == wanted.pts && incoming.dts == wanted.dts && incoming.size == wanted.size
      guard isWanted else {
        // A seek may land earlier; once under way, another packet means that the file has changed.
        if isAtStart { continue }
        break
      }
      isAtStart = false
      defer { nextPacket += 1 }
      try pass(to: packet)
      return nextPacket
    }
    throw StitchError(
      .unusableShot, "packet \(nextPacket) of its video is not where it was a moment ago; was the file changed?",
      file: clip.path)
  }

  private func pass(to packet: borrowing Packet) throws {
    packet.clear()
    guard filter != nil else {
      packet.takeOver(incoming)
      return
    }
    try filter?.send(incoming)
    guard try filter?.receive(into: packet) == true else {
      throw StitchError(.unusableShot, "packet \(nextPacket) of its video holds no picture", file: clip.path)
    }
  }

  /// H.264: 7 SPS, 8 PPS, 9 access unit delimiter. HEVC: 32 VPS, 33 SPS, 34 PPS, 35 delimiter.
  private static func stripChain(_ codec: String) -> String {
    codec == "hevc"
      ? "hevc_mp4toannexb,filter_units=remove_types=32-35" : "h264_mp4toannexb,filter_units=remove_types=7-9"
  }
}
