import CLibav
public import Timing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The container's header: properties of the whole file.
public struct ContainerInfo: Sendable, Hashable {
  public let path: String
  /// libav's short names of the container, `mov,mp4,m4a,3gp,3g2,mj2`.
  public let formatName: String
  public let formatLongName: String
  /// Seconds; nil when unknown.
  public let startTime: Rational?
  public let durationFromHeader: Rational?
  /// Whether ``durationFromHeader`` is only estimated from the bit rate.
  public let isDurationEstimated: Bool
  /// Bytes; nil when unknown.
  public let size: Int64?
  /// Bits per second; nil when unknown.
  public let bitRate: Int64?
  /// 0–100: how sure libav is of the container.
  public let probeScore: Int
  public let programCount: Int
  /// Whether the streams' ids mean something in this container.
  public let showsStreamIDs: Bool
  public let metadata: [String: String]
  public let chapters: [Chapter]

  public struct Chapter: Sendable, Hashable {
    public let range: TimeRange
    public let title: String?

    public init(range: TimeRange, title: String?) {
      self.range = range
      self.title = title
    }
  }
}

/// Reads packets out of one media file.
///
/// Only local files are opened, and only as media containers and still images: a playlist or a concat script cannot make it
/// read another file or the network. Not `Sendable`: it owns one `AVFormatContext`.
public struct Demuxer: ~Copyable {
  /// libav's demuxers that are allowed: containers and raw streams, none that refer to other files.
  static let allowedFormats = """
    mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,mxf,flv,asf,ogg,wav,w64,aiff,flac,mp3,aac,ac3,eac3,h264,hevc,av1,\
    obu,ivf,m4v,mpegvideo,vc1,dnxhd,gif,apng,png_pipe,jpeg_pipe,webp_pipe,tiff_pipe,bmp_pipe,image2,yuv4mpegpipe,nut
    """

  /// The purpose of opening a file, which decides how much of it is read.
  public enum Purpose: Sendable {
    /// Everything is read.
    case decoding
    /// Packets are listed. Where MP4 and MOV allow, only their beginnings are read; see ``Demuxer/readBytes``.
    case indexing
    /// Packets are copied by a caller that has the stream properties already. The header of MP4 and MOV is enough for that, so
    /// no frame is decoded; ``Demuxer/streams`` may be less complete.
    case copying
  }

  let pointer: UnsafeMutablePointer<AVFormatContext>
  private let input: PacketPrefixReader?
  private let tail = TruncatedTail()
  private let meter: ReadMeter
  public let container: ContainerInfo
  public let streams: [StreamInfo]
  /// libav's messages about this file so far.
  public let log: MessageLog

  /// Opens a file and reads its header.
  /// - Parameters:
  ///   - ignoringEdits: read MP4/MOV as if they had no edit lists.
  ///   - glancing: decode no frame of an image, or of an MP4 or MOV with one video stream; its pixel format is then unknown,
  ///     and an image's size and a video's delay may be.
  /// - Throws: ``LibavError``: `fileNotFound`, `permissionDenied`, `invalidData` and others, naming the file.
  public init(
    path: String, ignoringEdits: Bool = false, purpose: Purpose = .decoding, glancing: Bool = false
  ) throws(LibavError) {
    try Self.requireFile(path)
    let log = MessageLog()
    let input = purpose == .indexing && PacketPrefixReader.isMovie(path) ? try PacketPrefixReader(path: path) : nil
    var context: UnsafeMutablePointer<AVFormatContext>? = try allocated(avformat_alloc_context(), "a demuxer")
    if let context { lt_format_set_owner(context, log.number) }
    if let input, let context {
      context.pointee.pb = input.pointer
      context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    }
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    av_dict_set(&options, "protocol_whitelist", "file", 0)
    av_dict_set(&options, "format_whitelist", Self.allowedFormats, 0)
    // The name of an image is the name of one file, not a pattern such as `frame%d.png`.
    av_dict_set(&options, "pattern_type", "none", 0)
    // Finds all programs of a transport stream at once, as ffprobe does.
    av_dict_set(&options, "scan_all_pmts", "1", 0)
    if ignoringEdits { av_dict_set(&options, "ignore_editlist", "1", 0) }
    let limits = MediaLimits.beginReading()
    av_dict_set(&options, "max_streams", "\(limits.streams)", 0)
    let opened = avformat_open_input(&context, "file:" + path, nil, &options)
    guard opened >= 0, let context else {
      throw HeaderCheck(limits, path: path).error(status: opened, log: log)
    }
    var owned: UnsafeMutablePointer<AVFormatContext>? = context
    do throws(LibavError) {
      try HeaderCheck(limits, path: path).check(context)
    } catch {
      avformat_close_input(&owned)
      throw error
    }
    let isKnown = purpose == .copying && Self.isMovie(context)
    let found =
      isKnown
      ? 0
      : glancing && (Self.isMovie(context) || Self.isImage(context))
        ? Self.glance(context, limits) : Self.findStreamInfo(context, limits)
    do throws(LibavError) {
      if found >= 0 { try HeaderCheck(limits, path: path).check(context) }
    } catch {
      avformat_close_input(&owned)
      throw error
    }
    guard found >= 0 else {
      avformat_close_input(&owned)
      throw LibavError(status: found, doing: "cannot read the streams", file: path, log: log)
    }
    self.log = log
    meter = ReadMeter(limits)
    container = ContainerInfo(context, path: path)
    streams = (0..<Int(context.pointee.nb_streams)).compactMap { index in
      context.pointee.streams[index].map { StreamInfo($0) }
    }
    self.input = input
    pointer = context
    input?.leavesOutRest = Self.isMovie(context) && streams.allSatisfy(Self.isIndexedByPrefixes)
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVFormatContext>? = pointer
    avformat_close_input(&pointer)
  }

