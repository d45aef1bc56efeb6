public import Libav
public import Timing

/// The contents of a media file, with values from the header and values counted from the packets kept apart.
public struct ProbeReport: Sendable {
  public let container: ContainerInfo
  public let streams: [StreamReport]
  /// Positions of the stream a player would choose, nil when there is none.
  public let mainVideo: Int?
  public let mainAudio: Int?
  /// Nil for files that are not MP4/MOV.
  public let layout: ContainerLayout?
  /// Nil for files that are not MP4/MOV.
  public let movie: MovieBoxes?
  /// Why reading the packets stopped before the end, if it did.
  public let readError: String?
  /// Whether the packets were read.
  public let isCounted: Bool

  public struct StreamReport: Sendable {
    public let info: StreamInfo
    /// Nil when only the headers were read.
    public let counted: Counted?
    /// Nil for audio and data.
    public let color: ColorUnderstanding?
    /// Nil for streams without HDR metadata.
    public let hdr: HDRDescription?
    /// Nil when libav has no decoder for it, or the report was made from an index without them.
    public let decoder: DecoderProperties?
  }

  /// Values counted from the packets.
  public struct Counted: Sendable, Hashable {
    public let packets: Int
    /// Packets that are shown: an edit list may hide some.
    public let shownPackets: Int
    /// Bytes.
    public let bytes: Int64
    /// Seconds.
    public let start: Rational?
    public let end: Rational?
    public let keyPackets: Int
    /// Packets from one key packet to the next, in decoding order.
    public let gopLengths: [Int]
    public let idrFrames: Int
    public let craFrames: Int
    /// Nil where the codec is not H.264 or HEVC.
    public let opensWithIDR: Bool?
    /// For video.
    public let timing: FrameTiming?

    /// Most bits of packets in one second, by presentation; nil without times, and for audio.
    public let peakBitRate: Int64?
    /// Whether every whole second has the mean rate within 10 %; nil for less than two seconds.
    public let isConstantBitRate: Bool?

    /// For video whose packets carry times.
    public let order: FrameReordering?

    public var duration: Rational? { if let start, let end { end - start } else { nil } }
  }

  public var video: StreamReport? { mainVideo.map { streams[$0] } }
  public var audio: StreamReport? { mainAudio.map { streams[$0] } }

  /// The parts of a stream's header that libav does not report; nil for files that are not MP4/MOV.
  public func track(of stream: StreamInfo) -> MovieBoxes.Track? { movie?.tracks.first { $0.id == stream.id } }

  /// The timecode of the first frame in the metadata: `HH:MM:SS:FF`, with `;` for drop frame.
  public var timecode: String? {
    container.metadata["timecode"] ?? streams.lazy.compactMap { $0.info.metadata["timecode"] }.first
  }

  /// Seconds by which the audio starts after the video (negative: before).
  public var audioStartOffset: Rational? {
    guard let video = video?.counted?.start, let audio = audio?.counted?.start else { return nil }
    return audio - video
  }

  /// Seconds by which the audio ends after the video (negative: before).
  public var audioEndOffset: Rational? {
    guard let video = video?.counted?.end, let audio = audio?.counted?.end else { return nil }
    return audio - video
  }

  /// Opens a file and reads its headers; with `counting`, every packet too. Only the first frames are decoded, by libav.
  /// - Throws: ``LibavError`` naming the file when it cannot be opened as media.
  public init(path: String, counting: Bool = true) throws(LibavError) {
    if counting {
      self.init(try MediaIndex(path: path, openingDecoders: true), path: path)
    } else {
      try self.init(headersOf: try Demuxer(path: path))
    }
  }

  private init(headersOf demuxer: consuming Demuxer) throws(LibavError) {
    let decoders = try demuxer.decoderProperties()
    container = demuxer.container
    mainVideo = demuxer.mainVideo?.index
    mainAudio = demuxer.mainAudio?.index
    let messages = try demuxer.hdrMessages()
    streams = demuxer.streams.indices.map {
      let info = demuxer.streams[$0]
      return StreamReport(
        info: info, counted: nil, color: info.color, hdr: HDRDescription(info, messages[$0]), decoder: decoders[$0])
    }
    layout = ContainerLayout(path: demuxer.container.path)
    movie = layout.map { [container] in MovieBoxes(path: container.path, layout: $0) }
    readError = Self.readError(layout, movie)
    isCounted = false
  }

