/// The size of an ASF file (WMV, WMA) that its header gives.
enum ASFEnd {
  private static let header: [UInt8] = [
    0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
  ]
  private static let fileProperties: [UInt8] = [
    0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
  ]
  /// Bytes of the header that are searched.
  private static let searched = 1 << 16

  static func defect(of file: RandomAccessFile) -> String? {
    let bytes = file.bytes(at: 0, searched)
    guard bytes.starts(with: header), let found = bytes.firstRange(of: fileProperties),
      found.lowerBound + 92 <= bytes.count
    else { return nil }
    let size = bytes.number(at: found.lowerBound + 40, 8, isLittleEndian: true)
    // A broadcast has no valid size.
    let isBroadcast = bytes[found.lowerBound + 88] & 1 == 1
    guard !isBroadcast, size < UInt64(Int64.max) else { return nil }
    return FileEnd.missing(Int64(size) - file.size)
  }
}
