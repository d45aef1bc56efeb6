import Foundation
import GRDB

/// The record of every request of a workspace that was or may have been paid: intents before they are sent, the services'
/// ids before anything waits for them, clips, verdicts, anchors, costs.
///
/// Every method is one transaction that is on the disk when it returns, also through a power failure (rollback journal,
/// `synchronous` EXTRA; <https://www.sqlite.org/pragma.html#pragma_synchronous>). Safe to use from several tasks. A ledger
/// that is open for writing locks its workspace until it is released: by a file lock, and by a row that names this process,
/// which also holds on network file systems.
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
  private let hold: LedgerHold?
  private let reserve: DiskReserve?
  private let failpoint: Failpoint.Hook?
  private let takeStore: (any TakeStore)?

  /// Opens a workspace's ledger for writing; creates directory and ledger when they are missing.
  /// - Parameters:
  ///   - stealsLock: whether to take the workspace from a process that may still be running; that one then stops at its next
  ///     write. Never from a running process of this machine.
  ///   - takeStore: has each change of a take first; nil where this ledger alone counts.
  ///   - now: Unix seconds.
  ///   - failpoint: called after every write, for tests.
  /// - Throws: ``LedgerError``.
  public convenience init(
    workspace: String, stealsLock: Bool = false, takeStore: (any TakeStore)? = nil,
    now: @escaping @Sendable () -> Double = { Ledger.systemTime() }, failpoint: Failpoint.Hook? = nil
  ) throws {
    do {
      try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    } catch {
      throw LedgerError(.readOnly, "the workspace \(workspace) cannot be created: \(error.localizedDescription)")
    }
    let lock = try WorkspaceLock(workspace: workspace, steals: stealsLock)
    try self.init(
      workspace: workspace, lock: lock, stealsLock: stealsLock, takeStore: takeStore, now: now, failpoint: failpoint)
  }

  /// Opens an existing ledger for reading, also while another process writes it.
  /// - Throws: ``LedgerError``, `notFound` when there is none.
  public convenience init(readingWorkspace workspace: String) throws {
    guard FileManager.default.fileExists(atPath: workspace + "/" + Self.fileName) else {
      throw LedgerError(.notFound, "there is no ledger in \(workspace); nothing has been run there yet.")
    }
    try self.init(
      workspace: workspace, lock: nil, stealsLock: false, takeStore: nil, now: { Ledger.systemTime() }, failpoint: nil)
  }

  private init(
    workspace: String, lock: WorkspaceLock?, stealsLock: Bool, takeStore: (any TakeStore)?,
    now: @escaping @Sendable () -> Double, failpoint: Failpoint.Hook?
  ) throws {
    let path = workspace + "/" + Self.fileName
    let isReader = lock == nil
    var configuration = Configuration()
    configuration.label = "longtake.ledger"
    configuration.busyMode = .timeout(Self.busyTimeout)
    // A reader opens for writing where it may, so that SQLite can roll back what a killed writer left unfinished.
    configuration.readonly = isReader && !FileManager.default.isWritableFile(atPath: path)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = EXTRA")
      try database.execute(sql: "PRAGMA fullfsync = 1")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { database in try Self.check(database, path: path, isReader: isReader) }
      if let lock {
        _ = try queue.inDatabase { database in
          try LedgerHold.check(database, workspace: workspace, lock: lock.state, steals: stealsLock, now: now())
        }
        try LedgerSchema.migrator.migrate(queue)
        hold = try LedgerHold(queue, workspace: workspace, lock: lock.state, steals: stealsLock, now: now)
      } else {
        hold = nil
      }
    } catch {
      throw LedgerError.wrapping(path, error)
    }
    self.workspace = workspace
    self.path = path
    self.now = now
    self.lock = lock
    reserve = isReader ? nil : DiskReserve(workspace: workspace)
    self.failpoint = failpoint
    self.takeStore = takeStore
  }

  deinit { hold?.release() }

  /// What to tell the user when the workspace was taken by force; nil when it was free.
  public var stealWarning: String? {
    hold?.stolenFrom.map {
      "the workspace was taken over from \($0.description(now: now())); if that still runs, what it is sending now may be "
        + "paid twice"
    }
  }

  private static func check(_ database: Database, path: String, isReader: Bool) throws {
    let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    // Only the migrator's own table: the process was killed while it created the ledger.
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
        .corrupt, "the ledger \(path) is damaged (\(state)). Restore it from a copy; do not delete it.")
    }
    if try LedgerSchema.migrator.hasBeenSuperseded(database) {
      throw LedgerError(
        .newerVersion, "the ledger \(path) was written by a later version of longtake; use that version or a later one."
      )
    }
  }

  /// The time of day in Unix seconds.
  public static func systemTime() -> Double { Date().timeIntervalSince1970 }

  /// Runs one transaction, which the store of takes has to accept, then calls the failpoint's hook.
  func write<Value>(
    _ point: Failpoint?, toStore: Bool = true, _ work: (Database) throws -> Value
  ) throws -> Value {
    guard let hold else {
      throw LedgerError(.readOnly, "the ledger \(path) is open for reading only.")
    }
    func run(_ database: Database) throws -> Value {
      try hold.require(database, path: path, now: now())
      guard toStore, let takeStore else { return try work(database) }
      let before = Set(try TakeRecord.all(in: database))
      let value = try work(database)
      let changes = try TakeRecord.all(in: database).filter { !before.contains($0) }
      if !changes.isEmpty { try takeStore.commit(changes) }
      return value
    }
    let value: Value
    do {
      do {
        value = try queue.write(run)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL && reserve?.release() == true {
        value = try queue.write(run)
      }
    } catch {
      throw LedgerError.wrapping(path, error)
    }
    if let point { failpoint?(point) }
    return value
  }

  func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.read(work)
    } catch {
      throw LedgerError.wrapping(path, error)
    }
  }
}

/// Disk space kept free for the ledger, so that what a service has just accepted can be recorded even when clips have
/// filled the disk meanwhile.
private struct DiskReserve: Sendable {
  private static let fileName = ".ledger.reserve"
  /// A transaction takes some pages and its journal.
  private static let bytes = 256 << 10

  private let path: String

  /// Allocates the space if the disk has it; a disk without any is reported by the next write.
  init(workspace: String) {
    path = "\(workspace)/\(Self.fileName)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let isAllocated = posix_fallocate(descriptor, 0, off_t(Self.bytes)) == 0
    close(descriptor)
    if !isAllocated { unlink(path) }
  }

  /// Gives the space up; false when it is gone already.
  func release() -> Bool { unlink(path) == 0 }
}
