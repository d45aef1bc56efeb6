/// The footer of an MXF file (SMPTE ST 377-1), whose place the header gives.
enum MXFEnd {
  /// Bytes that may come before the header.
  private static let runIn = 1 << 16
  /// Key of a header partition pack, up to its status.
  private static let headerKey: [UInt8] = [6, 0x0E, 0x2B, 0x34, 2, 5, 1, 1, 0x0D, 1, 2, 1, 1, 2]
  private static let keyStart: [UInt8] = [6, 0x0E, 0x2B, 0x34]
  private static let keySize: Int64 = 16
  /// Items looked at from the footer to the end.
  private static let mostItems = 100_000

  static func defect(of file: RandomAccessFile) -> String? {
    guard let found = file.bytes(at: 0, runIn).firstRange(of: headerKey) else { return nil }
    let start = Int64(found.lowerBound)
    guard let pack = item(file, at: start), let footer = file.number(at: pack.content + 24, 8), footer > 0,
      footer < UInt64(Int64.max) / 2
    else { return nil }
    var position = start + Int64(footer)
    if position >= file.size { return "its footer, at byte \(position), is missing" }
    for _ in 0..<mostItems where position < file.size {
      guard file.bytes(at: position, keyStart.count) == keyStart else { return nil }
      guard let next = item(file, at: position), next.end <= file.size else { return "it ends inside its footer" }
      position = next.end
    }
    return nil
  }

  /// A key, a length of 1 or more bytes, and a value; nil where the file ends before the value.
  private static func item(_ file: RandomAccessFile, at offset: Int64) -> (content: Int64, end: Int64)? {
    guard let short = file.number(at: offset + keySize, 1) else { return nil }
    let width = short & 0x80 == 0 ? 0 : Int(short & 0x7F)
    guard width <= 8 else { return nil }
    let length = width == 0 ? short : file.number(at: offset + keySize + 1, width)
    guard let length, length < UInt64(Int64.max) / 2 else { return nil }
    let content = offset + keySize + 1 + Int64(width)
    return (content, content + Int64(length))
  }
}
