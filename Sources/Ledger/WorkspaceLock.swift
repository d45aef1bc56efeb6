import Foundation

/// An exclusive `flock` that limits a workspace to one process; the system releases it however the process ends.
final class WorkspaceLock: Sendable {
  static let fileName = ".lock"
  /// Bytes of a process id that are read for the message.
  private static let longestProcessID = 20

  private let descriptor: Int32

  /// - Throws: ``LedgerError`` `locked`, naming the process that has it, or `readOnly`.
  init(workspace: String) throws {
    let path = workspace + "/" + Self.fileName
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw LedgerError(.readOnly, "the workspace cannot be locked: \(path): \(reason).")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let failure = errno
      let holder = Self.read(descriptor)
      close(descriptor)
      guard failure == EWOULDBLOCK else {
        throw LedgerError(.readOnly, "the workspace cannot be locked: \(path): \(String(cString: strerror(failure))).")
      }
      throw LedgerError(
        .locked,
        "the workspace \(workspace) is in use by process \(holder ?? "unknown"). Wait for it or end it; "
          + "'longtake jobs' works meanwhile.")
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
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
