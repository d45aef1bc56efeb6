import Foundation
import GRDB

/// The storyboard a workspace belongs to, as it was when last run.
public struct StoryboardEntry: Sendable, Hashable {
  public let path: String
  public let title: String?
  /// Of the storyboard's file.
  public let digest: String
  public let provider: String
  public let model: String

  public init(path: String, title: String?, digest: String, provider: String, model: String) {
    self.path = path
    self.title = title
    self.digest = digest
    self.provider = provider
    self.model = model
  }
}

/// A shot as it was when the storyboard was last run.
public struct ShotEntry: Sendable, Hashable {
  public let id: String
  /// From 0.
  public let position: Int
  /// Of everything of the shot's own that its clip depends on.
  public let digest: String

  public init(id: String, position: Int, digest: String) {
    self.id = id
    self.position = position
    self.digest = digest
  }
}

extension Ledger {
  /// Writes down the storyboard and its shots in place of what was there; generations of shots that are gone are kept.
  public func recordStoryboard(_ storyboard: StoryboardEntry, shots: [ShotEntry]) throws {
    try write { database in
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

  /// Marks shots to be generated again: what they have no longer counts, and is kept. Shots made from their images follow
  /// by themselves, since their clips then belong to another take.
  public func markRedo(_ shots: [String]) throws {
    try write { database in
      for shot in shots {
        try database.execute(
          sql: "INSERT INTO redo_marks (shot, created_at) VALUES (?, ?)", arguments: [shot, now()])
        try database.execute(sql: "UPDATE generations SET superseded = 1 WHERE shot = ?", arguments: [shot])
        try database.execute(sql: "UPDATE shots SET chosen = NULL WHERE id = ?", arguments: [shot])
      }
    }
  }

  /// All generations in the order of their making, or those of one shot.
  public func generations(shot: String? = nil) throws -> [GenerationEntry] {
    try read { database in
      try Row.fetchAll(
        database, sql: "\(GenerationEntry.query) WHERE ? IS NULL OR g.shot = ? ORDER BY g.number",
        arguments: [shot, shot]
      ).map(GenerationEntry.init(row:))
    }
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

  /// Makes a verified take the one that counts for its shot.
  public func recordChosen(generation: Int64) throws {
    try write { database in
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

  /// The take that counts for a shot: the one chosen, else the first verified one. Superseded takes do not count, nor
  /// takes of other content when a digest is given.
  public func chosenTake(shot: String, contentDigest: String? = nil) throws -> GenerationEntry? {
    let chosen = try read { database in
      try Int64.fetchOne(database, sql: "SELECT chosen FROM shots WHERE id = ?", arguments: [shot])
    }
    let good = try generations(shot: shot).filter {
      $0.state == .verified && !$0.isSuperseded && (contentDigest ?? $0.contentDigest) == $0.contentDigest
    }
    return good.first { $0.number == chosen } ?? good.first
  }

  /// What was paid in this workspace, and what may have been.
  public func spent() throws -> Spending { Self.spending(of: try generations()) }

  /// The same by day of sending, earliest first; days without money are left out.
  public func spentByDay() throws -> [DaySpending] {
    let days = Dictionary(grouping: try generations()) { Self.day($0.submittedAt ?? $0.createdAt) }
    return days.map { DaySpending(day: $0.key, spending: Self.spending(of: $0.value)) }
      .filter { $0.spending != Spending(paid: 0, uncertain: 0, unpriced: 0) }.sorted { $0.day < $1.day }
  }

  private static func day(_ time: Double) -> String {
    Date(timeIntervalSince1970: time).formatted(.iso8601.year().month().day())
  }

  private static func spending(of generations: [GenerationEntry]) -> Spending {
    let paid = generations.filter {
      [.submitted, .processing, .succeeded, .downloaded, .verified, .rejected].contains($0.state)
    }
    let uncertain = generations.filter { $0.state == .intended }
    return Spending(
      paid: paid.reduce(0) { $0 + ($1.costMicroUSD ?? 0) },
      uncertain: uncertain.reduce(0) { $0 + ($1.costMicroUSD ?? 0) },
      unpriced: (paid + uncertain).count { $0.costMicroUSD == nil })
  }
}
