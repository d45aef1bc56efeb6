import Foundation
import Generation
import Ledger
import Presets
import Storyboard
import Synchronization

/// Requests that may have been accepted although no answer came: looks for them at the service and adopts what it finds.
///
/// Sends nothing. What is not found stays uncertain: no list proves that a request was not accepted.
final class LostAnswers: Sendable {
  /// Before the second look; doubled before each further one.
  static let firstPause: Duration = .seconds(1)
  static let longestPause: Duration = .seconds(30)
  /// Between two looks of a stage, which is started anew for each.
  private static let shortPause: Duration = .seconds(5)
  /// Seconds by which the clocks of services and of this machine may differ.
  private static let clockSlack: Double = 900
  /// Seconds after which requests are no longer looked for that keep no shot from being sent.
  private static let longestMemory: Double = 30 * 24 * 3600

  let inFlight = RequestsInFlight()
  private let ledger: Ledger
  private let workspace: Workspace
  private let hosts: ProviderHosts
  private let wait: Duration
  private let clock: any Clock<Duration>
  private let failpoint: Failpoint.Hook?
  private let emit: @Sendable (PipelineEvent) -> Void
  private let sharing: Sharing?
  /// Intents that this run has looked for in vain, with what is known of each.
  private let vain = Mutex<[Int64: VainSearch]>([:])
  /// Only one search at a time may adopt.
  private let adoption = Mutex(())

  init(
    ledger: Ledger, workspace: Workspace, hosts: ProviderHosts, options: RunOptions,
    emit: @escaping @Sendable (PipelineEvent) -> Void
  ) {
    self.ledger = ledger
    self.workspace = workspace
    self.hosts = hosts
    wait = options.lostAnswerWait
    clock = options.clock
    failpoint = options.failpoint
    sharing = options.sharing
    self.emit = emit
  }

  var searchedIntents: Set<Int64> { vain.withLock { Set($0.keys) } }

  /// What is known of a request that this run has looked for in vain.
  func vainSearch(for intent: Int64) -> VainSearch { vain.withLock { $0[intent] } ?? .notListed }

