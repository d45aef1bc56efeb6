import CLibav
public import Timing

/// How many threads a codec may use.
public enum Threading: Sendable, Hashable {
  /// As many as there are processors, over frames and slices.
  case automatic
  /// Up to this many, over frames and slices.
  case count(Int)
  /// Up to this many, within one frame only: no frame is held back.
  case slices(Int)

  var count: Int32 {
    switch self {
    case .automatic: 0
    case .count(let n), .slices(let n): Int32(n)
    }
  }
  var kinds: Int32 {
    switch self {
    case .automatic, .count: FF_THREAD_FRAME | FF_THREAD_SLICE
    case .slices: FF_THREAD_SLICE
    }
  }
}

/// The frames a decoder may skip.
public enum DecodeSkip: Sendable, Hashable {
  case nothing
  /// Frames no other frame refers to.
  case nonReference
  /// All but keyframes.
  case nonKey

  var value: AVDiscard {
    switch self {
    case .nothing: AVDISCARD_DEFAULT
    case .nonReference: AVDISCARD_NONREF
    case .nonKey: AVDISCARD_NONKEY
    }
  }
}

/// Turns packets into frames or audio.
///
/// Not `Sendable`: it owns one `AVCodecContext`.
public struct Decoder: ~Copyable {
  public enum Output: Sendable { case frame, needsInput, ended }

  let pointer: UnsafeMutablePointer<AVCodecContext>
  public let log: MessageLog

  /// Opens the decoder that libav prefers for these parameters.
  /// - Parameter timeBase: of the packets that will be sent.
  /// - Throws: ``LibavError``: `codecMissing` when libav has no such decoder.
  public init(
    _ parameters: borrowing CodecParameters, timeBase: TimeBase, threading: Threading = .automatic
  ) throws(LibavError) {
    let id = parameters.pointer.pointee.codec_id
    guard let codec = avcodec_find_decoder(id) else {
      throw LibavError(.codecMissing, "libav has no decoder for \(parameters.codecName)")
    }
    let log = MessageLog()
    let context = try allocated(avcodec_alloc_context3(codec), "a decoder")
    var owned: UnsafeMutablePointer<AVCodecContext>? = context
    do throws(LibavError) {
      try check(avcodec_parameters_to_context(context, parameters.pointer), "setting up the decoder")
      lt_codec_set_owner(context, log.number)
      context.pointee.max_pixels = MediaLimits.current.pixels
      context.pointee.pkt_timebase = timeBase.rational.av
      context.pointee.thread_count = threading.count
      context.pointee.thread_type = threading.kinds
      try check(avcodec_open2(context, codec, nil), "opening the \(parameters.codecName) decoder", log: log)
    } catch {
      avcodec_free_context(&owned)
      throw error
    }
    self.log = log
    pointer = context
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVCodecContext>? = pointer
    avcodec_free_context(&pointer)
  }

  /// Frames to skip from the next packet on.
  public var skip: DecodeSkip {
    get {
      switch pointer.pointee.skip_frame {
      case AVDISCARD_NONREF: .nonReference
      case AVDISCARD_NONKEY: .nonKey
      default: .nothing
      }
    }
    nonmutating set { pointer.pointee.skip_frame = newValue.value }
  }

  /// Sends a packet.
  /// - Returns: false when frames must be received first; the packet was not taken then.
  /// - Throws: ``LibavError`` when the packet cannot be decoded; the decoder can continue with the next one.
  public func send(_ packet: borrowing Packet) throws(LibavError) -> Bool {
    try accept(avcodec_send_packet(pointer, packet.pointer))
  }

  /// Signals the end, so that the frames held back come out.
  public func sendEnd() throws(LibavError) { _ = try accept(avcodec_send_packet(pointer, nil)) }

  /// Takes the next frame.
  public func receive(into frame: borrowing Frame) throws(LibavError) -> Output {
    let status = avcodec_receive_frame(pointer, frame.pointer)
    if status == lt_error_again { return .needsInput }
    if status == lt_error_eof { return .ended }
    try check(status, "decoding", log: log)
    return .frame
  }

  /// Drops all state, as after a seek.
  public func flush() { avcodec_flush_buffers(pointer) }

  private func accept(_ status: Int32) throws(LibavError) -> Bool {
    if status == lt_error_again { return false }
    if status == lt_error_eof { return true }
    try check(status, "decoding a packet", log: log)
    return true
  }
}
