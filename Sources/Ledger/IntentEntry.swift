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
    /// Whether it was accepted could not be found out, and it is not looked for any more: it may have been paid.
    case uncertain
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
  /// Unix seconds.
  public let createdAt: Double

  public init(
    number: Int64, shot: String, provider: String, model: String, parameters: String, requestDigest: String,
    contentDigest: String, state: State, isBlocking: Bool?, mayHaveBeenSent: Bool, createdAt: Double
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
  }
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
    // A ledger of an earlier version that is only read lacks these columns.
    isBlocking = row.hasColumn("blocking") ? row["blocking"] : nil
    mayHaveBeenSent = row.hasColumn("sent") ? row["sent"] ?? true : true
    createdAt = row["created_at"]
  }
}
