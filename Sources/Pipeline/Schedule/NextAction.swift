public import Generation
public import Ledger

/// What has to be done next for a shot.
public enum NextAction: Sendable, Hashable {
  /// Nothing is under way: record an intent and send it.
  case submit
  /// A take failed and `--retries` allows another in its place.
  case retry(GenerationEntry)
  /// The request certainly never left: close its intent.
  case withdraw(IntentEntry)
  /// The service may have accepted a request: look for it. It is never sent again by itself.
  case reconcile(IntentEntry)
  case wait(GenerationEntry)
  case download(GenerationEntry)
  /// The clip arrived damaged in an earlier run: download it again.
  case redownload(GenerationEntry)
  case verify(GenerationEntry)
  /// The take counts; a frame of it that another shot needs is not extracted yet.
  case anchor(GenerationEntry)
  case done(GenerationEntry)
  /// A request was looked for in vain: whether it was paid is for the next run or the user to find out.
  case stop(IntentEntry)
  /// Every take failed or was rejected, and no other may be paid for; the last one is given.
  case fail(GenerationEntry)
}

/// What decides a shot's next action beside the ledger: its storyboard and the run.
public struct ShotFacts: Sendable {
  /// Digest of the shot's inputs: only takes with it count.
  public var contentDigest: String
  /// The digest that earlier versions gave the same inputs.
  public var earlierDigest: String?
  /// Frames of the shot that other shots are made from.
  public var anchors: Set<AnchorKind> = []
  /// Requests sent to another provider can only be settled there.
  public var provider: String
  /// Generations up to this number are of earlier runs.
  public var lastEarlierGeneration: Int64 = 0
  /// Takes that may still be paid for in place of failed ones.
  public var retriesLeft = 0
  /// The services' errors of this run, by number of the generation.
  public var errorCodes: [Int64: GenerationError.Code] = [:]
  /// Numbers of the intents that this run has looked for in vain.
  public var searchedIntents: Set<Int64> = []
  /// Whether clips that earlier runs rejected as damaged are downloaded again.
  public var redownloadsDamaged = false

  /// All digests of the inputs.
  public var digests: Set<String> { Set([contentDigest, earlierDigest].compactMap(\.self)) }

  public init(contentDigest: String, provider: String) {
    self.contentDigest = contentDigest
    self.provider = provider
  }
}

extension NextAction {
  /// What has to be done for a shot: everything that is under way, or else one action.
  ///
  /// A pure function, the same after a crash as without one. Never empty.
  public static func all(for shot: ShotSnapshot, _ facts: ShotFacts) -> [NextAction] {
    let takes = shot.currentTakes(facts.digests)
    let chosen = shot.chosenTake(facts.digests)
    if facts.redownloadsDamaged, chosen == nil {
      let damaged = takes.filter { $0.remoteID != nil && isDamaged($0) }
      if !damaged.isEmpty { return damaged.map(NextAction.redownload) }
    }
    let intents = shot.openIntents.filter { $0.provider == facts.provider }
    let unsent = intents.filter { !$0.mayHaveBeenSent }
    if !unsent.isEmpty { return unsent.map(NextAction.withdraw) }
    let blocking = intents.filter(\.blocksSending)
    let underWay =
      blocking.filter { !facts.searchedIntents.contains($0.number) }.map(NextAction.reconcile)
      + takes.compactMap(advancing)
    if !underWay.isEmpty { return underWay }
    if let chosen {
      let isAnchored = facts.anchors.isSubset(of: shot.anchors[chosen.number] ?? [])
      return [isAnchored ? .done(chosen) : .anchor(chosen)]
    }
    if let lost = blocking.first { return [.stop(lost)] }
    let ended = takes.last { ![.notAccepted, .pending, .uncertain].contains($0.state) }
    guard let last = ended else { return [.submit] }
    if wasNotPaidEarlier(last, facts) { return [.submit] }
    return [facts.retriesLeft > 0 && mayDifferInAnotherTake(last, facts) ? .retry(last) : .fail(last)]
  }

  private static func advancing(_ take: GenerationEntry) -> NextAction? {
    switch take.state {
    case .submitted, .processing: .wait(take)
    case .succeeded: .download(take)
    case .downloaded: .verify(take)
    case .pending, .uncertain, .verified, .rejected, .failed, .cancelled, .notAccepted: nil
    }
  }

  private static func isDamaged(_ take: GenerationEntry) -> Bool {
    take.state == .rejected && take.clip != nil && ClipVerifier.isDamage(verdict: take.verdict)
  }

  /// A generation that failed in an earlier run has no clip: running again sends it again, once the cost is agreed to. One
  /// that failed in this run, whoever sent it, ends the shot with the reason.
  private static func wasNotPaidEarlier(_ take: GenerationEntry, _ facts: ShotFacts) -> Bool {
    take.number <= facts.lastEarlierGeneration && facts.errorCodes[take.number] == nil
      && (take.state == .failed || take.state == .cancelled)
  }

  // MARK: - Retries

  /// Words in the messages of services that refuse parameters, credits or keys.
  private static let lastingFailures = [
    "value error", "validation", "invalid", "parameter", "credit", "balance", "quota", "unauthori", "unauthenti",
    "api key", "permission",
  ]

  /// Whether what the model made is at fault, which another take may do better; parameters, credits, keys and what the
  /// content policy refuses would fail again, and so would a broken connection.
  private static func mayDifferInAnotherTake(_ take: GenerationEntry, _ facts: ShotFacts) -> Bool {
    let code = facts.errorCodes[take.number]
    switch take.state {
    case .rejected: return code != .damagedDownload
    case .failed: return (code == nil || code == .generationFailed) && !isLasting(take.error ?? "")
    case .pending, .uncertain, .submitted, .processing, .succeeded, .downloaded, .verified, .cancelled, .notAccepted:
      return false
    }
  }

  private static func isLasting(_ message: String) -> Bool {
    if GenerationError.isContentRefusal(message) { return true }
    let message = message.lowercased()
    return lastingFailures.contains { message.contains($0) } || message.contains(/\b4(?:00|01|02|03|04|22)\b/)
  }
}
