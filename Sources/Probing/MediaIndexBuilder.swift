public import Libav

/// Makes a ``MediaIndex`` out of packets that somebody else reads, so that one pass can both index and decode a file.
public struct MediaIndexBuilder: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// One for each stream when they were asked for, else empty; nil where libav cannot open a decoder.
  public let decoders: [DecoderFacts?]
  public let mainVideo: Int?
  public let mainAudio: Int?
  private let classifiers: [PictureClassifier?]
  private var entries: [[PacketIndex.Entry]]

  /// - Parameter askingDecoders: open each stream's decoder once for ``decoders``.
  public init(_ demuxer: borrowing Demuxer, askingDecoders: Bool) throws(LibavError) {
    container = demuxer.container
    streams = demuxer.streams
    decoders = askingDecoders ? try demuxer.decoderFacts() : []
    mainVideo = demuxer.mainVideo?.index
    mainAudio = demuxer.mainAudio?.index
    var classifiers: [PictureClassifier?] = []
    for stream in demuxer.streams {
      classifiers.append(PictureClassifier(try demuxer.parameters(ofStream: stream.index)))
    }
    self.classifiers = classifiers
    entries = [[PacketIndex.Entry]](repeating: [], count: streams.count)
  }

  /// Takes note of the next packet of the file; packets of streams that came up later are left out.
  public mutating func add(_ packet: borrowing Packet) {
    let index = packet.streamIndex
    guard entries.indices.contains(index) else { return }
    let kind = classifiers[index].map { classifier in packet.withBytes { classifier.kind(of: $0) } } ?? .unknown
    entries[index].append(
      PacketIndex.Entry(
        pts: packet.pts, dts: packet.dts, duration: packet.duration, size: packet.size, isKey: packet.isKey,
        isDiscarded: packet.isDiscarded, picture: kind))
  }

  /// The packets of one stream so far, in file order.
  public func entries(ofStream index: Int) -> [PacketIndex.Entry] { entries[index] }

  public func finish(readError: String?, messages: [LogMessage]) -> MediaIndex {
    MediaIndex(
      container: container, packets: zip(streams, entries).map { PacketIndex(stream: $0, entries: $1) },
      decoders: decoders, mainVideo: mainVideo, mainAudio: mainAudio, readError: readError, messages: messages)
  }
}
