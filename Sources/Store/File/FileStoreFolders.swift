import Files
import Foundation
import Synchronization

/// What a store needs in its folder besides the objects: `.longtake-store/parts` and `.longtake-store/locks`.
struct FileStoreFolders: Sendable {
  /// Seconds after which a part that nobody has written to was left by a killed writer, also by one of another machine.
  private static let abandonedAfter = 24.0 * 3600
  /// Folders of parts that this process has looked through.
  private static let swept = Mutex<Set<String>>([])

  let root: String

  init(_ root: String) { self.root = root }

  /// Where objects are written before they get their name; parts that killed writers left are removed first.
  func parts() throws -> String {
    let folder = "\(root)/\(ObjectKey.reservedPrefix)-store/parts"
    try Self.make(above: folder + "/x", below: root)
    if Self.swept.withLock({ $0.insert(folder).inserted }) { Self.removeAbandoned(in: folder) }
    return folder
  }

  /// The file that writers of a key lock. There are 256 of them, which are never removed: a writer could hold one that
  /// nobody else finds any more.
  func lock(of key: String) throws -> String {
    let folder = "\(root)/\(ObjectKey.reservedPrefix)-store/locks"
    try Self.make(above: folder + "/x", below: root)
    return "\(folder)/\(SHA256Text.of(key).prefix(2))"
  }

  private static func removeAbandoned(in folder: String) {
    for name in (try? names(in: folder)) ?? [] {
      var facts = stat()
      let path = "\(folder)/\(name)"
      guard lstat(path, &facts) == 0, Date().timeIntervalSince1970 - modification(facts) > abandonedAfter else {
        continue
      }
      unlink(path)
    }
  }

  /// Makes the folders between `root` and a file. The root itself is never made: it may be a mount that is missing.
  /// - Throws: ``StoreError`` `localFile`, `unsupported` when an object has the name of a folder.
  static func make(above path: String, below root: String) throws {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    guard folder.utf8.count > root.utf8.count else { return }
    if mkdir(folder, 0o777) == 0 { return flush(above: folder) }
    switch errno {
    case EEXIST:
      var facts = stat()
      guard stat(folder, &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else { return }
      throw StoreError(.unsupported, "\(folder.terminalSafe) cannot be a folder: an object has that name.")
    case ENOENT:
      try make(above: folder, below: root)
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
        throw StoreError(FileError(errno: errno, doing: "creating the folder", file: folder))
      }
      flush(above: folder)
    case ENOTDIR:
      throw StoreError(
        .unsupported, "\(folder.terminalSafe) cannot be made: an object has the name of a folder above it.")
    default: throw StoreError(FileError(errno: errno, doing: "creating the folder", file: folder))
    }
  }

  /// Makes a new name durable; file systems that cannot flush a folder keep their own order.
  static func flush(above path: String) {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }

  /// The names in a folder, in no order; nil when there is no such folder.
  static func names(in folder: String) throws -> [String]? {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      var facts = stat()
      guard stat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else { return nil }
      return try StoreError.rethrowing(folder) { throw error }
    }
  }

  /// Seconds since 1970.
  static func modification(_ facts: stat) -> Double {
    #if os(Linux)
      let time = facts.st_mtim
    #else
      let time = facts.st_mtimespec
    #endif
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// The lock of a key against all other writers, of this process too (flock(2)); the system releases it when the process ends.
enum FileLock {
  private static let patience: Duration = .seconds(60)
  private static let longestPause = 0.025

  /// Does something while the lock is held.
  /// - Throws: ``StoreError``: `unavailable` when others hold it for a minute, `localFile`, `unsupported` where files cannot be
  ///   locked.
  static func hold<Value>(of key: String, in folders: FileStoreFolders, _ work: () throws -> Value) async throws
    -> Value
  {
    let path = try folders.lock(of: key)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw StoreError(FileError(errno: errno, doing: "locking", file: path)) }
    defer { _ = close(descriptor) }
    try await lock(descriptor, path)
    return try work()
  }

  private static func lock(_ descriptor: Int32, _ path: String) async throws {
    let start = ContinuousClock.now
    var pause = 0.001
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: break
      default:
        throw StoreError(
          .unsupported,
          "\(path.terminalSafe) cannot be locked (\(String(cString: strerror(errno)))). Use a file system with flock for the "
            + "store.")
      }
      guard .now - start < patience else {
        throw StoreError(.unavailable, "\(path.terminalSafe) has been locked by another process for a minute.")
      }
      try await Task.sleep(for: .seconds(Double.random(in: 0.5...1.5) * pause))
      pause = min(pause * 2, longestPause)
    }
  }
}
