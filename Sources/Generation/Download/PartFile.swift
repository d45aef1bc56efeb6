import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

private let systemWrite = write(_:_:_:)

/// A file that grows under `<path>.part` and is renamed only when it is whole and on disk.
actor PartFile {
  nonisolated let path: String
  nonisolated var partPath: String { path + ".part" }

  private(set) var bytes: Int64 = 0
  private var sha256 = MessageDigest()
  /// Only to compare with what a server gives.
  private var md5 = MessageDigest(.md5)
  private var descriptor: CInt

  /// Opens the part file; a missing folder is created.
  /// - Parameter kept: bytes of an earlier part file to resume from, at most; 0 starts empty.
  init(path: String, kept: Int64 = 0) throws {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw GenerationError(.localFile, "Cannot create the folder \(folder.path.terminalSafe).")
    }
    let part = path + ".part"
    let file = open(part, O_RDWR | O_CREAT | (kept > 0 ? 0 : O_TRUNC) | O_CLOEXEC, 0o644)
    if file < 0 { throw Self.failure("create", part) }
    descriptor = file
    guard kept > 0 else { return }
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while bytes < kept {
      let wanted = Int(min(Int64(block.count), kept - bytes))
      let count = block.withUnsafeMutableBytes { read(file, $0.baseAddress, wanted) }
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure("read", part)
      }
      if count == 0 { break }
      sha256.update(block[..<count])
      md5.update(block[..<count])
      bytes += Int64(count)
    }
    guard ftruncate(file, Int(bytes)) == 0, lseek(file, Int(bytes), SEEK_SET) == Int(bytes) else {
      throw Self.failure("truncate", part)
    }
  }

  /// Bytes of the part file that an earlier run left; 0 when there is none.
  static func size(besides path: String) -> Int64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + ".part")
    guard attributes?[.type] as? FileAttributeType == .typeRegular else { return 0 }
    return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  func write(_ block: Data) throws {
    try block.withUnsafeBytes {
      try append($0)
      sha256.update($0)
      md5.update($0)
    }
  }

  func write(_ block: [UInt8]) throws {
    try block.withUnsafeBytes { try append($0) }
    sha256.update(block)
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

  /// Truncates the file to 0 bytes.
  func restart() throws {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw Self.failure("truncate", partPath)
    }
    bytes = 0
    sha256 = MessageDigest()
    md5 = MessageDigest(.md5)
  }

  /// Syncs and closes the part file without renaming it.
  func seal() throws -> DownloadedFile {
    guard fsync(descriptor) == 0 else { throw Self.failure("write", partPath) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw Self.failure("write", partPath) }
    return DownloadedFile(path: partPath, bytes: bytes, sha256: sha256.hexadecimal)
  }

  /// Syncs the file and renames it over what may stand there.
  func finish() throws -> DownloadedFile {
    let sealed = try seal()
    try Self.rename(partPath, to: path)
    return DownloadedFile(path: path, bytes: sealed.bytes, sha256: sealed.sha256)
  }

  /// Whether the written bytes have the digests that the server gives.
  func matches(_ version: DownloadVersion) -> Bool {
    if let wanted = version.sha256, sha256.hexadecimal != wanted { return false }
    if let wanted = version.md5, md5.hexadecimal != wanted { return false }
    return true
  }

  /// Closes the part file and leaves it for a later run to resume.
  func keep() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
  }

  /// Removes the part file.
  func discard() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
    _ = unlink(partPath)
  }

  /// Renames within a folder and syncs the folder.
  static func rename(_ old: String, to new: String) throws {
    do {
      try OutputFile.rename(old, to: new)
    } catch {
      throw GenerationError(.localFile, "Cannot rename \(old.terminalSafe): \(error.message).")
    }
  }

  static func failure(_ action: String, _ path: String) -> GenerationError {
    let number = errno
    let reason =
      number == ENOSPC ? "the disk is full; free some space and run again" : String(cString: strerror(number))
    return GenerationError(.localFile, "Cannot \(action) \(path.terminalSafe): \(reason).")
  }
}
