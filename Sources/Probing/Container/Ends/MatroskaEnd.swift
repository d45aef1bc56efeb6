/// The size of a Matroska or WebM segment (RFC 8794, RFC 9559).
enum MatroskaEnd {
  private static let headerID: UInt64 = 0x1A45_DFA3
  private static let segmentID: UInt64 = 0x1853_8067

  static func defect(of file: RandomAccessFile) -> String? {
    guard file.number(at: 0, 4) == headerID, let header = size(file, at: 4), let length = header.value else {
      return nil
    }
    let segment = 4 + header.width + length
    guard file.number(at: segment, 4) == segmentID, let found = size(file, at: segment + 4), let content = found.value
    else { return nil }
    return FileEnd.missing(segment + 4 + found.width + content - file.size)
  }

  /// A number whose leading zeros give its width; without a value when it is unknown, as live streams have it.
  private static func size(_ file: RandomAccessFile, at offset: Int64) -> (width: Int64, value: Int64?)? {
    guard let first = file.number(at: offset, 1), first > 0 else { return nil }
    let width = UInt8(first).leadingZeroBitCount + 1
    guard let all = file.number(at: offset, width) else { return nil }
    let mask = UInt64(1) << UInt64(7 * width) - 1
    let value = all & mask
    // Within the limit, sums never overflow.
    return (Int64(width), value == mask || value > UInt64(Int64.max) / 2 ? nil : Int64(value))
  }
}
