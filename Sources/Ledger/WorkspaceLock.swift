import Foundation

/// An exclusive `flock` that limits a workspace to one process of this machine; the system releases it however the process
/// ends. Between machines ``LedgerHolder`` decides.
final class WorkspaceLock: Sendable {
  static let fileName = ".lock"
  /// Bytes of a process id that are read for the message.
  private static let longestProcessID = 20

  private let descriptor: Int32
  let state: State

  enum State: Sendable {
    case held
    /// Another process has it, or the server of a network file system still has it of one that ended.
    case taken
    /// The file system has no such locks.
    case unsupported
  }

  /// - Parameter steals: whether to go on without the lock when another process has it.
  /// - Throws: ``LedgerError`` `locked`, naming the process that has it, or `readOnly`.
  init(workspace: String, steals: Bool) throws {
    let path = workspace + "/" + Self.fileName
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw LedgerError(.readOnly, "the workspace cannot be locked: \(path): \(reason).")
    }
    state = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? .held : errno == EWOULDBLOCK ? .taken : .unsupported
    if state == .taken, !steals {
      let holder = Self.read(descriptor)
      close(descriptor)
      throw LedgerError(
        .locked,
        "the workspace \(workspace) is in use by process \(holder ?? "unknown"). Wait for it or end it; "
          + "'longtake jobs' works meanwhile.")
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    if state == .held, ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  private static func read(_ descriptor: Int32) -> String? {
    var bytes = [UInt8](repeating: 0, count: longestProcessID)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    let digits = bytes[..<count].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
  }

  deinit { close(descriptor) }
}
