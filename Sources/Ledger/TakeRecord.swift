import GRDB

/// One take with the request that it came from and the frames extracted from it: what another machine has to know of it.
///
/// Times are Unix seconds, digests SHA-256 in lower-case hexadecimal, paths relative to the workspace.
public struct TakeRecord: Sendable, Hashable, Codable {
  public static let schema = "longtake.take/1"

  /// The request. Takes of one request repeat it.
  public struct Request: Sendable, Hashable, Codable {
    /// `<shot>.take<N>` of its first take.
    public let id: String
    public let provider: String
    public let model: String
    /// JSON.
    public let parameters: String
    public let requestDigest: String
    public let contentDigest: String
    /// `open`, `answered`, `refused`, `uncertain` or `released`.
    public var state: String
    public let isBlocking: Bool?
    /// False when it certainly never left.
    public let mayHaveBeenSent: Bool
    public let createdAt: Double
    public let sentAt: Double?
    public let lostAt: Double?
    public let closedAt: Double?

    /// Whether it may have been accepted and no generation has been found yet.
    public var isUnsettled: Bool { mayHaveBeenSent && state != "answered" && state != "refused" }

    private enum CodingKeys: String, CodingKey {
      case id, provider, model, parameters, state
      case requestDigest = "request_digest"
      case contentDigest = "content_digest"
      case isBlocking = "blocking"
      case mayHaveBeenSent = "sent"
      case createdAt = "created_at"
      case sentAt = "sent_at"
      case lostAt = "lost_at"
      case closedAt = "closed_at"
    }
  }

  /// An image of a frame that other shots are made from.
  public struct Anchor: Sendable, Hashable, Codable {
    /// `last` or `first`.
    public let kind: String
    public let path: String
    public let bytes: Int64
    public let sha256: String
    public let mediaType: String
    /// JSON.
    public let detail: String?
    public let createdAt: Double

    private enum CodingKeys: String, CodingKey {
      case kind, path, bytes, sha256, detail
      case mediaType = "media_type"
      case createdAt = "created_at"
    }
  }

  /// The first image that was made of a frame, by which the shots after it know what they were made from.
  public struct AnchorIdentity: Sendable, Hashable, Codable {
    public let kind: String
    public let selection: String
    public let sha256: String
  }

  public let schema: String
  public let shot: String
  /// From 1.
  public var take: Int
  public var request: Request
  public let remoteID: String?
  public let state: String
  /// 0 while it counts, 1 when the shot was redone, 2 when the shot that it is made from was.
  public var superseded: Int
  public let submittedAt: Double?
  public let startedAt: Double?
  public let completedAt: Double?
  /// Millionths of a dollar; nil when the price is not known.
  public let microUSD: Int64?
  public let mayCost: Bool
  public let error: String?
  public let clip: ClipEntry?
  public let downloadedAt: Double?
  /// JSON.
  public let verdict: String?
  public let verifiedAt: Double?
  public let anchors: [Anchor]
  public let identities: [AnchorIdentity]
  /// Whether it was picked for its shot.
  public var isPicked: Bool

  /// `<shot>.take<N>`.
  public var id: String { Self.id(shot: shot, take: take) }

  /// A state that this version does not know; nil when it knows all.
  public var unknownWord: String? {
    if GenerationEntry.State(rawValue: state) == nil { return state }
    return IntentEntry.State(rawValue: request.state) == nil ? request.state : nil
  }

  static func id(shot: String, take: Int) -> String { "\(shot).take\(take)" }

  private enum CodingKeys: String, CodingKey {
    case schema, shot, take, request, state, superseded, error, clip, verdict, anchors, identities
    case remoteID = "remote_id"
    case submittedAt = "submitted_at"
    case startedAt = "started_at"
    case completedAt = "completed_at"
    case microUSD = "cost_micro_usd"
    case mayCost = "may_cost"
    case downloadedAt = "downloaded_at"
    case verifiedAt = "verified_at"
    case isPicked = "picked"
  }
}

/// A second place that has each change of a take before the ledger keeps it: the store that machines share.
public protocol TakeStore: Sendable {
  /// Called inside the ledger's transaction with the takes that it changes; what this throws undoes the transaction.
  func commit(_ changes: [TakeRecord]) throws
}

// MARK: - In the database

