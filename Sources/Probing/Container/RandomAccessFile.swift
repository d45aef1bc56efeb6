import Bitstream
import Files
import Foundation

/// A local file whose bytes are read at any offset.
final class RandomAccessFile {
  /// Bytes.
  let size: Int64
  private let handle: FileHandle
  /// Why bytes could not be read, if so.
  private(set) var readError: String?

  init(path: String) throws {
    handle = try FileHandle(forReadingFrom: URL(filePath: path))
    size = Int64(clamping: try handle.seekToEnd())
  }

  deinit { try? handle.close() }

  /// Fewer bytes at the end of the file, none after it or where they cannot be read.
  func bytes(at offset: Int64, _ count: Int) -> [UInt8] {
    guard offset >= 0, offset < size, count > 0 else { return [] }
    do {
      try handle.seek(toOffset: UInt64(offset))
      return [UInt8](try handle.read(upToCount: count) ?? Data())
    } catch {
      readError = FileError(foundation: error)?.message ?? error.localizedDescription
      return []
    }
  }

  var source: ByteSource { { self.bytes(at: $0, $1)[...] } }
}
