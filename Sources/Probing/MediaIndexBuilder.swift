public import Libav

/// Makes a ``MediaIndex`` out of packets that somebody else reads, so that one pass can both index and decode a file.
public struct MediaIndexBuilder: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// One for each stream when they were asked for, else empty; nil where libav cannot open a decoder.
  public let decoders: [DecoderFacts?]
  public let mainVideo: Int?
  public let mainAudio: Int?
  private let classifiers: [FrameClassifier?]
  /// Bytes that are known of each packet; nil for all.
  private let readBytes: Int?
  /// Whether some packet's known bytes did not tell what it holds.
  private(set) var isUndecided = false
  private var entries: [[PacketIndex.Entry]]
  /// Of each stream; nil for codecs that carry none.
  private var messages: [HDRMessages?]

  /// - Parameter askingDecoders: open each stream's decoder once for ``decoders``.
  public init(_ demuxer: borrowing Demuxer, askingDecoders: Bool) throws(LibavError) {
    container = demuxer.container
    streams = demuxer.streams
    decoders = askingDecoders ? try demuxer.decoderFacts() : []
    mainVideo = demuxer.mainVideo?.index
    mainAudio = demuxer.mainAudio?.index
    readBytes = demuxer.readBytes
    var classifiers: [FrameClassifier?] = []
    for stream in demuxer.streams {
      classifiers.append(FrameClassifier(try demuxer.parameters(ofStream: stream.index)))
    }
    self.classifiers = classifiers
    messages = try demuxer.hdrMessages()
    entries = [[PacketIndex.Entry]](repeating: [], count: streams.count)
  }

  /// Takes note of the next packet of the file; packets of streams that came up later are left out.
  public mutating func add(_ packet: borrowing Packet) {
    let index = packet.streamIndex
    guard entries.indices.contains(index) else { return }
    var frame = FrameKind.unknown
    if let classifier = classifiers[index] {
      frame = kind(of: packet, classifier)
      if entries[index].isEmpty { readMessages(packet, classifier) }
    }
    entries[index].append(
      PacketIndex.Entry(
        pts: packet.pts, dts: packet.dts, duration: packet.duration, size: packet.size, isKey: packet.isKey,
        isDiscarded: packet.isDiscarded, frame: frame))
  }

  private mutating func kind(of packet: borrowing Packet, _ classifier: FrameClassifier) -> FrameKind {
    let known = readBytes.map { min($0, packet.size) } ?? packet.size
    let kind = packet.withBytes { bytes in classifier.kind(ofHead: bytes.extracting(first: known), size: bytes.count) }
    if kind == nil { isUndecided = true }
    return kind ?? .unknown
  }

  private mutating func readMessages(_ packet: borrowing Packet, _ classifier: FrameClassifier) {
    let index = packet.streamIndex
    guard var found = messages[index] else { return }
    let known = readBytes.map { min($0, packet.size) } ?? packet.size
    packet.withBytes { bytes in
      found.read(
        packet: bytes.extracting(first: known), of: bytes.count, lengthSize: classifier.lengthSize,
        isHEVC: classifier.isHEVC)
    }
    messages[index] = found
  }

  /// The packets of one stream so far, in file order.
  public func entries(ofStream index: Int) -> [PacketIndex.Entry] { entries[index] }

  public func finish(readError: String?, messages: [LogMessage]) -> MediaIndex {
    MediaIndex(
      container: container,
      packets: streams.indices.map {
        PacketIndex(
          stream: streams[$0], formatName: container.formatName, entries: entries[$0], hdr: self.messages[$0])
      },
      decoders: decoders, mainVideo: mainVideo, mainAudio: mainAudio, readError: readError, messages: messages)
  }
}
