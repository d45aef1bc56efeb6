import CLibav
public import Timing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Settings of a video encoder.
public struct VideoEncoding: Sendable, Hashable {
  /// libav's name of the encoder: `libx264`, `libx265`, `png`, `mjpeg`, …
  public var encoder: String
  public var width: Int
  public var height: Int
  public var pixelFormat: PixelFormat
  public var timeBase: TimeBase
  /// Nil for stills and variable rates.
  public var frameRate: FrameRate?
  public var sampleAspectRatio: Rational = .one
  public var color: ColorTags = ColorTags()
  /// Frames between keyframes at most; nil for the encoder's default.
  public var gopLength: Int?
  public var bFrames: Int?
  /// The encoder's own options by libav's names, such as `crf` or `x264-params`.
  public var options: [String: String] = [:]
  /// 0 lets libav choose.
  public var threads = 0
  /// Parameter sets go into the container's header rather than before each keyframe.
  public var usesGlobalHeader = true

  public init(
    encoder: String, width: Int, height: Int, pixelFormat: PixelFormat, timeBase: TimeBase, frameRate: FrameRate? = nil
  ) {
    self.encoder = encoder
    self.width = width
    self.height = height
    self.pixelFormat = pixelFormat
    self.timeBase = timeBase
    self.frameRate = frameRate
  }
}

/// Settings of an audio encoder.
public struct AudioEncoding: Sendable, Hashable {
  /// libav's name of the encoder: `aac`, `pcm_s24le`, …
  public var encoder: String
  public var format: AudioFormat
  /// Bits per second; ignored by lossless encoders.
  public var bitRate: Int64
  public var options: [String: String] = [:]

  public init(encoder: String, format: AudioFormat, bitRate: Int64, options: [String: String] = [:]) {
    self.encoder = encoder
    self.format = format
    self.bitRate = bitRate
    self.options = options
  }
}

/// Turns frames or audio into packets.
///
/// Not `Sendable`: it owns one `AVCodecContext`.
public struct Encoder: ~Copyable {
  let pointer: UnsafeMutablePointer<AVCodecContext>
  public let log: MessageLog
  public let timeBase: TimeBase

  /// Opens a video encoder.
  /// - Throws: ``LibavError``: `codecMissing`, `unsupported` for an unknown option, others with libav's messages.
  public init(_ settings: VideoEncoding) throws(LibavError) {
    let (context, codec, log) = try Self.allocate(settings.encoder)
    var owned: UnsafeMutablePointer<AVCodecContext>? = context
    do throws(LibavError) {
      context.pointee.width = Int32(settings.width)
      context.pointee.height = Int32(settings.height)
      context.pointee.pix_fmt = settings.pixelFormat.value
      context.pointee.time_base = settings.timeBase.rational.av
      if let rate = settings.frameRate { context.pointee.framerate = rate.rational.av }
      context.pointee.sample_aspect_ratio = settings.sampleAspectRatio.av
      context.pointee.color_range = settings.color.rangeValue
      context.pointee.colorspace = settings.color.matrixValue
      context.pointee.color_trc = settings.color.transferValue
      context.pointee.color_primaries = settings.color.primariesValue
      context.pointee.chroma_sample_location = settings.color.chromaLocationValue
      if let gop = settings.gopLength { context.pointee.gop_size = Int32(gop) }
      if let bFrames = settings.bFrames { context.pointee.max_b_frames = Int32(bFrames) }
      context.pointee.thread_count = Int32(settings.threads)
      if settings.usesGlobalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
      try Self.open(context, codec, settings.options, named: settings.encoder, log: log)
    } catch {
      avcodec_free_context(&owned)
      throw error
    }
    timeBase = settings.timeBase
    self.log = log
    pointer = context
  }

  /// Opens an audio encoder; its time base is one sample. The sample format is the encoder's own first choice.
  public init(_ settings: AudioEncoding) throws(LibavError) {
    let (context, codec, log) = try Self.allocate(settings.encoder)
    var owned: UnsafeMutablePointer<AVCodecContext>? = context
    let base = TimeBase(1, Int64(settings.format.sampleRate)) ?? .microseconds
    do throws(LibavError) {
      context.pointee.sample_rate = Int32(settings.format.sampleRate)
      context.pointee.sample_fmt = settings.format.sampleFormat.value
      settings.format.layout.copy(to: &context.pointee.ch_layout)
      context.pointee.bit_rate = settings.bitRate
      context.pointee.time_base = base.rational.av
      context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
      try Self.open(context, codec, settings.options, named: settings.encoder, log: log)
    } catch {
      avcodec_free_context(&owned)
      throw error
    }
    timeBase = base
    self.log = log
    pointer = context
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVCodecContext>? = pointer
    avcodec_free_context(&pointer)
  }

  /// The stream's parameters, for a muxer.
  public func parameters() throws(LibavError) -> CodecParameters { try CodecParameters(of: pointer) }

  /// Samples the encoder takes at a time; 0 when any number will do.
  public var frameSize: Int { Int(pointer.pointee.frame_size) }
  /// Samples of silence the encoder adds at the start (priming).
  public var initialPadding: Int { Int(pointer.pointee.initial_padding) }
  /// Frames by which decoding order runs ahead.
  public var reorderDepth: Int { Int(pointer.pointee.has_b_frames) }

  /// Sends a frame; take the packets after each.
  public func send(_ frame: borrowing Frame) throws(LibavError) {
    try check(avcodec_send_frame(pointer, frame.pointer), "encoding", log: log)
  }

  /// Signals the end, so that the packets held back come out.
  public func sendEnd() throws(LibavError) {
    try check(avcodec_send_frame(pointer, nil), "ending the encoding", log: log)
  }

  /// Takes the next packet, in the encoder's time base.
  /// - Returns: false when more frames are needed, or all is out.
  public func receive(into packet: borrowing Packet) throws(LibavError) -> Bool {
    let status = avcodec_receive_packet(pointer, packet.pointer)
    if status == lt_error_again || status == lt_error_eof { return false }
    try check(status, "encoding", log: log)
    return true
  }

  /// SVT-AV1 writes to stderr by itself; 1 leaves errors.
  private static let quietSVT = setenv("SVT_LOG", "1", 0)

  private static func allocate(_ name: String) throws(LibavError) -> (
    UnsafeMutablePointer<AVCodecContext>, UnsafePointer<AVCodec>, MessageLog
  ) {
    guard let codec = avcodec_find_encoder_by_name(name) else {
      throw LibavError(.codecMissing, "this libav has no encoder \(name)")
    }
    if name == "libsvtav1" { _ = quietSVT }
    let log = MessageLog()
    let context = try allocated(avcodec_alloc_context3(codec), "an encoder")
    lt_codec_set_owner(context, log.number)
    return (context, codec, log)
  }

  private static func open(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ codec: UnsafePointer<AVCodec>, _ options: [String: String],
    named name: String, log: MessageLog
  ) throws(LibavError) {
    try withOptions(options, for: name) { (dictionary) throws(LibavError) in
      _ = try check(avcodec_open2(context, codec, &dictionary), "opening the encoder \(name)", log: log)
    }
  }
}
