import GRDB

extension Ledger {
  /// Records the storyboard and its shots in place of earlier ones; generations of removed shots are kept.
  public func recordStoryboard(_ storyboard: StoryboardEntry, shots: [ShotEntry]) throws {
    try write(.storyboardRecorded) { database in
      try database.execute(
        sql: """
          INSERT INTO storyboard (only, path, title, digest, provider, model, created_at, updated_at)
          VALUES (1, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (only) DO UPDATE SET path = excluded.path, title = excluded.title, digest = excluded.digest,
            provider = excluded.provider, model = excluded.model, updated_at = excluded.updated_at
          """,
        arguments: [
          storyboard.path, storyboard.title, storyboard.digest, storyboard.provider, storyboard.model, now(), now(),
        ])
      try database.execute(sql: "UPDATE shots SET present = 0")
      for shot in shots {
        try database.execute(
          sql: """
            INSERT INTO shots (id, position, digest) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET position = excluded.position, digest = excluded.digest, present = 1
            """,
          arguments: [shot.id, shot.position, shot.digest])
      }
    }
  }

  public func storyboard() throws -> StoryboardEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM storyboard").map { row in
        StoryboardEntry(
          path: row["path"], title: row["title"], digest: row["digest"], provider: row["provider"], model: row["model"])
      }
    }
  }

  /// The storyboard's shots in order.
  public func shots() throws -> [ShotEntry] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM shots WHERE present = 1 ORDER BY position").map { row in
        ShotEntry(id: row["id"], position: row["position"], digest: row["digest"])
      }
    }
  }

  /// Marks shots to be regenerated: their takes are kept and no longer count. Shots made from their frames follow by
  /// themselves, since their clips then belong to another take.
  public func recordRedo(_ shots: [String]) throws {
    try write(.redoRecorded) { database in
      for shot in shots {
        try database.execute(
          sql: "INSERT INTO redo_marks (shot, created_at) VALUES (?, ?)", arguments: [shot, now()])
        try database.execute(sql: "UPDATE generations SET superseded = 1 WHERE shot = ?", arguments: [shot])
        try database.execute(sql: "UPDATE shots SET chosen = NULL WHERE id = ?", arguments: [shot])
      }
    }
  }

  /// All generations in the order they were recorded, or those of one shot.
  public func generations(shot: String? = nil) throws -> [GenerationEntry] {
    try read { database in
      try Row.fetchAll(
        database, sql: "\(GenerationEntry.query) WHERE ? IS NULL OR g.shot = ? ORDER BY g.number",
        arguments: [shot, shot]
      ).map(GenerationEntry.init(row:))
    }
  }

  /// The highest number of a generation; 0 before the first.
  public func lastGeneration() throws -> Int64 {
    try read { database in try Int64.fetchOne(database, sql: "SELECT max(number) FROM generations") ?? 0 }
  }

  public func generation(_ number: Int64) throws -> GenerationEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "\(GenerationEntry.query) WHERE g.number = ?", arguments: [number])
        .map(GenerationEntry.init(row:))
    }
  }

  public func generation(remoteID: String) throws -> GenerationEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "\(GenerationEntry.query) WHERE g.remote_id = ?", arguments: [remoteID])
        .map(GenerationEntry.init(row:))
    }
  }

  /// Records a verified take as the picked one of its shot.
  public func recordPicked(generation: Int64) throws {
    try write(.choiceRecorded) { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "\(GenerationEntry.query) WHERE g.number = ?", arguments: [generation])
      else { throw LedgerError(.inconsistent, "the ledger has no generation \(generation).") }
      let entry = GenerationEntry(row: row)
      guard entry.state == .verified else {
        throw LedgerError(
          .inconsistent, "take \(entry.take) of shot \(entry.shot) is \(entry.state.rawValue); choose a verified one.")
      }
      try database.execute(
        sql: "UPDATE generations SET superseded = 0 WHERE number = ?", arguments: [generation])
      try database.execute(
        sql: "UPDATE shots SET chosen = ? WHERE id = ?", arguments: [generation, entry.shot])
    }
  }
}
