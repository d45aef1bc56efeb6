import CLibav
public import Timing

/// The codec parameters in a stream's header: enough to open a decoder, or to write the stream to another file.
///
/// Not `Sendable`: it owns one `AVCodecParameters`.
public struct CodecParameters: ~Copyable {
  let pointer: UnsafeMutablePointer<AVCodecParameters>

  init(copying source: UnsafePointer<AVCodecParameters>) throws(LibavError) {
    let copy = try allocated(avcodec_parameters_alloc(), "codec parameters")
    var owned: UnsafeMutablePointer<AVCodecParameters>? = copy
    let status = avcodec_parameters_copy(copy, source)
    guard status >= 0 else {
      avcodec_parameters_free(&owned)
      throw LibavError(status: status, doing: "copying codec parameters")
    }
    pointer = copy
  }

  init(of context: UnsafePointer<AVCodecContext>) throws(LibavError) {
    let copy = try allocated(avcodec_parameters_alloc(), "codec parameters")
    var owned: UnsafeMutablePointer<AVCodecParameters>? = copy
    let status = avcodec_parameters_from_context(copy, context)
    guard status >= 0 else {
      avcodec_parameters_free(&owned)
      throw LibavError(status: status, doing: "reading an encoder's parameters")
    }
    pointer = copy
  }

  /// Of a text track that no encoder of libav makes.
  /// - Parameters:
  ///   - subtitle: libav's name of the codec, such as `mov_text`.
  ///   - description: of its samples, as the container stores it.
  public init(subtitle codec: String, description: [UInt8]) throws(LibavError) {
    guard let descriptor = avcodec_descriptor_get_by_name(codec) else {
      throw LibavError(.codecMissing, "this libav does not know \(codec)")
    }
    let extradata = try Self.extradata(description)
    guard let parameters = avcodec_parameters_alloc() else {
      av_free(extradata)
      throw LibavError(.outOfMemory, "there is no memory for codec parameters")
    }
    parameters.pointee.codec_type = AVMEDIA_TYPE_SUBTITLE
    parameters.pointee.codec_id = descriptor.pointee.id
    parameters.pointee.extradata = extradata.assumingMemoryBound(to: UInt8.self)
    parameters.pointee.extradata_size = Int32(description.count)
    pointer = parameters
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVCodecParameters>? = pointer
    avcodec_parameters_free(&pointer)
  }

  public func copy() throws(LibavError) -> CodecParameters { try CodecParameters(copying: pointer) }

  /// libav's name of the codec: `h264`, `hevc`, `aac`, …
  public var codecName: String { string(avcodec_get_name(pointer.pointee.codec_id)) ?? "unknown" }
  public var width: Int { Int(pointer.pointee.width) }
  public var height: Int { Int(pointer.pointee.height) }
  public var pixelFormat: PixelFormat { PixelFormat(raw: pointer.pointee.format) }

  /// Parameter sets and the like, in the container's own form (`avcC`, `hvcC`) or Annex B.
  public var extradata: [UInt8] {
    Array(UnsafeBufferPointer(start: pointer.pointee.extradata, count: Int(pointer.pointee.extradata_size)))
  }

  public func setExtradata(_ bytes: [UInt8]) throws(LibavError) {
    let data = try Self.extradata(bytes).assumingMemoryBound(to: UInt8.self)
    av_free(pointer.pointee.extradata)
    pointer.pointee.extradata = data
    pointer.pointee.extradata_size = Int32(bytes.count)
  }

  private static func extradata(_ bytes: [UInt8]) throws(LibavError) -> UnsafeMutableRawPointer {
    let raw = try allocated(av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)), "extradata")
    raw.assumingMemoryBound(to: UInt8.self).update(from: bytes, count: bytes.count)
    return raw
  }

  /// Writes a frame rate into the parameter sets of H.264 and HEVC in the header; readers take the length of a frame from there.
  ///
  /// ``extradata`` is Annex B afterwards. Packets stay as they are, and with them the sets that some of them hold.
  public func writeFrameRate(_ rate: FrameRate) throws(LibavError) {
    // A frame of H.264 lasts two ticks.
    let filter: (name: String, ticks: Int64)
    switch codecName {
    case "h264": filter = ("h264_metadata", 2)
    case "hevc": filter = ("hevc_metadata", 1)
    default: return
    }
    guard !extradata.isEmpty else { return }
    let ticks = rate.rational * filter.ticks
    var context: UnsafeMutablePointer<AVBSFContext>?
    defer { av_bsf_free(&context) }
    try check(
      av_bsf_list_parse_str("\(filter.name)=tick_rate=\(ticks.numerator)/\(ticks.denominator)", &context),
      "setting up \(filter.name)")
    let bitstream = try allocated(context, "a bitstream filter")
    try check(avcodec_parameters_copy(bitstream.pointee.par_in, pointer), "copying codec parameters")
    try check(av_bsf_init(bitstream), "writing the frame rate into the parameter sets")
    guard let written = bitstream.pointee.par_out, written.pointee.extradata_size > 0 else { return }
    try setExtradata(
      Array(UnsafeBufferPointer(start: written.pointee.extradata, count: Int(written.pointee.extradata_size))))
  }

  /// The four-character code of the sample entry, `avc1`, `hvc1`, …; empty lets the muxer choose.
  public var tag: String {
    get { tagText(pointer.pointee.codec_tag) }
    nonmutating set { pointer.pointee.codec_tag = tagValue(newValue) ?? 0 }
  }

  /// The longest delay of any codec, in frames; libav's H.264 decoder aborts at more.
  public static let longestDelay = 16

  /// Makes the decoder hold back at least this many frames, so that all come out in order.
  public func raiseVideoDelay(to frames: Int) {
    pointer.pointee.video_delay = max(pointer.pointee.video_delay, Int32(min(frames, Self.longestDelay)))
  }

  public var color: ColorTags {
    get {
      let p = pointer.pointee
      return ColorTags(
        range: p.color_range, matrix: p.color_space, transfer: p.color_trc, primaries: p.color_primaries,
        location: p.chroma_location)
    }
    nonmutating set {
      pointer.pointee.color_range = newValue.rangeValue
      pointer.pointee.color_space = newValue.matrixValue
      pointer.pointee.color_trc = newValue.transferValue
      pointer.pointee.color_primaries = newValue.primariesValue
      pointer.pointee.chroma_location = newValue.chromaLocationValue
    }
  }

  /// Width against height of a pixel; undefined when unknown. The muxer writes it as the container's own (`pasp`).
  public var sampleAspectRatio: Rational {
    get { Rational(pointer.pointee.sample_aspect_ratio) }
    nonmutating set { pointer.pointee.sample_aspect_ratio = newValue.av }
  }

  public var level: Int {
    get { Int(pointer.pointee.level) }
    nonmutating set { pointer.pointee.level = Int32(newValue) }
  }

  /// Bits per second; 0 when unknown.
  public var bitRate: Int64 { pointer.pointee.bit_rate }
}

/// A four-character code as libav keeps it; nil when it has no four characters.
func tagValue(_ tag: String) -> UInt32? {
  let bytes = Array(tag.utf8)
  return bytes.count == 4 ? bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } : nil
}

/// A codec tag as ffprobe prints it: unprintable bytes as `[n]`.
func tagText(_ tag: UInt32) -> String {
  (0..<4).map { index -> String in
    let byte = UInt8(truncatingIfNeeded: tag >> (8 * UInt32(index)))
    let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    return isPlain || [0x20, 0x2D, 0x2E, 0x5F].contains(byte) ? String(UnicodeScalar(byte)) : "[\(byte)]"
  }.joined()
}
