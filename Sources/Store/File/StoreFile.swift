import Files
import Foundation

/// An object's file, open for reading: a writer that replaces it meanwhile does not change what is read.
final class StoreFile {
  private static let block = 1 << 20

  let bytes: Int64
  /// Seconds since 1970.
  let modifiedAt: Double
  private let path: String
  private let descriptor: Int32

  /// Nil when there is no such file, or it is a folder.
  /// - Throws: ``StoreError`` `localFile`.
  init?(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw StoreError(FileError(errno: errno, doing: "reading", file: path))
    }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      _ = Foundation.close(descriptor)
      return nil
    }
    self.path = path
    self.descriptor = descriptor
    bytes = Int64(facts.st_size)
    modifiedAt = FileStoreFolders.modification(facts)
  }

  deinit { _ = Foundation.close(descriptor) }

  /// From the start to the end, 1 MiB at a time.
  func readBlocks(_ work: (ArraySlice<UInt8>) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: Int(min(Int64(Self.block), max(bytes, 1))))
    var offset: off_t = 0
    while true {
      try Task.checkCancellation()
      let count = pread(descriptor, &buffer, buffer.count, offset)
      if count < 0 {
        if errno == EINTR { continue }
        throw StoreError(FileError(errno: errno, doing: "reading", file: path))
      }
      guard count > 0 else { return }
      try work(buffer[..<count])
      offset += off_t(count)
    }
  }

  /// SHA-256 of the content.
  func digest() throws -> String {
    let digest = MessageDigest()
    try readBlocks { digest.update($0) }
    return digest.hexadecimal
  }
}
