public import Libav

/// All packets of a file, stream by stream, from one pass.
public struct MediaIndex: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// One for each stream, in their order.
  public let packets: [PacketIndex]
  /// One for each stream when they were asked for, else empty; nil where libav cannot open a decoder.
  public let decoders: [DecoderProperties?]
  public let mainVideo: Int?
  public let mainAudio: Int?
  /// Why reading stopped before the end, if it did.
  public let readError: String?
  /// libav's messages while reading.
  public let messages: [LogMessage]

  public var video: PacketIndex? { mainVideo.map { packets[$0] } }
  public var audio: PacketIndex? { mainAudio.map { packets[$0] } }

  /// Lists every packet of a file. Of MP4 and MOV only the beginnings of packets are read where these are enough.
  /// - Parameters:
  ///   - videoOnly: only the main video's packets are read; the other indexes stay empty.
  ///   - openingDecoders: open each stream's decoder once for ``decoders``.
  ///   - glancing: as ``Demuxer`` takes it.
  /// - Throws: ``LibavError`` when the file cannot be opened; a read error later on is kept in ``readError``.
  public init(
    path: String, videoOnly: Bool = false, ignoringEdits: Bool = false, openingDecoders: Bool = false,
    glancing: Bool = false
  ) throws(LibavError) {
    for purpose in [Demuxer.Purpose.indexing, .decoding] {
      let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits, purpose: purpose, glancing: glancing)
      let listed = demuxer.tableCounts
      var builder = try MediaIndexBuilder(demuxer, openingDecoders: openingDecoders)
      if videoOnly { demuxer.select(builder.mainVideo.map { [$0] } ?? []) }
      let packet = try Packet()
      var failure: String?
      do {
        while try demuxer.read(into: packet), !builder.isUndecided { builder.add(packet) }
      } catch {
        failure = error.reason
      }
      // Fragments are found while reading, and their boxes are not packets.
      let isWhole = demuxer.readBytes == nil
      let isPlain = failure == nil && demuxer.log.messages.isEmpty && demuxer.tableCounts == listed
      if isWhole || isPlain && !builder.isUndecided {
        let hasWrongOrder = builder.needsOrderCheck ? try Self.hasWrongOrder(path, ignoringEdits: ignoringEdits) : false
        self = builder.finish(
          readError: failure, messages: demuxer.log.messages, hasWrongOrder: hasWrongOrder)
        return
      }
    }
    throw LibavError(.invalidData, "its packets cannot be listed", file: path)
  }

  /// Frames decoded to compare their order with the container's.
  private static let comparedFrames = 64

  /// Whether the main video's frames come out of the decoder in another order than their times have.
  private static func hasWrongOrder(_ path: String, ignoringEdits: Bool) throws(LibavError) -> Bool {
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits, glancing: true)
    guard let stream = demuxer.mainVideo else { return false }
    demuxer.select([stream.index])
    let parameters = try demuxer.parameters(ofStream: stream.index)
    parameters.raiseVideoDelay(to: CodecParameters.longestDelay)
    let decoder = try Decoder(parameters, timeBase: stream.timeBase)
    let packet = try Packet()
    let frame = try Frame()
    var (count, latest) = (0, Int64.min)
    var isEnding = false
    while count < comparedFrames {
      switch try? decoder.receive(into: frame) {
      case .frame:
        count += 1
        guard let time = frame.pts else { continue }
        if time < latest { return true }
        latest = time
      case .needsInput where !isEnding:
        if (try? demuxer.read(into: packet)) == true {
          if packet.streamIndex == stream.index, packet.size > 0 { _ = try? decoder.send(packet) }
        } else {
          isEnding = true
          try? decoder.sendEnd()
        }
      case .ended, .needsInput: return false
      case nil: count += 1
      }
    }
    return false
  }

  init(
    container: ContainerInfo, packets: [PacketIndex], decoders: [DecoderProperties?], mainVideo: Int?, mainAudio: Int?,
    readError: String?, messages: [LogMessage]
  ) {
    self.container = container
    streams = packets.map(\.stream)
    self.packets = packets
    self.decoders = decoders
    self.mainVideo = mainVideo
    self.mainAudio = mainAudio
    self.readError = readError
    self.messages = messages
  }
}
