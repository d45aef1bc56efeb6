import Foundation

private let systemRename = rename(_:_:)

/// A file that appears under its final name only when it is whole.
///
/// The bytes go to a temporary name in the same folder; ``commit()`` flushes them to disk and renames. Without a commit the
/// temporary file is removed and nothing changes.
public struct OutputFile: ~Copyable {
  /// Where the bytes are written meanwhile.
  public let temporaryPath: String
  public let path: String
  private var isCommitted = false
  private let overwrites: Bool

  /// - Parameter overwrite: whether a file that stands there may be replaced.
  /// - Throws: ``FileError``: `outputExists`, or `cannotCreate` when the folder is missing or read-only.
  public init(_ path: String, overwrite: Bool) throws(FileError) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
      if isDirectory.boolValue {
        throw FileError(.cannotCreate, "is a folder; name a file to write", file: path)
      }
      guard overwrite else {
        throw FileError(.outputExists, "exists already; choose another name or add --overwrite", file: path)
      }
    }
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw FileError(.cannotCreate, "the folder \(folder) does not exist; create it first", file: path)
    }
    guard access(folder, W_OK) == 0 else {
      throw FileError(.cannotCreate, "the folder \(folder) cannot be written to", file: path)
    }
    self.path = path
    overwrites = overwrite
    temporaryPath = TemporaryName.path(in: folder)
  }

  deinit { if !isCommitted { unlink(temporaryPath) } }

  /// Writes all bytes at once.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    try write(bytes, flags: O_CREAT | O_EXCL)
  }

  /// Adds bytes at the end of what is written so far.
  public func append(_ bytes: [UInt8]) throws(FileError) { try write(bytes, flags: O_APPEND) }

  private func write(_ bytes: [UInt8], flags: Int32) throws(FileError) {
    let descriptor = open(temporaryPath, O_WRONLY | flags, 0o644)
    guard descriptor >= 0 else { throw Self.error(errno, doing: "cannot create", file: path) }
    defer { close(descriptor) }
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + start, bytes.count - start) }
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(errno: errno, doing: "writing", file: path)
      }
      start += written
    }
  }

  /// Flushes the file to disk and gives it its final name.
  /// - Throws: ``FileError``: `diskFull` and other write errors; nothing is left under the final name then.
  public consuming func commit() throws(FileError) {
    let descriptor = open(temporaryPath, O_RDONLY)
    guard descriptor >= 0 else { throw Self.error(errno, doing: "flushing", file: path) }
    let synced = fsync(descriptor)
    let code = errno
    close(descriptor)
    guard synced == 0 else { throw Self.error(code, doing: "flushing", file: path) }
    if overwrites {
      guard systemRename(temporaryPath, path) == 0 else { throw Self.error(errno, doing: "renaming", file: path) }
    } else {
      // link(2) never replaces: a file that came up meanwhile is kept.
      guard link(temporaryPath, path) == 0 else {
        if errno == EEXIST {
          throw FileError(.outputExists, "exists already; choose another name or add --overwrite", file: path)
        }
        guard systemRename(temporaryPath, path) == 0 else {
          throw Self.error(errno, doing: "renaming", file: path)
        }
        isCommitted = true
        Self.syncFolder(of: path)
        return
      }
      unlink(temporaryPath)
    }
    isCommitted = true
    Self.syncFolder(of: path)
  }

  /// A name that cannot be written is no input that was not found.
  private static func error(_ code: Int32, doing action: String, file: String) -> FileError {
    let error = FileError(errno: code, doing: action, file: file)
    return error.code == .notFound ? FileError(.cannotCreate, error.message, file: file) : error
  }

  /// Replaces `path` by bytes that are whole and on the disk.
  /// - Throws: ``FileError`` as ``init(_:overwrite:)``, ``write(_:)`` and ``commit()`` do.
  public static func replace(_ path: String, with bytes: some Sequence<UInt8>) throws(FileError) {
    let file = try OutputFile(path, overwrite: true)
    try file.write(Array(bytes))
    try file.commit()
  }

  /// Renames within a folder, over what may stand there, and makes the new name durable.
  /// - Throws: ``FileError`` naming the old file.
  public static func rename(_ old: String, to new: String) throws(FileError) {
    guard systemRename(old, new) == 0 else { throw FileError(errno: errno, doing: "renaming", file: old) }
    syncFolder(of: new)
  }

  /// Flushes the folder's entry of a file; file systems that cannot do it keep their own order.
  private static func syncFolder(of path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }
}
