public import Libav

/// Makes a ``MediaIndex`` from packets read elsewhere, so that one pass can both index and decode a file.
public struct MediaIndexBuilder: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// One for each stream when they were asked for, else empty; nil where libav cannot open a decoder.
  public let decoders: [DecoderProperties?]
  public let mainVideo: Int?
  public let mainAudio: Int?
  private let classifiers: [FrameClassifier?]
  /// Bytes read of each packet; nil for all.
  private let readBytes: Int?
  /// Whether the bytes read of some packet were too few to classify it.
  private(set) var isUndecided = false
  private var entries: [[PacketIndex.Entry]]
  /// Of each stream; nil for codecs without SEI messages.
  private var messages: [HDRMessages?]
  /// Whether an H.264 stream has B slices.
  private var hasBSlices: [Bool]
  /// The stream of the last packet, when its bytes are not all there.
  private var cutStream: Int?

  /// - Parameter openingDecoders: open each stream's decoder once for ``decoders``.
  public init(_ demuxer: borrowing Demuxer, openingDecoders: Bool) throws(LibavError) {
    container = demuxer.container
    streams = demuxer.streams
    decoders = openingDecoders ? try demuxer.decoderProperties() : []
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
    hasBSlices = [Bool](repeating: false, count: streams.count)
  }

  /// Adds the next packet of the file; packets of streams that appeared after the header are left out.
  public mutating func add(_ packet: borrowing Packet) {
    let index = packet.streamIndex
    cutStream = packet.isCorrupt ? index : nil
    guard entries.indices.contains(index) else { return }
    var frame = FrameKind.unknown
    if let classifier = classifiers[index] {
      frame = kind(of: packet, classifier)
      if !hasBSlices[index] {
        let known = known(packet)
        hasBSlices[index] = packet.withBytes { classifier.isBSlice($0.extracting(first: known)) }
      }
      if entries[index].isEmpty { readMessages(packet, classifier) }
    }
    entries[index].append(
      PacketIndex.Entry(
        pts: packet.pts, dts: packet.dts, duration: packet.duration, size: packet.size, isKey: packet.isKey,
        isDiscarded: packet.isDiscarded, frame: frame))
  }

  /// Whether the main video's times are in decoding order although its frames may be reordered.
  var needsOrderCheck: Bool {
    guard let mainVideo, let classifier = classifiers[mainVideo],
      classifier.isHEVC ? streams[mainVideo].videoDelay > 0 : hasBSlices[mainVideo]
    else { return false }
    let times = entries[mainVideo].map(\.pts)
    return times.count > 1 && zip(times, times.dropFirst()).allSatisfy { ($0 ?? .min) <= ($1 ?? .max) }
  }

  /// Bytes of a packet that were read.
  private func known(_ packet: borrowing Packet) -> Int { min(readBytes ?? packet.size, packet.size) }

  private mutating func kind(of packet: borrowing Packet, _ classifier: FrameClassifier) -> FrameKind {
    let known = known(packet)
    let kind = packet.withBytes { classifier.kind(ofHead: $0.extracting(first: known), size: $0.count) }
    if kind == nil { isUndecided = true }
    return kind ?? .unknown
  }

  private mutating func readMessages(_ packet: borrowing Packet, _ classifier: FrameClassifier) {
    let index = packet.streamIndex
    guard var found = messages[index] else { return }
    let known = known(packet)
    packet.withBytes {
      found.read(
        packet: $0.extracting(first: known), of: $0.count, lengthSize: classifier.lengthSize,
        isHEVC: classifier.isHEVC)
    }
    messages[index] = found
  }

  /// The packets of one stream so far, in file order.
  public func entries(ofStream index: Int) -> [PacketIndex.Entry] { entries[index] }

  /// - Parameter hasWrongOrder: the main video's frames come out of the decoder in another order than their times have.
  public func finish(readError: String?, messages: [LogMessage], hasWrongOrder: Bool = false) -> MediaIndex {
    let packets = streams.indices.map {
      PacketIndex(
        stream: streams[$0], formatName: container.formatName, entries: entries[$0], hdr: self.messages[$0],
        hasWrongOrder: hasWrongOrder && $0 == mainVideo)
    }
    let defect = readError ?? truncation(messages)
    return MediaIndex(
      container: container, packets: packets, decoders: decoders, mainVideo: mainVideo, mainAudio: mainAudio,
      readError: defect ?? FileEnd.defect(of: container, audio: mainAudio.map { packets[$0] }), messages: messages)
  }

  /// libav's message where a Matroska file ends inside an element.
  private static let prematureEnd = "File ended prematurely"
  /// Formats that may give no length, so that their last packet is short.
  private static let openEnded: Set<String> = ["wav", "w64", "aiff"]

  /// Why the file is not whole although libav reads it to its end without an error.
  private func truncation(_ messages: [LogMessage]) -> String? {
    if messages.contains(where: { $0.text.hasSuffix(Self.prematureEnd) }) {
      return "is cut short: it ends inside an element"
    }
    guard let cutStream, !Self.openEnded.contains(container.formatName) else { return nil }
    return "is cut short: its last packet, of stream \(cutStream), is not whole"
  }
}
