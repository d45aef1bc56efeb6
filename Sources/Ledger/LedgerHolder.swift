import Foundation
import GRDB

/// Where a process runs: enough to tell whether one that holds a ledger can still be running.
struct ProcessPlace: Sendable, Hashable {
  /// The machine's name.
  let host: String
  /// Differs between machines of the same name; empty where there is none.
  let machine: String
  /// Differs after each restart of the machine.
  let boot: String
  let process: Int32

  static let own = ProcessPlace(
    host: hostName, machine: text(ofFile: "/etc/machine-id"), boot: bootID, process: getpid())

  func isSameBoot(as other: ProcessPlace) -> Bool { !boot.isEmpty && boot == other.boot }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static var bootID: String {
    #if os(Linux)
      text(ofFile: "/proc/sys/kernel/random/boot_id")
    #else
      {
        var size = 64
        var value = [CChar](repeating: 0, count: size)
        guard sysctlbyname("kern.bootsessionuuid", &value, &size, nil, 0) == 0 else { return "" }
        return String(decoding: value.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      }()
    #endif
  }

  private static func text(ofFile path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }
}

/// The process that writes a ledger, as the ledger itself records it: unlike a lock of the file system, that also holds
/// between machines that share a folder.
struct LedgerHolder: Sendable, Hashable {
  /// Seconds between two signs of life.
  static let beatInterval = 20.0
  /// Seconds without one after which a process of this machine, restarted since, has ended.
  static let silence = 120.0

  /// Of this one opening of the ledger.
  let token: String
  let place: ProcessPlace
  /// The last sign of life, Unix seconds by the holder's clock.
  let beatAt: Double

  /// Whether the process has certainly ended.
  /// - Parameters:
  ///   - own: of the process that asks.
  ///   - lock: the workspace's file lock; when that process has it, no other one of this machine does.
  func hasEnded(seenFrom own: ProcessPlace, lock: WorkspaceLock.State, now: Double) -> Bool {
    if place.isSameBoot(as: own) { return lock == .held || (kill(place.process, 0) != 0 && errno == ESRCH) }
    return place.host == own.host && place.machine == own.machine && now - beatAt > Self.silence
  }

  /// For messages.
  func description(now: Double) -> String {
    "process \(place.process) on \(place.host), last active \(Int(max(0, now - beatAt))) s ago"
  }

  // MARK: - The table

  /// Nil when nobody has the ledger, or it is of a version without holders.
  static func read(_ database: Database) throws -> LedgerHolder? {
    guard try database.tableExists("holder") else { return nil }
    return try Row.fetchOne(database, sql: "SELECT * FROM holder").map { row in
      LedgerHolder(
        token: row["token"],
        place: ProcessPlace(host: row["host"], machine: row["machine"], boot: row["boot"], process: row["process"]),
        beatAt: row["beat_at"])
    }
  }

  func write(_ database: Database) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO holder (only, token, host, machine, boot, process, taken_at, beat_at)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [token, place.host, place.machine, place.boot, place.process, beatAt, beatAt])
  }
}

/// This process's hold of a ledger, with a sign of life every ``LedgerHolder/beatInterval`` seconds.
final class LedgerHold: Sendable {
  let token: String
  /// The holder from which it was taken by force.
  let stolenFrom: LedgerHolder?
  private let queue: DatabaseQueue
  private let beats: Task<Void, Never>

  /// - Parameters:
  ///   - lock: the workspace's file lock.
  ///   - steals: whether to take the ledger from a process that may still be running.
  /// - Throws: ``LedgerError`` `locked` naming that process.
  init(
    _ queue: DatabaseQueue, workspace: String, lock: WorkspaceLock.State, steals: Bool,
    now: @escaping @Sendable () -> Double
  ) throws {
    let holder = LedgerHolder(token: UUID().uuidString, place: .own, beatAt: now())
    stolenFrom = try queue.write { database in
      let other = try Self.check(database, workspace: workspace, lock: lock, steals: steals, now: now())
      try holder.write(database)
      return other
    }
    token = holder.token
    self.queue = queue
    beats = Task.detached(priority: .utility) { [token = holder.token] in
      while (try? await Task.sleep(for: .seconds(LedgerHolder.beatInterval))) != nil {
        // A beat that fails is followed by the next; a ledger taken by another process is noticed by the next write.
        try? await queue.write { database in
          try database.execute(sql: "UPDATE holder SET beat_at = ? WHERE token = ?", arguments: [now(), token])
        }
      }
    }
  }

  /// - Returns: the process that the ledger would be taken from by force; nil when it is free.
  /// - Throws: ``LedgerError`` `locked`.
  @discardableResult
  static func check(
    _ database: Database, workspace: String, lock: WorkspaceLock.State, steals: Bool, now: Double
  ) throws -> LedgerHolder? {
    guard let other = try LedgerHolder.read(database),
      !other.hasEnded(seenFrom: .own, lock: lock, now: now)
    else { return nil }
    let isHere = other.place.isSameBoot(as: .own) && lock == .taken
    if steals, !isHere { return other }
    throw LedgerError(
      .locked,
      "the workspace \(workspace) is in use by \(other.description(now: now)). Wait for it or end it"
        + (isHere ? "." : "; when it has ended for certain, --steal-lock takes over.")
        + " 'longtake jobs' works meanwhile.")
  }

  /// - Throws: ``LedgerError`` `locked` when another process has taken the ledger.
  func require(_ database: Database, path: String, now: Double) throws {
    let holder = try LedgerHolder.read(database)
    guard let holder, holder.token == token else {
      let who = holder.map { " by \($0.description(now: now))" } ?? ""
      throw LedgerError(.locked, "the ledger \(path) was taken over\(who); nothing more is written or sent from here.")
    }
  }

  /// Gives the ledger up.
  func release() {
    beats.cancel()
    try? queue.write { database in
      try database.execute(sql: "DELETE FROM holder WHERE token = ?", arguments: [token])
    }
  }
}
