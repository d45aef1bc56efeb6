import Ledger

/// What a stage shares with the other machines that work on its run.
public struct Sharing: Sendable {
  /// Has each change of a take first.
  let takes: StoredTakes
  /// The takes of the run as the stage found them.
  let records: [TakeRecord]
  /// Whether this stage may send a request that costs money.
  let maySend: Bool
  /// Name of the run.
  let run: String

  /// Equal or similar requests of other machines, for one whose answer was lost.
  func otherRequests(like intent: IntentEntry) async throws -> OtherRequests {
    try await takes.otherRequests(like: intent)
  }
}

/// Requests of any run of the store with the model and the prompt of one whose answer was lost.
struct OtherRequests: Sendable {
  /// Ids that the service gave them, with the times of their sending in Unix seconds where these are known.
  var known: [String: Double?] = [:]
  /// Whether one with other parameters was lost, too, so that what only may be a request can be that one's.
  var hasRival = false
  /// Equal ones of other runs that were lost, too: any of the generations that fit may be theirs as well.
  var equalLost = 0
}

/// A stage has nothing to do yet: an engine starts it again. Exit status 75.
public struct NotYet: Error, Sendable, CustomStringConvertible {
  public let description: String
  public let retryAfter: Duration

  public init(_ description: String, retryAfter: Duration) {
    self.description = description
    self.retryAfter = retryAfter
  }
}
