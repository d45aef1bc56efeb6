import Libav
import Probing

/// Copies a run of a shot's packets bit for bit, in decoding order.
struct SegmentCopier: ~Copyable {
  private let demuxer: Demuxer
  private let clip: SourceClip
  private let packets: Range<Int>
  private var nextPacket: Int
  private let incoming: Packet
  private var isAtStart = true

  init(_ clip: SourceClip, packets: Range<Int>) throws {
    let stream = clip.video.stream.index
    let demuxer = try Demuxer(path: clip.path, purpose: .copying)
    demuxer.select([stream])
    let first = clip.video.entries[packets.lowerBound]
    if packets.lowerBound > 0, let time = first.dts ?? first.pts {
      guard demuxer.seek(stream: stream, notAfter: time) || demuxer.rewind() else {
        throw StitchError(.unusableShot, "cannot seek to its IDR at packet \(packets.lowerBound)", file: clip.path)
      }
    }
    let incoming = try Packet()
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
        // A seek may land earlier; after the first match, another packet means that the file changed.
        if isAtStart { continue }
        break
      }
      isAtStart = false
      defer { nextPacket += 1 }
      packet.takeOver(incoming)
      return nextPacket
    }
    throw StitchError(
      .unusableShot, "packet \(nextPacket) of its video is no longer where it was indexed; was the file changed?",
      file: clip.path)
  }
}
