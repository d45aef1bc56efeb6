import Foundation

/// Room on the disk that is kept for the ledger: what a service has just accepted has to be written down even when clips
/// have filled the disk meanwhile.
struct LedgerReserve: Sendable {
  static let fileName = ".ledger.reserve"
  /// A transaction takes some pages and its journal.
  private static let bytes = 256 << 10

  private let path: String

  /// Takes the room, where there is some; a disk without any is noticed by whoever writes next.
  init(workspace: String) {
    path = "\(workspace)/\(Self.fileName)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let isTaken = posix_fallocate(descriptor, 0, off_t(Self.bytes)) == 0
    close(descriptor)
    if !isTaken { unlink(path) }
  }

  /// Gives the room up. False when there is none any more.
  func release() -> Bool { unlink(path) == 0 }
}
