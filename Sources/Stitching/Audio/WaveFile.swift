import Foundation

/// The chunks of a RIFF WAVE file, as far as they give the length of its audio, which libav takes from the file's size.
enum WaveFile {
  /// Chunks looked at before the audio.
  private static let mostChunks = 1000
  /// Bytes of audio that may be missing: the padding of an odd chunk.
  private static let padding: UInt64 = 1

  /// Bytes of audio that the header promises beyond the end of the file; nil when the file is no WAVE file, or was
  /// written to a pipe and promises nothing.
  static func missingBytes(path: String) -> UInt64? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    guard let end = try? file.seekToEnd(), let form = read(file, at: 0, 12), text(form, 8) == "WAVE",
      ["RIFF", "RF64"].contains(text(form, 0))
    else { return nil }
    var start: UInt64 = 12
    var longSize: UInt64?
    for _ in 0..<mostChunks {
      guard let head = read(file, at: start, 8) else { return nil }
      let size = number(head, 4, 4)
      switch text(head, 0) {
      case "ds64": longSize = read(file, at: start + 16, 8).map { number($0, 0, 8) }
      case "data":
        let isOpen = size == 0 || size == UInt64(UInt32.max)
        guard let promised = isOpen ? longSize : size, promised <= UInt64(Int64.max) else { return nil }
        let present = end - min(end, start + 8)
        return promised > present + padding ? promised - present : 0
      default: break
      }
      start += 8 + size + size % 2
    }
    return nil
  }

  private static func read(_ file: FileHandle, at offset: UInt64, _ count: Int) -> [UInt8]? {
    guard (try? file.seek(toOffset: offset)) != nil, let data = try? file.read(upToCount: count), data.count == count
    else { return nil }
    return [UInt8](data)
  }

  private static func text(_ bytes: [UInt8], _ at: Int) -> String {
    String(decoding: bytes[at..<at + 4], as: UTF8.self)
  }

  /// Little-endian.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
    bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
