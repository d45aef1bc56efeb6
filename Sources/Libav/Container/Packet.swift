import CLibav
public import Timing

/// One compressed packet: the bytes of a frame or a run of audio, and their times.
///
/// Not `Sendable`: it owns one `AVPacket` that libav refills.
public struct Packet: ~Copyable {
  let pointer: UnsafeMutablePointer<AVPacket>

  public init() throws(LibavError) { pointer = try allocated(av_packet_alloc(), "a packet") }

  init(owning pointer: UnsafeMutablePointer<AVPacket>) { self.pointer = pointer }

  /// A packet holding a copy of `bytes`.
  public init(bytes: [UInt8]) throws(LibavError) {
    let packet = try allocated(av_packet_alloc(), "a packet")
    var owned: UnsafeMutablePointer<AVPacket>? = packet
    let status = av_new_packet(packet, Int32(bytes.count))
    guard status >= 0 else {
      av_packet_free(&owned)
      throw LibavError(status: status, doing: "allocating \(bytes.count) bytes for a packet")
    }
    if let data = packet.pointee.data { data.update(from: bytes, count: bytes.count) }
    pointer = packet
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVPacket>? = pointer
    av_packet_free(&pointer)
  }

  /// A second owner of the same bytes.
  public func share() throws(LibavError) -> Packet {
    Packet(owning: try allocated(av_packet_clone(pointer), "a packet"))
  }

  /// Takes the bytes and times of another packet, which is empty afterwards.
  public func takeOver(_ other: borrowing Packet) {
    av_packet_unref(pointer)
    av_packet_move_ref(pointer, other.pointer)
  }

  /// Replaces the packet's bytes; its times and flags stay.
  public func replaceBytes(_ bytes: [UInt8]) throws(LibavError) {
    let other = try Packet(bytes: bytes)
    try check(av_packet_copy_props(other.pointer, pointer), "copying a packet's times")
    takeOver(other)
  }

  /// Releases the bytes; the packet can be refilled.
  public func clear() { av_packet_unref(pointer) }

  public var streamIndex: Int {
    get { Int(pointer.pointee.stream_index) }
    nonmutating set { pointer.pointee.stream_index = Int32(newValue) }
  }
  /// Presentation time in ticks of the packet's time base.
  public var pts: Int64? {
    get { timestamp(pointer.pointee.pts) }
    nonmutating set { pointer.pointee.pts = newValue ?? lt_nopts }
  }
  /// Decoding time in ticks of the packet's time base.
  public var dts: Int64? {
    get { timestamp(pointer.pointee.dts) }
    nonmutating set { pointer.pointee.dts = newValue ?? lt_nopts }
  }
  /// Ticks; 0 when unknown.
  public var duration: Int64 {
    get { pointer.pointee.duration }
    nonmutating set { pointer.pointee.duration = newValue }
  }
  public var isKey: Bool {
    get { pointer.pointee.flags & AV_PKT_FLAG_KEY != 0 }
    nonmutating set { setFlag(AV_PKT_FLAG_KEY, newValue) }
  }
  /// Decoded but not shown, because of an edit list.
  public var isDiscarded: Bool { pointer.pointee.flags & AV_PKT_FLAG_DISCARD != 0 }
  public var isCorrupt: Bool { pointer.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 }
  /// Bytes.
  public var size: Int { Int(pointer.pointee.size) }
  /// Offset in the file, when known.
  public var position: Int64? { pointer.pointee.pos < 0 ? nil : pointer.pointee.pos }

  /// Calls `body` with the packet's bytes, valid during the call.
  public func withBytes<R>(_ body: (Span<UInt8>) throws -> R) rethrows -> R {
    let buffer = UnsafeBufferPointer(start: pointer.pointee.data, count: Int(pointer.pointee.size))
    return try body(buffer.span)
  }

  /// The bytes, copied.
  public var bytes: [UInt8] {
    Array(UnsafeBufferPointer(start: pointer.pointee.data, count: Int(pointer.pointee.size)))
  }

  /// Converts PTS, DTS and duration from one time base to another, to the nearest tick.
  public func rescale(from source: TimeBase, to target: TimeBase) {
    av_packet_rescale_ts(pointer, source.rational.av, target.rational.av)
  }

  private func setFlag(_ flag: Int32, _ on: Bool) {
    if on { pointer.pointee.flags |= flag } else { pointer.pointee.flags &= ~flag }
  }
}
