/// A box of an MP4 or MOV file (ISO/IEC 14496-12, 4.2).
public struct Box: Sendable, Hashable {
  /// Four characters; unprintable ones as `?`.
  public let type: String
  /// Bytes from the start of the file to the header.
  public let offset: Int64
  /// Bytes of the header, 8 or 16.
  public let headerSize: Int64
  /// Bytes, header included; as claimed, so it may reach past the end of the file or of the outer box.
  public let size: Int64

  /// Where the box claims to end.
  public var end: Int64 {
    let (end, overflow) = offset.addingReportingOverflow(size)
    return overflow ? .max : end
  }
}

/// Reads bytes at an offset: fewer at the end, none after it.
public typealias ByteSource = (_ offset: Int64, _ count: Int) -> ArraySlice<UInt8>

/// Walks the boxes in one range of an MP4 or MOV file, one after another.
///
/// Only headers are read and nothing is kept, so any number of boxes takes the same memory. The walk ends before a header that
/// is cut off or malformed; ``position`` shows where.
public struct BoxWalker: Sequence, IteratorProtocol {
  private let source: ByteSource
  private let end: Int64
  /// Where the next box begins.
  public private(set) var position: Int64
  /// Bytes read ahead, for runs of small boxes.
  private var window: ArraySlice<UInt8> = []
  private var windowStart: Int64 = 0

  private static let shortHeader: Int64 = 8
  private static let longHeader: Int64 = 16
  private static let windowSize = 4096

  public init(_ range: Range<Int64>, of source: @escaping ByteSource) {
    self.source = source
    position = range.lowerBound
    end = range.upperBound
  }

  /// The boxes inside another one, after `skipping` bytes of its own fields; they end where the outer range ends at the latest.
  public init(inside box: Box, skipping: Int64 = 0, endingBy limit: Int64, of source: @escaping ByteSource) {
    let start = Swift.min(box.offset + box.headerSize + skipping, limit)
    self.init(start..<Swift.max(start, Swift.min(box.end, limit)), of: source)
  }

  public mutating func next() -> Box? {
    guard end - position >= Self.shortHeader, let short = number(at: position, 4) else { return nil }
    let name = bytes(at: position + 4, 4)
    guard name.count == 4 else { return nil }
    var size = Int64(short)
    var header = Self.shortHeader
    if short == 1 {
      guard let long = number(at: position + 8, 8) else { return nil }
      size = Int64(clamping: long)
      header = Self.longHeader
    } else if short == 0 {
      size = end - position
    }
    guard size >= header else { return nil }
    let type = String(decoding: name.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    let box = Box(type: type, offset: position, headerSize: header, size: size)
    position = box.end
    return box
  }

  private mutating func number(at offset: Int64, _ count: Int) -> UInt64? {
    let digits = bytes(at: offset, count)
    return digits.count == count ? digits.reduce(0) { $0 << 8 | UInt64($1) } : nil
  }

  private mutating func bytes(at offset: Int64, _ count: Int) -> ArraySlice<UInt8> {
    if offset < windowStart || offset + Int64(count) > windowStart + Int64(window.count) {
      window = source(offset, Self.windowSize)
      windowStart = offset
    }
    return window.dropFirst(Int(offset - windowStart)).prefix(count)
  }
}
