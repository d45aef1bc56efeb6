import GRDB
public import Presets

/// What the user agreed to pay for a shot when it was redone or another take was picked: the next run does not ask again.
public struct Agreement: Sendable, Hashable {
  public let shot: String
  public let provider: String
  /// Of all takes.
  public let cost: USD

  public init(shot: String, provider: String, cost: USD) {
    self.shot = shot
    self.provider = provider
    self.cost = cost
  }
}

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

  /// Marks shots to be regenerated: their takes are kept and no longer count.
  /// - Parameters:
  ///   - dependents: shots made from their frames, which are regenerated, too.
  ///   - released: shots whose lost requests no longer keep them from being sent, although they may have been paid.
  ///   - isolation: the neighbours between which the one shot is regenerated; without it, earlier isolations of `shots` and
  ///     `dependents` end.
  ///   - agreed: what the user agreed to pay.
  public func recordRedo(
    _ shots: [String], dependents: [String] = [], releasing released: [String] = [],
    isolation: IsolationEntry? = nil, agreed: [Agreement] = []
  ) throws {
    try write(.redoRecorded) { database in
      if let isolation {
        try isolation.record(at: now(), in: database)
      } else {
        try IsolationEntry.end(of: shots + dependents, in: database)
      }
      for shot in released {
        try database.execute(
          sql: "UPDATE intents SET state = ? WHERE shot = ? AND \(IntentEntry.unsettled) AND coalesce(sent, 1) = 1",
          arguments: [IntentEntry.State.released.rawValue, shot])
      }
      try Self.record(agreed, at: now(), in: database)
      for shot in shots {
        try database.execute(
          sql: "INSERT INTO redo_marks (shot, created_at) VALUES (?, ?)", arguments: [shot, now()])
        try database.execute(sql: "UPDATE generations SET superseded = 1 WHERE shot = ?", arguments: [shot])
        try database.execute(sql: "UPDATE shots SET chosen = NULL WHERE id = ?", arguments: [shot])
      }
      for shot in dependents {
        try database.execute(
          sql: "UPDATE generations SET superseded = ? WHERE shot = ? AND superseded = 0",
          arguments: [GenerationEntry.supersededWithItsSource, shot])
      }
    }
  }

  /// Gives a shot another id, with all its takes; the files keep their names.
  public func recordRename(of shot: String, to id: String) throws {
    try write(.renameRecorded) { database in
      for table in ["generations", "intents", "redo_marks"] {
        try database.execute(sql: "UPDATE \(table) SET shot = ? WHERE shot = ?", arguments: [id, shot])
      }
      try database.execute(sql: "UPDATE OR REPLACE agreements SET shot = ? WHERE shot = ?", arguments: [id, shot])
      try database.execute(sql: "UPDATE OR REPLACE shots SET id = ? WHERE id = ?", arguments: [id, shot])
    }
  }

  /// All generations in the order they were recorded, or those of one shot.
  public func generations(shot: String? = nil) throws -> [GenerationEntry] {
    try read { database in
      try Row.fetchAll(
        database, sql: "\(GenerationEntry.query(database)) WHERE ? IS NULL OR g.shot = ? ORDER BY g.number",
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
      try Row.fetchOne(database, sql: "\(GenerationEntry.query(database)) WHERE g.number = ?", arguments: [number])
        .map(GenerationEntry.init(row:))
    }
  }

  public func generation(remoteID: String) throws -> GenerationEntry? {
    try read { database in
      try Row.fetchOne(database, sql: "\(GenerationEntry.query(database)) WHERE g.remote_id = ?", arguments: [remoteID])
        .map(GenerationEntry.init(row:))
    }
  }

  /// Records a verified take as the picked one of its shot.
  /// - Parameters:
  ///   - restored: numbers of takes of other shots that count again with it.
  ///   - endsIsolation: whether what is made from the shot follows it again.
  ///   - agreed: what the user agreed to pay.
  public func recordPicked(
    generation: Int64, restoring restored: [Int64] = [], endingIsolation endsIsolation: Bool = false,
    agreed: [Agreement] = []
  ) throws {
    try write(.choiceRecorded) { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "\(GenerationEntry.query(database)) WHERE g.number = ?", arguments: [generation])
      else { throw LedgerError(.inconsistent, "the ledger has no generation \(generation).") }
      let entry = GenerationEntry(row: row)
      guard entry.state == .verified else {
        throw LedgerError(
          .inconsistent, "take \(entry.take) of shot \(entry.shot) is \(entry.state.rawValue); choose a verified one.")
      }
      if endsIsolation { try IsolationEntry.end(of: [entry.shot], in: database) }
      try Self.record(agreed, at: now(), in: database)
      for number in [generation] + restored {
        try database.execute(sql: "UPDATE generations SET superseded = 0 WHERE number = ?", arguments: [number])
      }
      try database.execute(
        sql: "UPDATE shots SET chosen = ? WHERE id = ?", arguments: [generation, entry.shot])
    }
  }

  // MARK: - Agreements

  /// What the user has agreed to pay for each shot, and no request has used yet.
  public func agreements() throws -> [Agreement] {
    try read { database in
      guard try database.tableExists("agreements") else { return [] }
      return try Row.fetchAll(database, sql: "SELECT * FROM agreements ORDER BY shot").map { row in
        Agreement(shot: row["shot"], provider: row["provider"], cost: USD(micro: row["cost_micro_usd"]))
      }
    }
  }

  private static func record(_ agreed: [Agreement], at time: Double, in database: Database) throws {
    for agreement in agreed {
      try database.execute(
        sql: "INSERT OR REPLACE INTO agreements (shot, provider, cost_micro_usd, created_at) VALUES (?, ?, ?, ?)",
        arguments: [agreement.shot, agreement.provider, agreement.cost.micro, time])
    }
  }
}
