import GRDB
public import Presets

/// One paid or possibly paid clip: a take of a shot.
public struct GenerationEntry: Sendable, Hashable {
  /// How far a generation has come; each state implies the next action.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Part of an intent that has not left yet.
    case pending
    /// Part of an intent that may have been accepted: no id yet. Next: look for it at the service.
    case uncertain
    /// The service gave an id. Next: wait.
    case submitted
    case processing
    /// The service has the clip. Next: download.
    case succeeded
    /// The whole clip is in the workspace. Next: verify.
    case downloaded
    /// The clip is what was asked for. Next: anchor, where one is needed.
    case verified
    /// The clip failed verification.
    case rejected
    /// The service failed or refused.
    case failed
    case cancelled
    /// The service never accepted it.
    case notAccepted = "not_accepted"

    /// A state as the database has it, in the words of any version. The database has no `uncertain`: that is a pending
    /// take whose intent may have left.
    init(stored text: String, mayHaveBeenSent: Bool = false) {
      let stored = State(rawValue: text) ?? (text == "abandoned" ? .notAccepted : .pending)
      self = stored == .pending && mayHaveBeenSent ? .uncertain : stored
    }

    /// Later states have higher ranks; a state never goes back.
    var rank: Int {
      switch self {
      case .pending, .uncertain: 0
      case .submitted: 1
      case .processing: 2
      case .succeeded: 3
      case .downloaded: 4
      case .verified, .rejected: 5
      case .failed, .cancelled, .notAccepted: 6
      }
    }
  }

  public let number: Int64
  /// Number of its ``IntentEntry``.
  public let intent: Int64
  public let shot: String
  /// From 1, never used twice in a workspace.
  public let take: Int
  public let provider: String
  public let model: String
  /// JSON.
  public let parameters: String
  public let requestDigest: String
  public let contentDigest: String
  /// The service's id; nil before it answered, and where it gives none.
  public let remoteID: String?
  public let state: State
  /// Marked to be redone; the take is kept and no longer counts.
  public let isSuperseded: Bool
  /// Superseded only because the shot that it is made from was redone: it counts again when an earlier take of that is
  /// picked.
  public let isRestorable: Bool
  /// Unix seconds, as the next three.
  public let createdAt: Double
  public let submittedAt: Double?
  public let startedAt: Double?
  public let completedAt: Double?
  /// The price; nil when it is not known. What was really paid is in ``spending``.
  public let cost: USD?
  /// Whether a cancelled or failed generation may have been charged, because it had started.
  public let mayCost: Bool
  public let error: String?
  public let clip: ClipEntry?
  /// The whole verdict, JSON.
  public let verdict: String?

  public init(
    number: Int64, intent: Int64, shot: String, take: Int, provider: String, model: String, parameters: String = "{}",
    requestDigest: String = "", contentDigest: String, remoteID: String? = nil, state: State,
    isSuperseded: Bool = false, isRestorable: Bool = false, createdAt: Double = 0, submittedAt: Double? = nil,
    startedAt: Double? = nil,
    completedAt: Double? = nil, cost: USD? = nil, mayCost: Bool = false, error: String? = nil, clip: ClipEntry? = nil,
    verdict: String? = nil
  ) {
    self.number = number
    self.intent = intent
    self.shot = shot
    self.take = take
    self.provider = provider
    self.model = model
    self.parameters = parameters
    self.requestDigest = requestDigest
    self.contentDigest = contentDigest
    self.remoteID = remoteID
    self.state = state
    self.isSuperseded = isSuperseded
    self.isRestorable = isRestorable
    self.createdAt = createdAt
    self.submittedAt = submittedAt
    self.startedAt = startedAt
    self.completedAt = completedAt
    self.cost = cost
    self.mayCost = mayCost
    self.error = error
    self.clip = clip
    self.verdict = verdict
  }
}

/// A file of the workspace that the ledger has recorded.
public struct ClipEntry: Sendable, Hashable, Codable {
  /// Relative to the workspace.
  public let path: String
  public let bytes: Int64
  /// SHA-256, lower-case hexadecimal.
  public let sha256: String

  public init(path: String, bytes: Int64, sha256: String) {
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
  }
}

extension GenerationEntry {
  /// The value of the column for ``isRestorable``; 1 is a take that was redone itself.
  static let supersededWithItsSource = 2

  /// SQL of all generations with what their intents have of them.
  static func query(_ database: Database) throws -> String {
    // A ledger of an earlier version that is only read lacks the column.
    let hasSent = try database.columns(in: "intents").contains { $0.name == "sent" }
    return """
      SELECT g.*, i.provider, i.model, i.parameters, i.request_digest, i.content_digest, i.created_at,
        \(hasSent ? "coalesce(i.sent, 1)" : "1") AS intent_sent
      FROM generations g JOIN intents i ON i.number = g.intent
      """
  }

  static func clip(in row: Row) -> ClipEntry? {
    (row["clip_path"] as String?).map {
      ClipEntry(path: $0, bytes: row["clip_bytes"] ?? 0, sha256: row["clip_sha256"] ?? "")
    }
  }

  init(row: Row) {
    number = row["number"]
    intent = row["intent"]
    shot = row["shot"]
    take = row["take"]
    provider = row["provider"]
    model = row["model"]
    parameters = row["parameters"]
    requestDigest = row["request_digest"]
    contentDigest = row["content_digest"]
    remoteID = row["remote_id"]
    state = State(stored: row["state"], mayHaveBeenSent: row["intent_sent"])
    let superseded = row["superseded"] as Int
    isSuperseded = superseded != 0
    isRestorable = superseded == Self.supersededWithItsSource
    createdAt = row["created_at"]
    submittedAt = row["submitted_at"]
    startedAt = row["started_at"]
    completedAt = row["completed_at"]
    cost = (row["cost_micro_usd"] as Int64?).map(USD.init(micro:))
    mayCost = row.hasColumn("may_cost") ? row["may_cost"] : false
    error = row["error"]
    clip = Self.clip(in: row)
    verdict = row["verdict"]
  }
}
