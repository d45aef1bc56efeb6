import CLibav

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads a local file for libav and, on demand, only the beginning of packets that are read directly into their own memory.
///
/// Not `Sendable`: it owns one `AVIOContext` and a file descriptor, and lives as long as the demuxer that uses it.
final class PacketPrefixReader {
  /// Bytes read of each packet, or all of it where it is shorter.
  static let prefixBytes = 16 << 10
  /// Bytes of libav's buffer; larger reads go directly into their destination.
  private static let bufferBytes: Int32 = 32 << 10

  /// Types of the first box of MP4 and MOV files, after four bytes of size.
  private static let firstBoxes: Set<String> = ["ftyp", "moov", "mdat", "wide", "free", "skip"]

  /// While set, the rest of a packet after its beginning is not read, and its memory is undefined.
  var leavesOutRest = false
  private(set) var pointer: UnsafeMutablePointer<AVIOContext>?
  private let descriptor: Int32
  private let size: Int64
  private var position: Int64 = 0

  init(path: String) throws(LibavError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LibavError(errno: errno, doing: "cannot open", file: path) }
    self.descriptor = descriptor
    size = Int64(lseek(descriptor, 0, SEEK_END))
    let buffer = try allocated(av_malloc(Int(Self.bufferBytes)), "a read buffer")
    let owner = Unmanaged.passUnretained(self).toOpaque()
    pointer = avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Self.bufferBytes, 0, owner,
      { owner, destination, count in PacketPrefixReader.from(owner)?.read(into: destination, count) ?? lt_error_io },
      nil,
      { owner, offset, whence in PacketPrefixReader.from(owner)?.seek(offset, whence) ?? Int64(lt_error_io) })
    guard pointer != nil else {
      av_free(buffer)
      throw LibavError(status: lt_error_no_memory, doing: "allocating a reader", file: path)
    }
  }

  deinit {
    if let pointer {
      av_freep(&pointer.pointee.buffer)
      avio_context_free(&self.pointer)
    }
    close(descriptor)
  }

  static func isMovie(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8)
    return pread(descriptor, &bytes, bytes.count, 0) == bytes.count
      && firstBoxes.contains(String(decoding: bytes[4...], as: UTF8.self))
  }

  private static func from(_ owner: UnsafeMutableRawPointer?) -> PacketPrefixReader? {
    owner.map { Unmanaged<PacketPrefixReader>.fromOpaque($0).takeUnretainedValue() }
  }

  private func read(into destination: UnsafeMutablePointer<UInt8>?, _ count: Int32) -> Int32 {
    guard let destination, count > 0 else { return 0 }
    let isPartial = leavesOutRest && Int(count) > Self.prefixBytes && !isOwnBuffer(destination)
    let wanted = isPartial ? Self.prefixBytes : Int(count)
    var got = 0
    repeat { got = pread(descriptor, destination, wanted, Int(position)) } while got < 0 && errno == EINTR
    guard got >= 0 else { return lt_error_io }
    guard got > 0 else { return lt_error_eof }
    let given = isPartial && got == wanted ? Int(min(Int64(count), size - position)) : got
    position += Int64(given)
    return Int32(given)
  }

  /// libav's buffer may hold anything, so it is filled wholly; only a packet's own memory is filled in part.
  private func isOwnBuffer(_ destination: UnsafeMutablePointer<UInt8>) -> Bool {
    guard let context = pointer?.pointee, let start = context.buffer else { return true }
    return destination >= start && destination < start + Int(context.buffer_size)
  }

  private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    if whence & AVSEEK_SIZE != 0 { return size }
    let base: Int64
    switch whence & ~AVSEEK_FORCE {
    case SEEK_SET: base = 0
    case SEEK_CUR: base = position
    case SEEK_END: base = size
    default: return Int64(lt_error_io)
    }
    let (target, overflow) = base.addingReportingOverflow(offset)
    guard !overflow, target >= 0 else { return Int64(lt_error_io) }
    position = target
    return target
  }
}
