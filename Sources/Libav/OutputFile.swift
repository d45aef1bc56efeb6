import Foundation

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
  /// - Throws: ``LibavError``: `outputExists`, or `cannotCreate` when the folder is missing or read-only.
  public init(_ path: String, overwrite: Bool) throws(LibavError) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
      if isDirectory.boolValue {
        throw LibavError(.cannotCreate, "is a folder; name a file to write", file: path)
      }
      guard overwrite else {
        throw LibavError(.outputExists, "exists already; choose another name or add --overwrite", file: path)
      }
    }
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw LibavError(.cannotCreate, "the folder \(folder) does not exist; create it first", file: path)
    }
    guard access(folder, W_OK) == 0 else {
      throw LibavError(.cannotCreate, "the folder \(folder) cannot be written to", file: path)
    }
    let tag = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    self.path = path
    overwrites = overwrite
    // Short whatever the name, so that a long one that the file system takes is not refused for our sake.
    temporaryPath = folder + "/.longtake-\(tag).part"
  }

  deinit { if !isCommitted { unlink(temporaryPath) } }

  /// Writes all bytes at once.
  public func write(_ bytes: [UInt8]) throws(LibavError) {
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL, 0o644)
    guard descriptor >= 0 else { throw Self.failure(errno, "cannot create", temporaryPath) }
    defer { close(descriptor) }
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + start, bytes.count - start) }
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.failure(errno, "writing", path)
      }
      start += written
    }
  }

  /// Flushes the file to disk and gives it its final name.
  /// - Throws: ``LibavError``: `diskFull` and other write errors; nothing is left under the final name then.
  public consuming func commit() throws(LibavError) {
    let descriptor = open(temporaryPath, O_RDONLY)
    guard descriptor >= 0 else { throw Self.failure(errno, "flushing", path) }
    let synced = fsync(descriptor)
    let code = errno
    close(descriptor)
    guard synced == 0 else { throw Self.failure(code, "flushing", path) }
    if overwrites {
      guard rename(temporaryPath, path) == 0 else { throw Self.failure(errno, "renaming", path) }
    } else {
      // link(2) never replaces: a file that came up meanwhile is kept.
      guard link(temporaryPath, path) == 0 else {
        if errno == EEXIST {
          throw LibavError(.outputExists, "exists already; choose another name or add --overwrite", file: path)
        }
        guard rename(temporaryPath, path) == 0 else { throw Self.failure(errno, "renaming", path) }
        isCommitted = true
        return
      }
      unlink(temporaryPath)
    }
    isCommitted = true
  }

  /// A libav error from an `errno` value.
  static func failure(_ code: Int32, _ action: String, _ path: String) -> LibavError {
    let kind: LibavError.Code =
      switch code {
      case ENOSPC, EDQUOT: .diskFull
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP: .fileNotFound
      default: .inputOutput
      }
    return LibavError(kind, "\(action): \(String(cString: strerror(code)))", file: path)
  }
}
