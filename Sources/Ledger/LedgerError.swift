import GRDB

/// Why the ledger could not be opened or written: a code, and what to do.
public struct LedgerError: Error, Sendable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The workspace has no ledger yet. Exit status 66.
    public static let notFound = Code("not found")
    /// Another process uses the workspace. Exit status 75.
    public static let locked = Code("locked")
    /// The file is not a database, or not a ledger. Exit status 65.
    public static let notALedger = Code("not a ledger")
    /// The database is damaged. Exit status 65.
    public static let corrupt = Code("corrupt")
    /// A later version of the program wrote it. Exit status 65.
    public static let newerVersion = Code("newer version")
    /// It cannot be written. Exit status 73.
    public static let readOnly = Code("read-only")
    /// The disk is full or failed. Exit status 74.
    public static let inputOutput = Code("input/output")
    /// A row is missing or a step is out of order: a bug in the program. Exit status 70.
    public static let inconsistent = Code("inconsistent")
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }

  /// Turns a database error into a ``LedgerError``.
  static func wrapping(_ path: String, _ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let reason = error.message ?? "error \(error.extendedResultCode.rawValue)"
    let (code, advice): (Code, String) =
      switch error.resultCode {
      case .SQLITE_NOTADB: (.notALedger, "it is not a database. Move it away to start over, or restore it from a copy.")
      case .SQLITE_CORRUPT:
        (.corrupt, "it is damaged. Restore it from a copy; do not delete it, it records what was paid.")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: (.readOnly, "it cannot be written; check the permissions.")
      case .SQLITE_CANTOPEN: (.readOnly, "it cannot be opened; check that the folder exists and may be written.")
      case .SQLITE_BUSY, .SQLITE_LOCKED: (.locked, "another program has locked it; end that program and run again.")
      case .SQLITE_FULL: (.inputOutput, "the disk is full; free some space and run again.")
      case .SQLITE_IOERR: (.inputOutput, "the disk failed; check it and run again.")
      default: (.inconsistent, "the database refused.")
      }
    return LedgerError(code, "the ledger \(path): \(advice) (\(reason))")
  }
}
