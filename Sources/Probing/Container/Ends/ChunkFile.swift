/// The chunks of WAVE, AIFF, Wave64 and AVI files, as far as they give the length of the media, which libav takes from the
/// file's size.
public enum ChunkFile {
  /// Chunks looked at.
  private static let mostChunks = 1000
  /// Bytes that may be missing: the padding of an odd chunk.
  private static let padding: Int64 = 1
  /// Sizes that programs write when they cannot go back to the header.
  private static let placeholders: [ClosedRange<UInt64>] = [
    0...0, 0x7FFF_EF00...0x8000_0000, 0xFFFF_FF00...0xFFFF_FFFF,
  ]

  /// Bytes that the headers promise after the end of the file; nil when the file has no such chunks, or was written to a
  /// pipe and promises nothing.
  public static func missingBytes(path: String) -> Int64? {
    guard let file = try? RandomAccessFile(path: path) else { return nil }
    return missingBytes(of: file)
  }

  static func missingBytes(of file: RandomAccessFile) -> Int64? {
    switch (file.text(at: 0, 4), file.text(at: 8, 4)) {
    case ("RIFF", "WAVE"), ("RF64", "WAVE"), ("BW64", "WAVE"): wave(file)
    case ("FORM", "AIFF"), ("FORM", "AIFC"): aiff(file)
    case ("RIFF", "AVI "): avi(file)
    case ("riff", _): wave64(file)
    default: nil
    }
  }

  private static func wave(_ file: RandomAccessFile) -> Int64? {
    var longSize: UInt64?
    return walk(file, isLittleEndian: true) { name, start, size in
      switch name {
      case "ds64": longSize = file.number(at: start + 8, 8, isLittleEndian: true)
      case "data":
        return .some(
          isPlaceholder(size)
            ? longSize.flatMap { missing(file, start: start, size: $0) }
            : missing(file, start: start, size: size))
      default: break
      }
      return nil
    }
  }

  private static func aiff(_ file: RandomAccessFile) -> Int64? {
    walk(file, isLittleEndian: false) { name, start, size in
      name == "SSND" ? .some(isPlaceholder(size) ? nil : missing(file, start: start, size: size)) : nil
    }
  }

  /// Calls `body` with each chunk after the form type until it returns a value.
  private static func walk(
    _ file: RandomAccessFile, isLittleEndian: Bool, _ body: (String, Int64, UInt64) -> Int64??
  ) -> Int64? {
    var position: Int64 = 12
    for _ in 0..<mostChunks {
      guard let size = file.number(at: position + 4, 4, isLittleEndian: isLittleEndian) else { return nil }
      if let found = body(file.text(at: position, 4), position + 8, size) { return found }
      position += 8 + Int64(size + size % 2)
    }
    return nil
  }

  /// One RIFF for each gigabyte or so.
  private static func avi(_ file: RandomAccessFile) -> Int64? {
    var position: Int64 = 0
    while position < file.size, file.text(at: position, 4) == "RIFF" {
      guard let size = file.number(at: position + 4, 4, isLittleEndian: true), !isPlaceholder(size) else { return nil }
      let end = position + 8 + Int64(size)
      if end > file.size + padding { return end - file.size }
      position = end + Int64(size % 2)
    }
    return position > 0 ? 0 : nil
  }

  /// Chunks of a GUID, whose first four bytes are a name, and a size that counts both.
  private static func wave64(_ file: RandomAccessFile) -> Int64? {
    let header: UInt64 = 24
    var position: Int64 = 40
    for _ in 0..<mostChunks {
      guard let size = file.number(at: position + 16, 8, isLittleEndian: true), size >= header,
        size < UInt64(Int64.max) / 2
      else { return nil }
      if file.text(at: position, 4) == "data" {
        return missing(file, start: position + Int64(header), size: size - header)
      }
      position += Int64((size + 7) / 8 * 8)
      guard position < file.size else { return nil }
    }
    return nil
  }

  private static func isPlaceholder(_ size: UInt64) -> Bool { placeholders.contains { $0.contains(size) } }

  private static func missing(_ file: RandomAccessFile, start: Int64, size: UInt64) -> Int64? {
    guard size <= UInt64(Int64.max) else { return nil }
    let missing = Int64(size) - max(0, file.size - start)
    return missing > padding ? missing : 0
  }
}
