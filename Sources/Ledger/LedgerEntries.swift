import GRDB

/// What is on its way to a service: written before the request is sent.
public struct IntentEntry: Sendable, Hashable {
  public enum State: String, Sendable, Hashable {
    /// Not sent yet, or sent and the answer was lost: it may have been paid.
    case open
    /// The service gave ids, or the clips themselves.
    case answered
    /// It is certain that the service did not take it.
    case refused
    /// It could not be found out, and the user chose to go on without it: it may have been paid.
    case givenUp = "given_up"
  }

  public let number: Int64
  public let shot: String
  public let provider: String
  public let model: String
  /// JSON.
  public let parameters: String
  public let requestDigest: String
  /// Digest of everything of the shot that the clip depends on.
  public let contentDigest: String
  public let state: State
  /// Whether it was sent as a call that blocks until the clip is there; nil when an earlier version sent it.
  public let isBlocking: Bool?
  /// False when it is certain that no service has it.
  public let mayHaveBeenSent: Bool
  /// Unix seconds.
  public let createdAt: Double
}

/// One paid or possibly paid clip: a take of a shot.
public struct GenerationEntry: Sendable, Hashable {
  /// How far a generation has come; each state says what is next.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Part of an open intent: no id yet. Next: reconcile.
    case intended
    /// The service gave an id. Next: wait.
    case submitted
    case processing
    /// The service has the clip. Next: download.
    case succeeded
    /// The clip lies in the workspace, whole. Next: verify.
    case downloaded
    /// The clip is what was asked for. Next: anchor, where one is needed.
    case verified
    /// The clip failed verification.
    case rejected
    /// The service failed or refused.
    case failed
    case cancelled
    /// The service never took it.
    case abandoned

    /// Neither the service nor the download will change it any more.
    public var isClosed: Bool { rank >= State.verified.rank }
    /// Later states have higher ranks; a state never goes back.
    var rank: Int {
      switch self {
      case .intended: 0
      case .submitted: 1
      case .processing: 2
      case .succeeded: 3
      case .downloaded: 4
      case .verified, .rejected: 5
      case .failed, .cancelled, .abandoned: 6
      }
    }
  }

  public let number: Int64
  public let intent: Int64
  public let shot: String
  /// From 1, never used twice in a workspace.
  public let take: Int
  public let provider: String
  public let model: String
  public let parameters: String
  public let requestDigest: String
  public let contentDigest: String
  /// The service's id; nil before it answered, and where it gives none.
  public let remoteID: String?
  public let state: State
  /// Marked to be done again; the take is kept and no longer counts.
  public let isSuperseded: Bool
  /// Unix seconds, as the next three.
  public let createdAt: Double
  public let submittedAt: Double?
  public let startedAt: Double?
  public let completedAt: Double?
  /// Millionths of a dollar; nil when the price is not known.
  public let costMicroUSD: Int64?
  public let error: String?
  public let clip: ClipEntry?
  /// The whole verdict, JSON.
  public let verdict: String?
}

/// A file of the workspace that the ledger knows.
public struct ClipEntry: Sendable, Hashable {
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

/// Which image of a clip other shots are made from.
public enum AnchorKind: String, Sendable, Hashable, CaseIterable {
  /// Where the next shot starts.
  case last
  /// Where the shot before ends.
  case first

  var table: String { self == .last ? "anchors" : "openings" }
}

/// The last or first image of a take, ready to be sent.
public struct AnchorEntry: Sendable, Hashable {
  public let generation: Int64
  public let file: ClipEntry
  /// `image/png` or `image/jpeg`.
  public let mediaType: String
  /// What else is known of it: source time, colour handling. JSON.
  public let detail: String?
}

/// Money of a workspace, in millionths of a dollar.
public struct Spending: Sendable, Hashable {
  /// Accepted by a service and not failed; failed and cancelled generations are not counted.
  public let paid: Int64
  /// Of intents that may or may not have reached the service.
  public let uncertain: Int64
  /// Generations among them whose price is not known.
  public let unpriced: Int
}

/// Money of one day, in millionths of a dollar.
public struct DaySpending: Sendable, Hashable {
  /// `YYYY-MM-DD`, in UTC.
  public let day: String
  public let spending: Spending
}

extension IntentEntry {
  init(row: Row) {
    number = row["number"]
    shot = row["shot"]
    provider = row["provider"]
    model = row["model"]
    parameters = row["parameters"]
    requestDigest = row["request_digest"]
    contentDigest = row["content_digest"]
    state = State(rawValue: row["state"]) ?? .open
    // A ledger of an earlier version that is only read has no such columns.
    isBlocking = row.hasColumn("blocking") ? row["blocking"] : nil
    mayHaveBeenSent = row.hasColumn("sent") ? row["sent"] ?? true : true
    createdAt = row["created_at"]
  }
}

extension GenerationEntry {
  static let query = """
    SELECT g.*, i.provider, i.model, i.parameters, i.request_digest, i.content_digest, i.created_at
    FROM generations g JOIN intents i ON i.number = g.intent
    """

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
    state = State(rawValue: row["state"]) ?? .intended
    isSuperseded = row["superseded"]
    createdAt = row["created_at"]
    submittedAt = row["submitted_at"]
    startedAt = row["started_at"]
    completedAt = row["completed_at"]
    costMicroUSD = row["cost_micro_usd"]
    error = row["error"]
    clip = (row["clip_path"] as String?).map {
      ClipEntry(path: $0, bytes: row["clip_bytes"] ?? 0, sha256: row["clip_sha256"] ?? "")
    }
    verdict = row["verdict"]
  }
}

extension AnchorEntry {
  init(row: Row) {
    generation = row["generation"]
    file = ClipEntry(path: row["path"], bytes: row["bytes"], sha256: row["sha256"])
    mediaType = row["media_type"]
    detail = row["detail"]
  }
}
