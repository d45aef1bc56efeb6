import GRDB

/// A request, recorded before it is sent.
public struct IntentEntry: Sendable, Hashable {
  public enum State: String, Sendable, Hashable {
    /// Not sent yet, or sent and not answered: it may have been paid.
    case open
    /// The service gave ids, or the clips themselves.
    case answered
    /// The service certainly did not accept it.
    case refused
    /// It was looked for without success: it may have been paid. Every run looks again, and none sends it again.
    case uncertain
    /// The same, and the user accepts that the shot may be paid twice: it no longer keeps the shot from being sent.
    case released
  }

  public let number: Int64
  public let shot: String
  public let provider: String
  public let model: String
  /// JSON.
  public let parameters: String
  public let requestDigest: String
  /// Digest of all inputs of the shot that the clip depends on.
  public let contentDigest: String
  public let state: State
  /// Whether it was sent as a call that blocks until the clip is ready; nil when an earlier version sent it.
  public let isBlocking: Bool?
  /// False when it certainly never left.
  public let mayHaveBeenSent: Bool
  /// Unix seconds, as the next two.
  public let createdAt: Double
  /// When it last began to leave; nil in rows of an earlier version.
  public let sentAt: Double?
  /// When its answer was lost, where the process that sent it saw that.
  public let lostAt: Double?

  /// Whether it may have been accepted and no generation has been found yet.
  public var isUnsettled: Bool { mayHaveBeenSent && state != .answered && state != .refused }
  /// Whether it keeps its shot from being sent.
  public var blocksSending: Bool { isUnsettled && state != .released }

  public init(
    number: Int64, shot: String, provider: String, model: String, parameters: String, requestDigest: String,
    contentDigest: String, state: State, isBlocking: Bool?, mayHaveBeenSent: Bool, createdAt: Double,
    sentAt: Double? = nil, lostAt: Double? = nil
  ) {
    self.number = number
    self.shot = shot
    self.provider = provider
    self.model = model
    self.parameters = parameters
    self.requestDigest = requestDigest
    self.contentDigest = contentDigest
    self.state = state
    self.isBlocking = isBlocking
    self.mayHaveBeenSent = mayHaveBeenSent
    self.createdAt = createdAt
    self.sentAt = sentAt
    self.lostAt = lostAt
  }
}

extension IntentEntry {
  /// SQL of the intents that are not settled; those that never left are among them.
  static let unsettled = "state IN ('open', 'uncertain', 'released')"

  init(row: Row) {
    number = row["number"]
    shot = row["shot"]
    provider = row["provider"]
    model = row["model"]
    parameters = row["parameters"]
    requestDigest = row["request_digest"]
    contentDigest = row["content_digest"]
    state = State(rawValue: row["state"]) ?? .open
    // A ledger of an earlier version that is only read lacks these columns.
    isBlocking = row.hasColumn("blocking") ? row["blocking"] : nil
    mayHaveBeenSent = row.hasColumn("sent") ? row["sent"] ?? true : true
    createdAt = row["created_at"]
    sentAt = row.hasColumn("sent_at") ? row["sent_at"] : nil
    lostAt = row.hasColumn("lost_at") ? row["lost_at"] : nil
  }
}