  /// Settles what earlier runs have left, also of shots that the storyboard no longer has.
  /// - Throws: ``LedgerError``, `CancellationError`.
  func settleEarlier() async throws {
    let intents = try ledger.openIntents().filter { hosts[$0.provider] != nil }
    for intent in intents where !intent.mayHaveBeenSent { try ledger.recordRefused(intent: intent.number, error: nil) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for intent in intents.filter(\.isUnsettled) {
        group.addTask { [self] in
          if intent.blocksSending { try await settle(intent) } else { try await lookOnce(intent) }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Looks for a request until it is found, or until enough time has passed since its answer was lost.
  func settle(_ intent: IntentEntry) async throws {
    if try adoptClip(of: intent) { return }
    guard let host = hosts[intent.provider] else { return }
    emit(.shot(intent.shot, take: nil, .reconciling))
    let limit = host.listsAtOnce ? .zero : timeLeft(for: intent)
    let elapsed = clock.stopwatch()
    var pause = Self.firstPause
    var found = VainSearch.notListed
    while true {
      let isLast = elapsed() >= limit
      do {
        guard let vain = try await look(for: intent, at: host, isLast: isLast) else { return }
        found = vain
      } catch is Disturbed {
        continue
      } catch let error as GenerationError {
        // Also a key that may send and not list.
        found = .unreadable(error.message)
      }
      if isLast { break }
      if sharing != nil {
        throw NotYet("the lost request of shot \(intent.shot) is looked for", retryAfter: min(Self.shortPause, limit))
      }
      try await clock.sleep(for: min(pause, max(.zero, limit - elapsed())))
      pause = min(pause * 2, Self.longestPause)
    }
    // Only the sandbox inside this program is known to list everything.
    if host.listsAtOnce { return try ledger.recordRefused(intent: intent.number, error: nil) }
    try ledger.recordUncertain(intent: intent.number)
    vain.withLock { [found] in $0[intent.number] = found }
  }

  /// By the time of day, since another process may have sent the request.
  private func timeLeft(for intent: IntentEntry) -> Duration {
    let passed = Ledger.systemTime() - (intent.lostAt ?? intent.sentAt ?? intent.createdAt)
    return passed < 0 ? wait : max(.zero, wait - .seconds(passed))
  }

  /// One look for a request that keeps no shot from being sent.
  private func lookOnce(_ intent: IntentEntry) async throws {
    guard Ledger.systemTime() - intent.createdAt < Self.longestMemory, let host = hosts[intent.provider] else { return }
    do {
      _ = try await look(for: intent, at: host, isLast: true)
    } catch is Disturbed {
      // The next run looks again.
    } catch let error as GenerationError {
      emit(.notice("shot \(intent.shot): looking for its earlier request failed: \(error.message)"))
    }
  }

  // MARK: - One look

  /// - Returns: nil when the request is settled.
  private func look(
    for intent: IntentEntry, at host: ProviderHost, isLast: Bool
  ) async throws -> VainSearch? {
    guard let parameters = Self.parameters(intent.parameters) else {
      throw LedgerError(.inconsistent, "the parameters of intent \(intent.number) cannot be read")
    }
    try await inFlight.waitUntilSettled(intent.requestDigest)
    let begun = inFlight.begun(intent.requestDigest)
    let begunAtRest = inFlight.begunWithoutAny()
    let earlier = try await sharing?.otherRequests(like: intent) ?? OtherRequests()
    let lost = LostRequest(
      GenerationRequest(model: intent.model, parameters: parameters), sentAt: intent.sentAt ?? intent.createdAt,
      known: try ledger.knownRemoteIDs().merging(earlier.known) { own, _ in own })
    let search = try await host.provider.search(for: lost)
    failpoint?(.searchAnswered)
    // What another machine has begun to send meanwhile may be in the list.
    let others = try await sharing?.otherRequests(like: intent) ?? OtherRequests()
    return try adoption.withLock { _ in
      guard inFlight.begun(intent.requestDigest) == begun else { throw Disturbed() }
      // What only may be the request is believed when nothing better appears in time, when everything was seen, and when it
      // cannot be that of another shot whose answer is still to come or was lost, too.
      let believesLikely =
        try isLast && search.isComplete && begunAtRest != nil && inFlight.begunWithoutAny() == begunAtRest
        && !hasRival(intent) && !others.hasRival
      let found = search.matches.isEmpty && believesLikely ? search.likely : search.matches
      let own = found.filter { others.known[$0.id] == nil }
      if try adopt(own, for: intent, isLast: isLast, besides: others.equalLost) { return nil }
      if !search.matches.isEmpty { return .equal(search.matches.count) }
      let open = search.likely.count + search.undecided
      return open > 0 ? .undecided(open) : search.isComplete ? .notListed : .notAllSeen
    }
  }

  /// An equal request was sent while the service was asked: what it listed may be either's.
  private struct Disturbed: Error {}

  /// Whether another lost request, with other parameters, has the same model and prompt.
  private func hasRival(_ intent: IntentEntry) throws -> Bool {
    let prompt = Self.parameters(intent.parameters)?["prompt"]
    return try ledger.openIntents().contains { other in
      other.isUnsettled && other.provider == intent.provider && other.model == intent.model
        && other.requestDigest != intent.requestDigest && Self.parameters(other.parameters)?["prompt"] == prompt
    }
  }

  private static func parameters(_ json: String) -> [String: JSONValue]? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)).objectValue
  }

  /// - Parameter others: equal requests of other runs that were lost, too.
  private func adopt(
    _ listed: [GenerationJob], for intent: IntentEntry, isLast: Bool, besides others: Int
  ) throws -> Bool {
    let open = try ledger.openIntents().filter {
      $0.provider == intent.provider && $0.requestDigest == intent.requestDigest && $0.isUnsettled
    }
    guard open.contains(where: { $0.number == intent.number }) else { return true }
    let known = try ledger.knownRemoteIDs()
    let found = listed.filter { known[$0.id] == nil }
    guard !found.isEmpty, try !hasTwinWithoutID(intent, found) else { return false }
    // Equal requests may be exchanged for each other: those that keep a shot from being sent come first.
    let lost = open.filter(\.blocksSending) + open.filter { !$0.blocksSending }
    let takes = try lost.map { try openTakes(of: $0).count }
    let wanted = zip(lost, takes).filter { $0.0.blocksSending }.map(\.1).reduce(0, +)
    guard found.count <= takes.reduce(others, +) else { return false }
    // The takes of one request may not be listed all at once.
    guard found.count >= wanted || isLast else { return false }
    var rest = found.sorted { ($0.enqueuedAt ?? 0, $0.id) < ($1.enqueuedAt ?? 0, $1.id) }.map(\.id)[...]
    var isSettled = false
    for (entry, count) in zip(lost, takes) where !rest.isEmpty {
      let ids = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      try ledger.recordSubmitted(intent: entry.number, remoteIDs: ids)
      emit(.shot(entry.shot, take: nil, .adopted(ids.map { ProviderKind.shownID($0, provider: entry.provider) })))
      if entry.number == intent.number { isSettled = ids.count == count }
    }
    return isSettled
  }

  private func openTakes(of intent: IntentEntry) throws -> [GenerationEntry] {
    try ledger.generations(shot: intent.shot).filter { $0.intent == intent.number && $0.state == .uncertain }
  }

  /// Whether an equal request brought its clip without an id: a generation in the list may be that one.
  private func hasTwinWithoutID(_ intent: IntentEntry, _ found: [GenerationJob]) throws -> Bool {
    let arrived: Set<GenerationEntry.State> = [.succeeded, .downloaded, .verified, .rejected]
    let earliest = (intent.sentAt ?? intent.createdAt) - Self.clockSlack
    return try ledger.generations().contains { take in
      take.remoteID == nil && take.provider == intent.provider && take.requestDigest == intent.requestDigest
        && arrived.contains(take.state)
        && (take.submittedAt ?? take.createdAt >= earliest || found.contains { $0.enqueuedAt == nil })
    }
  }

  /// A blocking request whose clip is on the disk under its final name was answered.
  private func adoptClip(of intent: IntentEntry) throws -> Bool {
    guard intent.isBlocking == true, let take = try openTakes(of: intent).first,
      FileDigest.size(ofFile: workspace.path(Workspace.clipName(shot: take.shot, take: take.take))) != nil
    else { return false }
    try ledger.recordAnsweredWithClips(intent: intent.number)
    return true
  }
}
