/// A request whose answer was lost: it may have been accepted and paid.
public struct LostRequest: Sendable {
  public let request: GenerationRequest
  /// When it was sent, in Unix seconds by the local clock.
  public let sentAt: Double
  /// Generations that belong to other requests, with the local time at which each was submitted where that is known.
  public let known: [String: Double?]

  public init(_ request: GenerationRequest, sentAt: Double, known: [String: Double?] = [:]) {
    self.request = request
    self.sentAt = sentAt
    self.known = known
  }
}

/// What a service lists that may be a lost request.
public struct LostRequestSearch: Sendable {
  /// Generations with the request's model and every parameter, each once.
  public var matches: [GenerationJob] = []
  /// Generations of which the service does not repeat all parameters, and whose model, prompt and time are the request's.
  public var likely: [GenerationJob] = []
  /// Number of other generations that may be it: what they were made from is not reported.
  public var undecided = 0
  /// Whether the list was read to its end, as far as the service reports.
  public var isComplete = true

  public init() {}
}

extension Provider {
  /// Generations since a time (Unix seconds) that have the model and every parameter of a request.
  public func find(_ request: GenerationRequest, since: Double) async throws -> [GenerationJob] {
    try await search(for: LostRequest(request, sentAt: since)).matches
  }
}
