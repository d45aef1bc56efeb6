import CLibav
public import Timing

/// Writes packets into one media file.
///
/// Not `Sendable`: it owns one `AVFormatContext` and its file. A muxer destroyed before ``finish()`` leaves an
/// unfinished file; see `OutputFile`.
public struct Muxer: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFormatContext>
  public let path: String
  public let log: MessageLog
  private var timeBases: [TimeBase] = []
  private var hasHeader = false
  private var isFinished = false

  /// Creates the file.
  /// - Parameter format: libav's name of the container: `mp4`, `mov`, `matroska`, …
  public init(path: String, format: String, metadata: [String: String] = [:]) throws(LibavError) {
    let log = MessageLog()
    var context: UnsafeMutablePointer<AVFormatContext>?
    try check(avformat_alloc_output_context2(&context, nil, format, "file:" + path), "setting up \(format)", file: path)
    let muxer = try allocated(context, "a muxer")
    lt_format_set_owner(muxer, log.number)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      av_dict_set(&muxer.pointee.metadata, key, value, 0)
    }
    let status = avio_open(&muxer.pointee.pb, "file:" + path, AVIO_FLAG_WRITE)
    guard status >= 0 else {
      avformat_free_context(muxer)
      throw LibavError(status: status, doing: "cannot create", file: path, log: log)
    }
    self.path = path
    self.log = log
    pointer = muxer
  }

  deinit {
    avio_closep(&pointer.pointee.pb)
    avformat_free_context(pointer)
  }

  /// Whether a container can hold a codec, both by libav's names.
  public static func format(_ format: String, holds codec: String) -> Bool {
    guard let container = av_guess_format(format, nil, nil), let descriptor = avcodec_descriptor_get_by_name(codec)
    else { return false }
    return avformat_query_codec(container, descriptor.pointee.id, FF_COMPLIANCE_NORMAL) != 0
  }

  /// Adds a stream; all are added before the header.
  /// - Parameter timeBase: as requested; the container may choose another one, see ``timeBase(ofStream:)``.
  /// - Returns: the stream's index.
  public mutating func addStream(
    _ parameters: borrowing CodecParameters, timeBase: TimeBase, frameRate: FrameRate? = nil,
    sideData: [StreamInfo.CarriedSideData] = [], metadata: [String: String] = [:]
  ) throws(LibavError) -> Int {
    let stream = try allocated(avformat_new_stream(pointer, nil), "a stream")
    try check(
      avcodec_parameters_copy(stream.pointee.codecpar, parameters.pointer), "copying codec parameters", file: path)
    stream.pointee.time_base = timeBase.rational.av
    if let frameRate {
      stream.pointee.avg_frame_rate = frameRate.rational.av
      stream.pointee.r_frame_rate = frameRate.rational.av
    }
    stream.pointee.sample_aspect_ratio = parameters.pointer.pointee.sample_aspect_ratio
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      av_dict_set(&stream.pointee.metadata, key, value, 0)
    }
    for item in sideData {
      let room = try allocated(lt_new_side_data(stream, item.type, item.bytes.count), "side data")
      room.update(from: item.bytes, count: item.bytes.count)
    }
    timeBases.append(timeBase)
    return Int(stream.pointee.index)
  }

  /// Adds chapters; before the header.
  public func setChapters(_ chapters: [ContainerInfo.Chapter]) throws(LibavError) {
    guard !chapters.isEmpty else { return }
    let bytes = MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride * chapters.count
    let raw = try allocated(av_mallocz(bytes), "chapters")
    let list = raw.assumingMemoryBound(to: UnsafeMutablePointer<AVChapter>?.self)
    pointer.pointee.chapters = list
    let base = TimeBase.microseconds
    for (index, chapter) in chapters.enumerated() {
      let room = try allocated(av_mallocz(MemoryLayout<AVChapter>.size), "a chapter")
      let item = room.assumingMemoryBound(to: AVChapter.self)
      item.pointee.id = Int64(index)
      item.pointee.time_base = base.rational.av
      guard let start = base.ticks(chapter.range.start), let end = base.ticks(chapter.range.end) else {
        av_free(room)
        throw LibavError(.invalidData, "chapter \(index + 1) begins or ends at no time that can be written", file: path)
      }
      item.pointee.start = start
      item.pointee.end = end
      if let title = chapter.title { av_dict_set(&item.pointee.metadata, "title", title, 0) }
      list[index] = item
      pointer.pointee.nb_chapters = UInt32(index + 1)
    }
  }

  /// Writes the header.
  /// - Parameter options: the container's own, by libav's names, such as `movflags`.
  public mutating func writeHeader(options: [String: String] = [:]) throws(LibavError) {
    let (pointer, path, log) = (pointer, path, log)
    try withOptions(options, for: "the container") { (dictionary) throws(LibavError) in
      _ = try check(avformat_write_header(pointer, &dictionary), "writing the header", file: path, log: log)
    }
    hasHeader = true
    for index in timeBases.indices {
      if let stream = pointer.pointee.streams[index], let base = TimeBase(Rational(stream.pointee.time_base)) {
        timeBases[index] = base
      }
    }
  }

  /// The time base that packets are stored in; final once the header is written.
  public func timeBase(ofStream index: Int) -> TimeBase { timeBases[index] }

  /// Writes a packet, interleaved with those of the other streams, and empties it.
  /// - Parameter timeBase: of the packet's times.
  public func write(_ packet: borrowing Packet, stream index: Int, timeBase: TimeBase) throws(LibavError) {
    packet.streamIndex = index
    packet.rescale(from: timeBase, to: timeBases[index])
    try check(av_interleaved_write_frame(pointer, packet.pointer), "writing", file: path, log: log)
  }

  /// Writes the packets held back and the trailer, and closes the file.
  /// - Throws: ``LibavError``: `diskFull` and other write errors, which libav may report only here.
  public mutating func finish() throws(LibavError) {
    guard hasHeader, !isFinished else { return }
    isFinished = true
    try check(av_write_trailer(pointer), "writing the trailer", file: path, log: log)
    let failed = pointer.pointee.pb?.pointee.error ?? 0
    let closed = avio_closep(&pointer.pointee.pb)
    try check(failed, "writing", file: path, log: log)
    try check(closed, "closing", file: path, log: log)
  }
}
