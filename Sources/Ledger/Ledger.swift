import Foundation
import GRDB

/// What a workspace knows of every request that was or may have been paid: intents before they are sent, the services'
/// ids before anything waits for them, clips, verdicts, anchors, costs.
///
/// Every method is one transaction that is on the disk when it returns, also through a power failure (rollback journal,
/// `synchronous` EXTRA; <https://www.sqlite.org/pragma.html#pragma_synchronous>). Safe to use from several tasks. A ledger
/// open for writing keeps its workspace to itself until it is released.
public final class Ledger: Sendable {
  public static let fileName = "ledger.sqlite"
  /// Seconds to wait for a reader that holds the database.
  private static let busyTimeout = 10.0

  /// The workspace's directory.
  public let workspace: String
  let path: String
  let now: @Sendable () -> Double
  private let queue: DatabaseQueue
  private let lock: WorkspaceLock?
  private let reserve: LedgerReserve?

  /// Opens a workspace's ledger for writing; makes directory and ledger when they are not there.
  /// - Parameter now: Unix seconds.
  /// - Throws: ``LedgerError``.
  public convenience init(
    workspace: String, now: @escaping @Sendable () -> Double = { Ledger.systemTime() }
  ) throws {
    do {
      try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    } catch {
      throw LedgerError(.readOnly, "the workspace \(workspace) cannot be made: \(error.localizedDescription)")
    }
    let lock = try WorkspaceLock(workspace: workspace)
    try self.init(workspace: workspace, lock: lock, now: now)
  }

  /// Opens an existing ledger for reading, also while another process writes it.
  /// - Throws: ``LedgerError``, `notFound` when there is none.
  public convenience init(readingWorkspace workspace: String) throws {
    guard FileManager.default.fileExists(atPath: workspace + "/" + Self.fileName) else {
      throw LedgerError(.notFound, "there is no ledger in \(workspace); nothing has been run there yet.")
    }
    try self.init(workspace: workspace, lock: nil, now: { Ledger.systemTime() })
  }

  private init(workspace: String, lock: WorkspaceLock?, now: @escaping @Sendable () -> Double) throws {
    let path = workspace + "/" + Self.fileName
    let isReader = lock == nil
    var configuration = Configuration()
    configuration.label = "longtake.ledger"
    configuration.busyMode = .timeout(Self.busyTimeout)
    // A reader still opens for writing where it may: only so can SQLite roll back what a killed writer left half done.
    configuration.readonly = isReader && !FileManager.default.isWritableFile(atPath: path)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = EXTRA")
      try database.execute(sql: "PRAGMA fullfsync = 1")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { database in try Self.check(database, path: path, isReader: isReader) }
      if !isReader { try LedgerSchema.migrator.migrate(queue) }
    } catch {
      throw LedgerError.wrapping(path, error)
    }
    self.workspace = workspace
    self.path = path
    self.now = now
    self.lock = lock
    reserve = isReader ? nil : LedgerReserve(workspace: workspace)
  }

  private static func check(_ database: Database, path: String, isReader: Bool) throws {
    let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    // The migrator's own table comes before everything else: with nothing beside it, a ledger's making was cut short.
    let tables =
      try Int.fetchOne(
        database, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name NOT IN ('grdb_migrations')") ?? 0
    if application == 0 && tables == 0 {
      guard isReader else { return }
      throw LedgerError(.notFound, "the ledger \(path) is empty; nothing has been run there yet.")
    }
    guard application == ledgerApplicationID else {
      throw LedgerError(
        .notALedger, "\(path) is a database of another program; move it away or choose another workspace.")
    }
    let state = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
    guard state == "ok" else {
      throw LedgerError(
        .corrupt, "the ledger \(path): it is damaged. Restore it from a copy; do not delete it. (\(state))")
    }
    if try LedgerSchema.migrator.hasBeenSuperseded(database) {
      throw LedgerError(
        .newerVersion, "the ledger \(path) was written by a later version of longtake; use that version or a later one."
      )
    }
  }

  /// The time of day in Unix seconds.
  public static func systemTime() -> Double { Date().timeIntervalSince1970 }

  func write<Value>(_ work: (Database) throws -> Value) throws -> Value {
    guard lock != nil else {
      throw LedgerError(.readOnly, "the ledger \(path) is open for reading only.")
    }
    do {
      do {
        return try queue.write(work)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL && reserve?.release() == true {
        return try queue.write(work)
      }
    } catch {
      throw LedgerError.wrapping(path, error)
    }
  }

  func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.read(work)
    } catch {
      throw LedgerError.wrapping(path, error)
    }
  }
}
