public import Libav
public import Probing
import Timing

/// Decodes a run of frames by their positions in presentation order, and no more than needs be.
///
/// Decoding starts at the last IDR at or before the run; frames outside the run that nothing refers to are left out. Unlike
/// ``StreamReader`` it does not pass over damage: a frame that is missing or cannot be decoded is an error.
public struct FrameWalker: ~Copyable {
  private let demuxer: Demuxer
  private let decoder: Decoder
  private let packet: Packet
  private let video: PacketIndex
  private let path: String
  /// Positions in presentation order by PTS.
  private let positions: [Int64: Int]
  public let range: Range<Int>
  private var output = Decoder.Output.needsInput
  private var nextPosition: Int

  /// - Parameters:
  ///   - video: the file's packet index; its PTS must be unique.
  ///   - range: positions in presentation order.
  /// - Throws: ``LibavError`` naming the file.
  public init(
    path: String, video: PacketIndex, range: Range<Int>, threading: Threading = .automatic
  ) throws(LibavError) {
    guard video.hasUniquePTS, range.lowerBound >= 0, range.upperBound <= video.presentationOrder.count else {
      throw LibavError(.invalidData, "its frames have no unique times, so they cannot be told apart", file: path)
    }
    let stream = video.stream.index
    let demuxer = try Demuxer(path: path)
    demuxer.select([stream])
    let decoder = try Decoder(
      try demuxer.parameters(ofStream: stream), timeBase: video.stream.timeBase, threading: threading)
    let times = video.presentationTimes
    if !range.isEmpty {
      let target = video.presentationOrder[range.lowerBound]
      let start = video.entries[...target].lastIndex {
        $0.isKey && $0.frame == .idr && !$0.isDiscarded && ($0.pts ?? .max) <= times[range.lowerBound]
      }
      if let start, start > 0, let time = Self.seekTime(to: start, in: video, demuxer.container),
        !demuxer.seek(stream: stream, notAfter: time), !demuxer.rewind()
      {
        throw LibavError(.inputOutput, "cannot be read from an earlier place again", file: path)
      }
    }
    let packet = try Packet()
    positions = video.positions
    self.packet = packet
    self.video = video
    self.path = path
    self.range = range
    nextPosition = range.lowerBound
    self.decoder = decoder
    self.demuxer = demuxer
  }

  /// MP4 and MOV go to the last key packet that is decoded and shown by then: its decoding time alone would lead to the one
  /// before it.
  private static func seekTime(to start: Int, in video: PacketIndex, _ container: ContainerInfo) -> Int64? {
    let entry = video.entries[start]
    guard container.formatName.hasPrefix("mov,"), let pts = entry.pts,
      !video.entries[(start + 1)...].contains(where: { $0.isKey && ($0.dts ?? .min) <= pts })
    else { return entry.dts ?? entry.pts }
    return pts
  }

  /// Decodes the next frame of the run.
  /// - Returns: its position in presentation order, or nil after the last.
  /// - Throws: ``LibavError`` when one is missing or damaged.
  public mutating func next(into frame: borrowing Frame) throws(LibavError) -> Int? {
    do throws(LibavError) {
      return try decodeNext(into: frame)
    } catch {
      throw error.about(path)
    }
  }

  private mutating func decodeNext(into frame: borrowing Frame) throws(LibavError) -> Int? {
    while nextPosition < range.upperBound {
      if output == .needsInput { try feed() }
      output = try decoder.receive(into: frame)
      if output == .ended {
        throw LibavError(
          .invalidData, "frame #\(nextPosition) of \(video.presentationOrder.count) cannot be decoded", file: path,
          log: decoder.log.messages.suffix(3).map(\.text))
      }
      guard output == .frame, let pts = frame.pts, let position = positions[pts], range.contains(position) else {
        continue
      }
      guard position == nextPosition, !frame.isCorrupt, decoder.log.errorCount == 0 else {
        throw LibavError(
          .invalidData, "frame #\(nextPosition) of \(video.presentationOrder.count) is damaged", file: path,
          log: decoder.log.messages.suffix(3).map(\.text))
      }
      nextPosition += 1
      return position
    }
    return nil
  }

  /// What libav said while reading and decoding.
  public var messages: [LogMessage] { demuxer.log.messages + decoder.log.messages }

  private func feed() throws(LibavError) {
    while try demuxer.read(into: packet) {
      guard packet.streamIndex == video.stream.index else { continue }
      let isWanted = packet.pts.flatMap { positions[$0] }.map { range.contains($0) } ?? false
      decoder.skip = isWanted ? .nothing : .nonReference
      _ = try decoder.send(packet)
      return
    }
    try decoder.sendEnd()
  }
}
