import Bitstream
import Foundation

/// A local file whose bytes are read at any offset.
final class RandomAccessFile {
  /// Bytes.
  let size: Int64
  private let handle: FileHandle

  init(path: String) throws {
    handle = try FileHandle(forReadingFrom: URL(filePath: path))
    size = Int64(clamping: try handle.seekToEnd())
  }

  deinit { try? handle.close() }

  /// Fewer bytes at the end of the file, none after it.
  func bytes(at offset: Int64, _ count: Int) -> [UInt8] {
    guard offset >= 0, (try? handle.seek(toOffset: UInt64(offset))) != nil,
      let data = try? handle.read(upToCount: count)
    else { return [] }
    return [UInt8](data)
  }

  var source: ByteSource { { self.bytes(at: $0, $1)[...] } }
}