extension TakeRecord {
  /// All takes of a ledger, in the order they were recorded.
  static func all(in database: Database) throws -> [TakeRecord] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT g.*, i.provider, i.model, i.parameters, i.request_digest, i.content_digest, i.state AS intent_state,
          i.blocking, i.sent, i.created_at, i.sent_at, i.lost_at, i.closed_at,
          (SELECT min(f.take) FROM generations f WHERE f.intent = g.intent AND f.shot = g.shot) AS first_take,
          EXISTS (SELECT 1 FROM shots s WHERE s.id = g.shot AND s.chosen = g.number) AS picked
        FROM generations g JOIN intents i ON i.number = g.intent ORDER BY g.number
        """)
    return try rows.map { row in try TakeRecord(row, in: database) }
  }

  private init(_ row: Row, in database: Database) throws {
    let number = row["number"] as Int64
    let shot = row["shot"] as String
    schema = Self.schema
    self.shot = shot
    take = row["take"]
    request = Request(
      id: Self.id(shot: shot, take: row["first_take"]), provider: row["provider"], model: row["model"],
      parameters: row["parameters"], requestDigest: row["request_digest"], contentDigest: row["content_digest"],
      state: row["intent_state"], isBlocking: row["blocking"], mayHaveBeenSent: row["sent"] ?? true,
      createdAt: row["created_at"], sentAt: row["sent_at"], lostAt: row["lost_at"], closedAt: row["closed_at"])
    remoteID = row["remote_id"]
    state = row["state"]
    superseded = row["superseded"]
    submittedAt = row["submitted_at"]
    startedAt = row["started_at"]
    completedAt = row["completed_at"]
    microUSD = row["cost_micro_usd"]
    mayCost = row["may_cost"]
    error = row["error"]
    clip = GenerationEntry.clip(in: row)
    downloadedAt = row["downloaded_at"]
    verdict = row["verdict"]
    verifiedAt = row["verified_at"]
    anchors = try AnchorKind.allCases.compactMap { kind in
      try Row.fetchOne(database, sql: "SELECT * FROM \(kind.table) WHERE generation = ?", arguments: [number]).map {
        Anchor(
          kind: kind.rawValue, path: $0["path"], bytes: $0["bytes"], sha256: $0["sha256"], mediaType: $0["media_type"],
          detail: $0["detail"], createdAt: $0["created_at"])
      }
    }
    identities = try Row.fetchAll(
      database,
      sql: "SELECT kind, selection, sha256 FROM anchor_identities WHERE generation = ? ORDER BY kind, selection",
      arguments: [number]
    ).map { AnchorIdentity(kind: $0["kind"], selection: $0["selection"], sha256: $0["sha256"]) }
    isPicked = row["picked"]
  }

  /// Writes this take as a row of its own.
  /// - Parameter intent: number of its request's row.
  func insert(intent: Int64, in database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO generations (intent, shot, take, remote_id, state, superseded, submitted_at, started_at,
          completed_at, cost_micro_usd, may_cost, error, clip_path, clip_bytes, clip_sha256, downloaded_at, verdict,
          verified_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        intent, shot, take, remoteID, state, superseded, submittedAt, startedAt, completedAt, microUSD, mayCost, error,
        clip?.path, clip?.bytes, clip?.sha256, downloadedAt, verdict, verifiedAt,
      ])
    let number = database.lastInsertedRowID
    for anchor in anchors {
      guard let kind = AnchorKind(rawValue: anchor.kind) else { continue }
      try database.execute(
        sql: """
          INSERT INTO \(kind.table) (generation, path, bytes, sha256, media_type, detail, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          number, anchor.path, anchor.bytes, anchor.sha256, anchor.mediaType, anchor.detail, anchor.createdAt,
        ])
    }
    for identity in identities {
      try database.execute(
        sql: "INSERT INTO anchor_identities (generation, kind, selection, sha256) VALUES (?, ?, ?, ?)",
        arguments: [number, identity.kind, identity.selection, identity.sha256])
    }
    guard isPicked else { return }
    try database.execute(
      sql: """
        INSERT INTO shots (id, position, digest, chosen) VALUES (?, 0, '', ?)
        ON CONFLICT (id) DO UPDATE SET chosen = excluded.chosen
        """,
      arguments: [shot, number])
  }
}

extension TakeRecord.Request {
  /// - Returns: the number of its row.
  func insert(shot: String, in database: Database) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO intents (shot, provider, model, parameters, request_digest, content_digest, state, blocking, sent,
          created_at, sent_at, lost_at, closed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        shot, provider, model, parameters, requestDigest, contentDigest, state, isBlocking, mayHaveBeenSent, createdAt,
        sentAt, lostAt, closedAt,
      ])
    return database.lastInsertedRowID
  }
}

extension Ledger {
  /// All takes, for another machine.
  public func takeRecords() throws -> [TakeRecord] { try read(TakeRecord.all) }

  /// Fills a ledger that has no takes yet with those of other machines.
  /// - Throws: ``LedgerError`` `inconsistent` when it has some.
  public func restore(_ records: [TakeRecord]) throws {
    try write(nil, toStore: false) { database in
      guard try Int.fetchOne(database, sql: "SELECT count(*) FROM generations") == 0 else {
        throw LedgerError(.inconsistent, "the ledger \(path) has takes already; choose an empty workspace.")
      }
      var intents: [String: Int64] = [:]
      for record in records.sorted(by: {
        ($0.request.createdAt, $0.shot, $0.take) < ($1.request.createdAt, $1.shot, $1.take)
      }) {
        let intent = try intents[record.request.id] ?? record.request.insert(shot: record.shot, in: database)
        intents[record.request.id] = intent
        try record.insert(intent: intent, in: database)
      }
    }
  }
}
