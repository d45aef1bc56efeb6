import Files
import Foundation

private let systemLink = link(_:_:)
private let systemRename = rename(_:_:)

/// An object on its way into a store's folder, under a temporary name; removed unless it got its final one.
struct FilePart: ~Copyable {
  private let folders: FileStoreFolders
  private let temporary: String

  /// - Throws: ``StoreError`` `localFile` when nothing can be written there.
  init(in folders: FileStoreFolders) throws {
    self.folders = folders
    temporary = TemporaryName.path(in: try folders.parts())
  }

  deinit { unlink(temporary) }

  /// Writes and flushes the whole content.
  /// - Returns: its SHA-256.
  borrowing func write(_ body: ObjectBody) throws -> String {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("creating an object") }
    defer { _ = Foundation.close(descriptor) }
    let digest = MessageDigest()
    switch body {
    case .bytes(let bytes):
      digest.update(bytes)
      try append(bytes[...], to: descriptor)
    case .file(let path):
      guard let source = try StoreFile(path) else {
        throw StoreError(.localFile, "\(path.terminalSafe): there is no such file to store.")
      }
      try source.readBlocks { block in
        digest.update(block)
        try append(block, to: descriptor)
      }
    }
    guard fsync(descriptor) == 0 else { throw failure("flushing an object") }
    return digest.hexadecimal
  }

  /// Gives it its final name unless an object has it: link(2) never replaces one, whatever other machines do.
  /// - Returns: false when there is one.
  borrowing func link(to path: String) throws -> Bool {
    guard systemLink(temporary, path) == 0 else {
      switch errno {
      // A network file system repeats what it heard no answer to: then the name is this file's own.
      case EEXIST: return Self.inode(path) == Self.inode(temporary)
      case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
        throw StoreError(
          .unsupported,
          "The file system of \(folders.root.terminalSafe) has no hard links, so that two machines could both write the "
            + "same object. Use another file system for the store.")
      default: throw failure("naming an object")
      }
    }
    FileStoreFolders.flush(above: path)
    return true
  }

  private static func inode(_ path: String) -> UInt64? {
    var facts = stat()
    return lstat(path, &facts) == 0 ? UInt64(facts.st_ino) : nil
  }

  /// Gives it its final name, over an object that may have it.
  borrowing func rename(to path: String) throws {
    guard systemRename(temporary, path) == 0 else { throw failure("naming an object") }
    FileStoreFolders.flush(above: path)
  }

  private borrowing func append(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws {
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + start, bytes.count - start) }
      if written < 0 {
        if errno == EINTR { continue }
        throw failure("writing an object")
      }
      start += written
    }
  }

  private borrowing func failure(_ action: String) -> StoreError {
    StoreError(FileError(errno: errno, doing: action, file: folders.root))
  }
}
