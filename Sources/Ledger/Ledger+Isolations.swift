import GRDB

/// A shot that is regenerated between its neighbours, while what was made from its earlier clip stays.
public struct IsolationEntry: Sendable, Hashable {
  public let shot: String
  /// Digest of the shot's own inputs at that time: a changed storyboard ends the isolation.
  public let inputsDigest: String
  /// Number of the generation whose frames the shots after it were made from.
  public let anchorGeneration: Int64
  /// Number of the generation on whose last frame the shot starts, where the shot before it was regenerated so, too.
  public let startGeneration: Int64?
  /// The image that the shot ends on: the first frame of the next shot's clip.
  public let end: ClipEntry

  public init(
    shot: String, inputsDigest: String, anchorGeneration: Int64, startGeneration: Int64? = nil, end: ClipEntry
  ) {
    self.shot = shot
    self.inputsDigest = inputsDigest
    self.anchorGeneration = anchorGeneration
    self.startGeneration = startGeneration
    self.end = end
  }
}

extension IsolationEntry {
  /// Takes the place of an earlier entry of the shot.
  func record(at now: Double, in database: Database) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO isolations
          (shot, inputs_digest, anchor_generation, start_generation, path, bytes, sha256, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [shot, inputsDigest, anchorGeneration, startGeneration, end.path, end.bytes, end.sha256, now])
  }

  /// Ends the isolation of shots: what is made from them follows them again.
  static func end(of shots: [String], in database: Database) throws {
    for shot in shots { try database.execute(sql: "DELETE FROM isolations WHERE shot = ?", arguments: [shot]) }
  }
}

extension Ledger {
  public func isolations() throws -> [IsolationEntry] {
    try read { database in
      // A ledger of an earlier version that is only read lacks the table.
      guard try database.tableExists("isolations") else { return [] }
      return try Row.fetchAll(database, sql: "SELECT * FROM isolations ORDER BY shot").map { row in
        IsolationEntry(
          shot: row["shot"], inputsDigest: row["inputs_digest"], anchorGeneration: row["anchor_generation"],
          startGeneration: row.hasColumn("start_generation") ? row["start_generation"] : nil,
          end: ClipEntry(path: row["path"], bytes: row["bytes"], sha256: row["sha256"]))
      }
    }
  }
}
