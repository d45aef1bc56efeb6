public import Libav
public import Timing

/// Every packet of one stream in file order, read without decoding.
public struct PacketIndex: Sendable {
  public struct Entry: Sendable, Hashable {
    /// Ticks of the stream's time base.
    public let pts: Int64?
    public let dts: Int64?
    /// Ticks; 0 when unknown.
    public let duration: Int64
    /// Bytes.
    public let size: Int
    public let isKey: Bool
    /// An edit list says that it is decoded but not shown.
    public let isDiscarded: Bool
    /// What kind of frame the packet holds, for H.264 and HEVC.
    public let frame: FrameKind
  }

  public let stream: StreamInfo
  public let entries: [Entry]
  /// Positions in ``entries`` of the packets that are shown, in presentation order. Packets without PTS keep file order.
  public let presentationOrder: [Int]

  /// What the stream's header and its first packet say of HDR; nil for codecs that carry no such messages.
  public let hdr: HDRMessages?

  /// Whether every shown packet has a PTS of its own, and these tell in which order the frames are shown.
  public let hasUniquePTS: Bool

  /// - Parameter formatName: libav's names of the container.
  init(stream: StreamInfo, formatName: String, entries: [Entry], hdr: HDRMessages?) {
    self.stream = stream
    self.hdr = hdr
    self.entries = entries
    let shown = entries.indices.filter { !entries[$0].isDiscarded }
    let order =
      shown.contains { entries[$0].pts == nil }
      ? shown : shown.sorted { (entries[$0].pts ?? 0, $0) < (entries[$1].pts ?? 0, $1) }
    presentationOrder = order
    let times = order.compactMap { entries[$0].pts }
    hasUniquePTS =
      times.count == order.count && zip(times, times.dropFirst()).allSatisfy(<)
      && Self.isOrderTold(entries, of: stream, formatName: formatName)
  }

  /// Containers that store when a frame is shown, however it is coded.
  private static let tellingOrder: Set<String> = ["mov", "matroska", "mpegts", "mpeg", "flv", "nut", "ogg"]

  /// MXF and others know decoding times only, which libav hands on as times of presentation even where frames are reordered.
  private static func isOrderTold(_ entries: [Entry], of stream: StreamInfo, formatName: String) -> Bool {
    guard stream.videoDelay > 0 else { return true }
    return tellingOrder.contains(String(formatName.prefix { $0 != "," })) || entries.contains { $0.pts != $0.dts }
  }

  /// Presentation times of the shown packets, ascending, in ticks.
  public var presentationTimes: [Int64] { presentationOrder.compactMap { entries[$0].pts } }

  /// Positions in presentation order by PTS; empty where that does not tell frames apart.
  public var positions: [Int64: Int] {
    guard hasUniquePTS else { return [:] }
    return Dictionary(uniqueKeysWithValues: zip(presentationTimes, presentationOrder.indices))
  }

  /// Frames that a decoder must hold back at least, so that they come out in order.
  public var decodingDelay: Int { max(stream.videoDelay, FrameReordering(self)?.reorderDepth ?? 0) }

  /// Bytes of all packets.
  public var byteCount: Int64 { entries.reduce(0) { $0 + Int64($1.size) } }

  /// When the first shown packet starts, in seconds.
  public var start: Rational? { presentationTimes.first.map { stream.timeBase.seconds($0) } }

  /// When the last shown packet ends, in seconds; its own duration counts, or the distance to the one before.
  public var end: Rational? {
    guard let last = presentationOrder.last, let pts = entries[last].pts else { return nil }
    var duration = entries[last].duration
    if duration <= 0, let previous = presentationOrder.dropLast().last, let before = entries[previous].pts {
      duration = pts - before
    }
    return stream.timeBase.seconds(pts + duration)
  }

  /// Where decoding can start so that the frame of a packet, and all shown from there on, come out as in a full decode: a
  /// position in ``entries`` at or before it. Nil when no key packet promises that.
  public func randomAccess(before target: Int) -> Int? {
    guard entries.indices.contains(target), let time = entries[target].pts else { return nil }
    let isKnown = Self.startingAgain.contains(stream.codecName)
    return entries[...target].lastIndex { entry in
      guard entry.isKey, !entry.isDiscarded, let pts = entry.pts, pts <= time else { return false }
      switch entry.frame {
      case .idr, .cra, .recovery: return true
      case .unknown: return isKnown
      default: return false
      }
    }
  }

  /// Codecs without a ``FrameKind`` whose keyframes can be decoded first, with all that is shown from them on.
  private static let startingAgain: Set<String> = [
    "vp8", "vp9", "av1", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2",
    "h263", "flv1", "theora", "prores", "mjpeg", "dnxhd", "png", "ffv1", "dvvideo", "huffyuv", "ffvhuff", "utvideo",
    "rawvideo", "v210", "cinepak", "qtrle",
  ]

  /// Lengths in packets between one key packet and the next, in decoding order.
  public var gopLengths: [Int] {
    let keys = entries.indices.filter { entries[$0].isKey }
    return zip(keys, keys.dropFirst() + [entries.count]).map { $1 - $0 }
  }
}

/// All packets of a file, stream by stream, from one pass.
public struct MediaIndex: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// One for each stream, in their order.
  public let packets: [PacketIndex]
  /// One for each stream when they were asked for, else empty; nil where libav cannot open a decoder.
  public let decoders: [DecoderFacts?]
  public let mainVideo: Int?
  public let mainAudio: Int?
  /// Why reading stopped before the end, if it did.
  public let readError: String?
  /// What libav said while reading.
  public let messages: [LogMessage]

  public var video: PacketIndex? { mainVideo.map { packets[$0] } }
  public var audio: PacketIndex? { mainAudio.map { packets[$0] } }

  /// Lists every packet of a file. Of MP4 and MOV only the beginnings of packets are read wherever these tell all.
  /// - Parameters:
  ///   - videoOnly: only the main video's packets are read; the other indexes stay empty.
  ///   - askingDecoders: open each stream's decoder once for ``decoders``.
  ///   - glancing: as ``Demuxer`` takes it.
  /// - Throws: ``LibavError`` when the file cannot be opened; a read error later on is kept in ``readError``.
  public init(
    path: String, videoOnly: Bool = false, ignoringEdits: Bool = false, askingDecoders: Bool = false,
    glancing: Bool = false
  ) throws(LibavError) {
    for purpose in [Demuxer.Purpose.indexing, .decoding] {
      let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits, purpose: purpose, glancing: glancing)
      let listed = demuxer.tableCounts
      var builder = try MediaIndexBuilder(demuxer, askingDecoders: askingDecoders)
      if videoOnly { demuxer.select(builder.mainVideo.map { [$0] } ?? []) }
      let packet = try Packet()
      var failure: String?
      do {
        while try demuxer.read(into: packet), !builder.isUndecided { builder.add(packet) }
      } catch {
        failure = error.description
      }
      // Fragments come up on the way, and their boxes are no packets.
      let isWhole = demuxer.readBytes == nil
      let isPlain = failure == nil && demuxer.log.messages.isEmpty && demuxer.tableCounts == listed
      if isWhole || isPlain && !builder.isUndecided {
        self = builder.finish(readError: failure, messages: demuxer.log.messages)
        return
      }
    }
    throw LibavError(.invalidData, "its packets cannot be listed", file: path)
  }

  init(
    container: ContainerInfo, packets: [PacketIndex], decoders: [DecoderFacts?], mainVideo: Int?, mainAudio: Int?,
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
