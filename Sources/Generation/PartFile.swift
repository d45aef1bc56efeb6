import Crypto
import Foundation
import NIOCore
import NIOFoundationCompat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

private let systemWrite = write(_:_:_:)
private let systemRename = rename(_:_:)

/// A file that grows under `<path>.part` and gets its own name only when it is whole and on the disk.
actor PartFile {
  nonisolated let path: String
  nonisolated var partPath: String { path + ".part" }

  private(set) var bytes: Int64 = 0
  private var hash = SHA256()
  private var descriptor: CInt

  /// Creates the part file, empty, in a folder that is made when missing.
  init(path: String) throws {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw GenerationError(.localFile, "Cannot make the folder \(Redactor.escape(folder.path)).")
    }
    descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw Self.failure("create", path + ".part") }
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  func write(_ buffer: ByteBuffer) throws {
    try buffer.withUnsafeReadableBytes { try append($0) }
    hash.update(data: buffer.readableBytesView)
  }

  func write(_ block: [UInt8]) throws {
    try block.withUnsafeBytes { try append($0) }
    hash.update(data: block)
  }

  private func append(_ block: UnsafeRawBufferPointer) throws {
    var rest = block[...]
    while !rest.isEmpty {
      let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure("write", partPath)
      }
      rest = rest.dropFirst(count)
    }
    bytes += Int64(block.count)
  }

  /// Empties the file, to be filled anew.
  func restart() throws {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw Self.failure("empty", partPath)
    }
    bytes = 0
    hash = SHA256()
  }

  /// Syncs and closes the part file, which keeps its name.
  func seal() throws -> DownloadedFile {
    guard fsync(descriptor) == 0 else { throw Self.failure("write", partPath) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw Self.failure("write", partPath) }
    return DownloadedFile(path: partPath, bytes: bytes, sha256: Self.hexadecimal(hash.finalize()))
  }

  /// Syncs the file and gives it its own name; a file that had that name is replaced.
  func finish() throws -> DownloadedFile {
    let sealed = try seal()
    try Self.rename(partPath, to: path)
    return DownloadedFile(path: path, bytes: sealed.bytes, sha256: sealed.sha256)
  }

  /// Removes the part file.
  func discard() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
    _ = unlink(partPath)
  }

  /// Renames within a folder and makes the new name durable.
  static func rename(_ old: String, to new: String) throws {
    guard systemRename(old, new) == 0 else { throw failure("rename", old) }
    let folder = open(URL(fileURLWithPath: new).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    _ = fsync(folder)
    _ = close(folder)
  }

  static func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func failure(_ action: String, _ path: String) -> GenerationError {
    let number = errno
    let reason = number == ENOSPC ? "the disk is full" : String(cString: strerror(number))
    return GenerationError(.localFile, "Cannot \(action) \(Redactor.escape(path)): \(reason).")
  }
}
