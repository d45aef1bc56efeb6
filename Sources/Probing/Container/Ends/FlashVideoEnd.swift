/// The tags of an FLV file, and the size and duration that its metadata give.
enum FlashVideoEnd {
  private static let tagHeader: Int64 = 11
  private static let types: Set<UInt64> = [8, 9, 18]
  /// Bytes of the first tag that are searched for metadata.
  private static let searched = 1 << 16
  /// Tags walked where the end of the file is not the end of a tag.
  private static let mostTags = 1_000_000
  /// Seconds of the duration that the times of the tags may lack: the last frame's own, and rounding.
  private static let tolerance = 1.0

  static func defect(of file: RandomAccessFile) -> String? {
    guard file.text(at: 0, 3) == "FLV", let header = file.number(at: 5, 4) else { return nil }
    guard let lastTime = lastTag(file) else {
      return walk(file, from: Int64(header) + 4).map { "its last tag has \($0.present) of \($0.size) bytes" }
    }
    let metadata = file.bytes(at: Int64(header) + 4, searched)
    let duration = value("duration", in: metadata)
    let isReached = duration.map { $0 <= 0 || lastTime + tolerance >= $0 }
    if let size = value("filesize", in: metadata), size > Double(file.size), size < Double(1 << 53), isReached != true {
      return FileEnd.missing(Int64(size) - file.size)
    }
    guard isReached == false, let duration else { return nil }
    let missing = ((duration - lastTime) * 10).rounded() / 10
    return "\(missing) s of the duration that its metadata give are missing"
  }

  /// Seconds of the last tag, found by its size after it; nil where the file does not end with one.
  private static func lastTag(_ file: RandomAccessFile) -> Double? {
    guard let size = file.number(at: file.size - 4, 4), size >= UInt64(tagHeader) else { return nil }
    let offset = file.size - 4 - Int64(size)
    guard offset > 0, let type = file.number(at: offset, 1), types.contains(type),
      let content = file.number(at: offset + 1, 3), Int64(content) + tagHeader == Int64(size),
      let low = file.number(at: offset + 4, 3), let high = file.number(at: offset + 7, 1)
    else { return nil }
    return Double(high << 24 | low) / 1000
  }

  /// The tag that the file ends in; nil when it ends after one, or with something else.
  private static func walk(_ file: RandomAccessFile, from start: Int64) -> (present: Int64, size: Int64)? {
    var position = start
    for _ in 0..<mostTags {
      guard position < file.size else { return nil }
      let head = file.bytes(at: position, 4)
      guard let type = head.first, types.contains(UInt64(type)) else { return nil }
      guard head.count == 4 else { return (file.size - position, tagHeader) }
      let size = tagHeader + Int64(head.number(at: 1, 3))
      if position + size > file.size { return (file.size - position, size) }
      position += size + 4
    }
    return nil
  }

  /// A number of the metadata: a name with its length, a type of 0, and a double.
  private static func value(_ name: String, in bytes: [UInt8]) -> Double? {
    let pattern = [0, UInt8(name.utf8.count)] + Array(name.utf8) + [0]
    guard let range = bytes.firstRange(of: pattern), range.upperBound + 8 <= bytes.count else { return nil }
    let number = Double(bitPattern: bytes.number(at: range.upperBound, 8))
    return number.isFinite ? number : nil
  }
}