  /// From an index that has been read.
  public init(_ index: MediaIndex, path: String) {
    container = index.container
    mainVideo = index.mainVideo
    mainAudio = index.mainAudio
    let decoders = index.decoders
    streams = index.packets.map {
      let index = $0.stream.index
      let decoder = decoders.indices.contains(index) ? decoders[index] : nil
      return StreamReport(
        info: $0.stream, counted: Counted($0), color: $0.stream.color, hdr: HDRDescription($0.stream, $0.hdr),
        decoder: decoder)
    }
    layout = ContainerLayout(path: path)
    movie = layout.map { MovieBoxes(path: path, layout: $0) }
    readError = index.readError ?? Self.readError(layout, movie)
    isCounted = true
  }

  private static func readError(_ layout: ContainerLayout?, _ movie: MovieBoxes?) -> String? {
    (layout?.readError ?? movie?.readError).map { "cannot be read: \($0)" } ?? layout?.limitError(path: nil)?.message
  }
}

extension ProbeReport.Counted {
  init(_ index: PacketIndex) {
    packets = index.entries.count
    shownPackets = index.presentationOrder.count
    bytes = index.byteCount
    start = index.start
    end = index.end
    keyPackets = index.entries.count(where: \.isKey)
    gopLengths = index.gopLengths
    idrFrames = index.entries.count { $0.frame == .idr }
    craFrames = index.entries.count { $0.frame == .cra }
    let first = index.entries.first { !$0.isDiscarded }?.frame ?? .unknown
    opensWithIDR = first == .unknown ? nil : first == .idr
    let isVideo = index.stream.kind == .video
    (peakBitRate, isConstantBitRate) = isVideo ? Self.bitRates(index) : (nil, nil)
    order = isVideo ? FrameReordering(index) : nil
    timing =
      index.stream.kind == .video
      ? FrameTiming(
        times: index.presentationTimes, timeBase: index.stream.timeBase,
        headerRates: [index.stream.averageFrameRate, index.stream.baseFrameRate])
      : nil
  }
}

extension ProbeReport.Counted {
  /// Part of the mean by which seconds of a constant bit rate may differ from it.
  private static let constantWithin = 0.1

  /// The greatest rate of any second, and whether all whole seconds have the same.
  private static func bitRates(_ index: PacketIndex) -> (peak: Int64?, isConstant: Bool?) {
    let shown = index.presentationOrder.compactMap { entry in
      index.entries[entry].pts.map { (time: $0, bits: Int64(8 * index.entries[entry].size)) }
    }
    let second = (Rational.one / index.stream.timeBase.rational).rounded ?? 0
    guard let first = shown.first, second > 0, shown.count == index.presentationOrder.count else { return (nil, nil) }
    var (start, sum, peak) = (0, Int64(0), Int64(0))
    var seconds: [Int64] = []
    for packet in shown {
      sum += packet.bits
      while packet.time - shown[start].time >= second {
        sum -= shown[start].bits
        start += 1
      }
      peak = max(peak, sum)
      let number = Int(clamping: (packet.time - first.time) / second)
      guard number >= 0, number < shown.count else { continue }
      while seconds.count <= number { seconds.append(0) }
      seconds[number] += packet.bits
    }
    // The last second may not be whole.
    let whole = seconds.dropLast()
    guard whole.count >= 2 else { return (peak, nil) }
    let mean = Double(whole.reduce(0, +)) / Double(whole.count)
    return (peak, whole.allSatisfy { abs(Double($0) - mean) <= constantWithin * mean })
  }
}

extension StreamInfo {
  /// The colour tags of its frames with the assumptions made; nil for streams without frames.
  public var color: ColorUnderstanding? {
    guard let video, let format = PixelFormat(name: video.pixelFormat) else { return nil }
    return ColorUnderstanding(video.color, format: format, height: video.height, codec: codecName)
  }
}

extension Demuxer {
  /// The HDR messages in the headers of H.264 and HEVC streams; nil for other streams.
  func hdrMessages() throws(LibavError) -> [HDRMessages?] {
    var messages: [HDRMessages?] = []
    for stream in streams {
      let isHEVC = stream.codecName == "hevc"
      guard isHEVC || stream.codecName == "h264" else {
        messages.append(nil)
        continue
      }
      messages.append(HDRMessages(extradata: try parameters(ofStream: stream.index).extradata, isHEVC: isHEVC))
    }
    return messages
  }

  /// The properties of each stream's decoder; nil where there is none.
  func decoderProperties() throws(LibavError) -> [DecoderProperties?] {
    var facts: [DecoderProperties?] = []
    for stream in streams {
      facts.append(DecoderProperties(try parameters(ofStream: stream.index), timeBase: stream.timeBase))
    }
    return facts
  }
}
