import Foundation
import Generation
import Ledger
import Presets
import Storyboard

/// Finding requests whose answer was lost.
extension ShotRunner {
  /// Finds out whether the service accepted a request, and adopts its generations.
  func reconcile(_ intent: IntentEntry) async throws {
    emit(.reconciling)
    let wanted = try takes(of: intent).count
    guard let parameters = Self.parameters(intent.parameters) else {
      throw LedgerError(.inconsistent, "the parameters of intent \(intent.number) cannot be read")
    }
    let request = GenerationRequest(model: intent.model, parameters: parameters, takes: max(1, min(4, wanted)))
    let isOld = Ledger.systemTime() - intent.createdAt > ProviderHost.listingDelay
    let pauses = isOld ? [.zero] : context.host.searchPauses
    for (index, pause) in pauses.enumerated() {
      try await Task.sleep(for: pause)
      try await context.inFlight.waitUntilSettled(intent.requestDigest)
      do {
        let jobs = try await context.host.provider.find(request, since: intent.createdAt)
        // The takes of one request may not be listed all at once.
        let isLast = index == pauses.count - 1
        if try adopt(jobs, for: intent, wanted: wanted, orFewer: isLast) { return }
      } catch let error as GenerationError where error.code == .answerLost {
        // The service lists nothing: only the user can give up what may have been paid.
        guard try isSuperseded(intent) else { throw error }
        return try giveUp(intent)
      }
    }
    let isBlocking = intent.isBlocking ?? (context.host.provider.waitMode == .sync)
    if try isSuperseded(intent), context.host.isPaid, isBlocking { return try giveUp(intent) }
    // Whether a service lists blocking requests is not published: absence from the list proves nothing, unless an earlier
    // blocking request is listed.
    var isProof = !context.host.isPaid || !isBlocking
    if !isProof { isProof = try await listsBlockingRequests() }
    guard isProof else {
      throw PipelineError(
        .shotFailed,
        "the answer to a blocking request was lost, and the service does not list it: it may have been accepted and paid. "
          + "Look at the account; then 'longtake redo … --shot \(shot.id)' makes the next run send it again. Requests "
          + "sent with --wait sse or poll can always be found again.")
    }
    try ledger.recordRefused(intent: intent.number, error: nil)
  }

  /// Whether the service lists the latest blocking request whose clip arrived.
  private func listsBlockingRequests() async throws -> Bool {
    let arrived: Set<GenerationEntry.State> = [.succeeded, .downloaded, .verified, .rejected]
    let blocking = try ledger.generations().last {
      $0.provider == context.host.provider.name && $0.remoteID == nil && arrived.contains($0.state)
    }
    guard let blocking, let parameters = Self.parameters(blocking.parameters) else { return false }
    let request = GenerationRequest(model: blocking.model, parameters: parameters)
    let known = try ledger.knownRemoteIDs()
    return try await context.host.provider.find(request, since: blocking.createdAt).contains { !known.contains($0.id) }
  }

  private static func parameters(_ json: String) -> [String: JSONValue]? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)).objectValue
  }

  private func isSuperseded(_ intent: IntentEntry) throws -> Bool {
    try ledger.snapshot(of: shot.id).isSuperseded(intent)
  }

  private func giveUp(_ intent: IntentEntry) throws {
    context.emit(.notice("shot \(shot.id): a lost request may have been paid; its cost stays counted as uncertain"))
    try ledger.recordUncertain(intent: intent.number)
  }

  /// Jobs enqueued after the intent come first; those that seem older may be so because of a clock difference.
  private static func rank(_ job: GenerationJob, _ intent: IntentEntry) -> (Int, Double, String) {
    let enqueued = job.enqueuedAt ?? 0
    return (enqueued >= intent.createdAt.rounded(.down) ? 0 : 1, enqueued, job.id)
  }

  private func adopt(
    _ jobs: [GenerationJob], for intent: IntentEntry, wanted: Int, orFewer: Bool
  ) throws -> Bool {
    let ids = try context.withLedgerLock {
      let known = try ledger.knownRemoteIDs()
      let unknown = jobs.filter { !known.contains($0.id) }
        .sorted { Self.rank($0, intent) < Self.rank($1, intent) }
      // Jobs beyond the number of takes may belong to an equal request of another shot.
      guard orFewer || unknown.count >= wanted else { return [String]() }
      let ids = unknown.prefix(wanted).map(\.id)
      if !ids.isEmpty { try ledger.recordSubmitted(intent: intent.number, remoteIDs: ids) }
      return ids
    }
    if !ids.isEmpty {
      emit(.adopted(ids.map(shown)))
      for take in try takes(of: intent) where take.isSuperseded { downloadInBackground(take) }
    }
    return !ids.isEmpty
  }
}
