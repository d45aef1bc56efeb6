import GRDB

/// The address of an uploaded image.
public struct UploadEntry: Sendable, Hashable {
  public let address: String
  /// When the address was last known to be readable, Unix seconds.
  public let checkedAt: Double

  public init(address: String, checkedAt: Double) {
    self.address = address
    self.checkedAt = checkedAt
  }
}

extension Ledger {
  /// Records the address of an uploaded image, readable now.
  /// - Parameter store: the store's identity, a digest.
  public func recordUpload(sha256: String, store: String, address: String) throws {
    try write(.uploadRecorded) { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO uploads (sha256, store, address, created_at) VALUES (?, ?, ?, ?)",
        arguments: [sha256, store, address, now()])
    }
  }

  /// An image's upload to a store; nil when it was not uploaded there.
  public func upload(sha256: String, store: String) throws -> UploadEntry? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT address, created_at FROM uploads WHERE sha256 = ? AND store = ?",
        arguments: [sha256, store]
      ).map { UploadEntry(address: $0["address"], checkedAt: $0["created_at"]) }
    }
  }

  /// Forgets all uploads: the next run uploads what it needs again.
  /// - Returns: how many there were.
  public func forgetUploads() throws -> Int {
    try write(.uploadsForgotten) { database in
      try database.execute(sql: "DELETE FROM uploads")
      return database.changesCount
    }
  }
}