  /// Bytes read of each packet, from its beginning; nil when packets are whole.
  public var readBytes: Int? { input?.leavesOutRest == true ? PacketPrefixReader.prefixBytes : nil }

  private static func isMovie(_ context: UnsafePointer<AVFormatContext>) -> Bool {
    string(context.pointee.iformat?.pointee.name)?.hasPrefix("mov,") ?? false
  }

  private static func isImage(_ context: UnsafePointer<AVFormatContext>) -> Bool {
    ["png_pipe", "jpeg_pipe"].contains(string(context.pointee.iformat?.pointee.name))
  }

  /// `avformat_find_stream_info` decodes frames until their pixel format and delay are known; here none are decoded, since the
  /// decoder finds these by itself.
  private static func glance(_ context: UnsafeMutablePointer<AVFormatContext>, _ limits: MediaLimits) -> Int32 {
    let count = Int(context.pointee.nb_streams)
    let videos = (0..<count).filter { index in
      context.pointee.streams[index]?.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
    }
    guard videos.count == 1, let video = videos.first, let stream = context.pointee.streams[video],
      stream.pointee.codecpar.pointee.format == AV_PIX_FMT_NONE.rawValue
    else { return findStreamInfo(context, limits) }
    stream.pointee.codecpar.pointee.format = AV_PIX_FMT_YUV420P.rawValue
    var options = [OpaquePointer?](repeating: nil, count: count)
    defer { av_dict_free(&options[video]) }
    av_dict_set(&options[video], "skip_frame", "all", 0)
    let found = avformat_find_stream_info(context, &options)
    stream.pointee.codecpar.pointee.format = AV_PIX_FMT_NONE.rawValue
    return found
  }

  /// `avformat_find_stream_info`, whose decoders keep to the limit of pixels too.
  private static func findStreamInfo(
    _ context: UnsafeMutablePointer<AVFormatContext>, _ limits: MediaLimits
  ) -> Int32 {
    var options = [OpaquePointer?](repeating: nil, count: Int(context.pointee.nb_streams))
    for index in options.indices { av_dict_set(&options[index], "max_pixels", "\(limits.pixels)", 0) }
    defer { for index in options.indices { av_dict_free(&options[index]) } }
    guard !options.isEmpty else { return avformat_find_stream_info(context, nil) }
    return avformat_find_stream_info(context, &options)
  }

  /// Whether libav passes a stream's packets on unparsed. Audio packets are small anyway.
  private static func isIndexedByPrefixes(_ stream: StreamInfo) -> Bool {
    stream.kind != .video || stream.isAttachedPicture || ["h264", "hevc", "prores"].contains(stream.codecName)
  }

  /// Opening a pipe or a device could block for ever.
  private static func requireFile(_ path: String) throws(LibavError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw LibavError(errno: errno, doing: "cannot open", file: path) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFBLK else {
      throw LibavError(.notAFile, "is a folder, a pipe or a device, not a file; name a media file", file: path)
    }
  }

  /// The video a player would choose: libav's best video stream that is not a cover image.
  public var mainVideo: StreamInfo? { best(AVMEDIA_TYPE_VIDEO) }
  /// The audio a player would choose.
  public var mainAudio: StreamInfo? { best(AVMEDIA_TYPE_AUDIO) }

  private func best(_ type: AVMediaType) -> StreamInfo? {
    let index = Int(av_find_best_stream(pointer, type, -1, -1, nil, 0))
    let kind: StreamInfo.Kind = type == AVMEDIA_TYPE_VIDEO ? .video : .audio
    if index >= 0, !streams[index].isAttachedPicture, streams[index].codecName != "unknown" { return streams[index] }
    return streams.first { $0.kind == kind && !$0.isAttachedPicture && $0.codecName != "unknown" }
  }

  public func parameters(ofStream index: Int) throws(LibavError) -> CodecParameters {
    try CodecParameters(copying: stream(index).pointee.codecpar)
  }

  /// Reads only these streams; the others' packets are skipped without cost.
  public func select(_ indexes: Set<Int>) {
    for index in streams.indices {
      pointer.pointee.streams[index]?.pointee.discard = indexes.contains(index) ? AVDISCARD_DEFAULT : AVDISCARD_ALL
    }
  }

  /// Reads the next packet in file order. A track of an MP4 or MOV that is cut off ends no other.
  /// - Returns: false at the end.
  /// - Throws: ``LibavError`` when reading fails before the end; `invalidData` for times beyond ``maximumTime``, and after the
  ///   last packet of a file that lacks some of those that its table lists.
  public func read(into packet: borrowing Packet) throws(LibavError) -> Bool {
    while true {
      packet.clear()
      let status = av_read_frame(pointer, packet.pointer)
      guard status < 0 else {
        try requirePlausibleTimes(packet)
        try meter.count(container.path)
        return true
      }
      if tail.allowsAnotherRead(after: status, of: self) { continue }
      if let text = tail.text(of: self) {
        throw LibavError(.invalidData, text, file: container.path, log: log.newest(1))
      }
      if status == lt_error_eof { return false }
      try check(status, "reading a packet", file: container.path, log: log)
    }
  }

  /// Limits of packet times in ticks, and in seconds (136 years): sums and differences within them never overflow.
  public static let maximumTicks: Int64 = 1 << 55
  public static let maximumTime: Int64 = 1 << 32

  private func requirePlausibleTimes(_ packet: borrowing Packet) throws(LibavError) {
    for ticks in [packet.pts, packet.dts, packet.duration] {
      guard let ticks else { continue }
      let isPlausible =
        ticks.magnitude <= Self.maximumTicks.magnitude
        && (!streams.indices.contains(packet.streamIndex)
          || streams[packet.streamIndex].timeBase.seconds(ticks).magnitude <= Rational(Self.maximumTime))
      guard isPlausible else {
        throw LibavError(
          .invalidData, "a packet of stream \(packet.streamIndex) has the time \(ticks), which is out of range",
          file: container.path, log: log.newest(1))
      }
    }
  }

  /// Goes to the last key packet of a stream whose time is not after `time`.
  /// - Parameter time: ticks of the stream's time base.
  /// - Returns: false when the container cannot seek there.
  public func seek(stream index: Int, notAfter time: Int64) -> Bool {
    tail.startOver()
    return avformat_seek_file(pointer, Int32(index), Int64.min, time, time, 0) >= 0
  }

  /// Goes to a place in a raw stream.
  /// - Returns: false when the container cannot seek by bytes.
  public func seek(toByte position: Int64) -> Bool {
    tail.startOver()
    return av_seek_frame(pointer, -1, position, AVSEEK_FLAG_BYTE) >= 0
  }

  /// Goes back to the first packet.
  /// - Returns: false when the container cannot; open it again then.
  public func rewind() -> Bool {
    tail.startOver()
    return avformat_seek_file(pointer, -1, Int64.min, Int64.min + 1, Int64.max, 0) >= 0
      || av_seek_frame(pointer, -1, 0, AVSEEK_FLAG_BYTE) >= 0
  }

  private func stream(_ index: Int) throws(LibavError) -> UnsafeMutablePointer<AVStream> {
    guard streams.indices.contains(index), let stream = pointer.pointee.streams[index] else {
      throw LibavError(.noSuchStream, "there is no stream \(index)", file: container.path)
    }
    return stream
  }
}

extension ContainerInfo {
  fileprivate init(_ context: UnsafePointer<AVFormatContext>, path: String) {
    let c = context.pointee
    self.path = path
    formatName = string(c.iformat?.pointee.name) ?? "unknown"
    formatLongName = string(c.iformat?.pointee.long_name) ?? "unknown"
    startTime = timestamp(c.start_time).map { TimeBase.microseconds.seconds($0) }
    durationFromHeader = timestamp(c.duration).map { TimeBase.microseconds.seconds($0) }
    isDurationEstimated = c.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE
    let bytes = c.pb.map { avio_size($0) } ?? -1
    size = bytes >= 0 ? bytes : nil
    bitRate = c.bit_rate > 0 ? c.bit_rate : nil
    probeScore = Int(c.probe_score)
    programCount = Int(c.nb_programs)
    showsStreamIDs = c.iformat.map { $0.pointee.flags & AVFMT_SHOW_IDS != 0 } ?? false
    metadata = entries(of: c.metadata)
    chapters = (0..<Int(c.nb_chapters)).compactMap { index in
      guard let chapter = c.chapters[index]?.pointee, let base = TimeBase(Rational(chapter.time_base)) else {
        return nil
      }
      return Chapter(
        range: TimeRange(start: base.seconds(chapter.start), end: base.seconds(chapter.end)),
        title: entries(of: chapter.metadata)["title"])
    }
  }
}
