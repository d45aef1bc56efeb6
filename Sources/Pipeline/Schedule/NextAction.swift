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
  /// The service may have accepted a request: find out; never send it again before.
  case reconcile(IntentEntry)
  case wait(GenerationEntry)
  case download(GenerationEntry)
  /// The clip arrived damaged in an earlier run: download it again.
  case redownload(GenerationEntry)
  case verify(GenerationEntry)
  /// The take counts; a frame of it that another shot needs is not extracted yet.
  case anchor(GenerationEntry)
  case done(GenerationEntry)
  /// Every take failed or was rejected, and no other may be paid for; the last one is given.
  case fail(GenerationEntry)
}

/// What decides a shot's next action beside the ledger: its storyboard and the run.
public struct ShotFacts: Sendable {
  /// Digest of the shot's inputs: only takes with it count.
  public var contentDigest: String
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
  /// Whether clips that earlier runs rejected as damaged are downloaded again.
  public var redownloadsDamaged = false

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
    let takes = shot.currentTakes(facts.contentDigest)
    let chosen = shot.chosenTake(facts.contentDigest)
    if facts.redownloadsDamaged, chosen == nil {
      let damaged = takes.filter { $0.remoteID != nil && isDamaged($0) }
      if !damaged.isEmpty { return damaged.map(NextAction.redownload) }
    }
    let intents = shot.openIntents.filter { $0.provider == facts.provider }
    let underWay =
      intents.map { $0.mayHaveBeenSent ? NextAction.reconcile($0) : .withdraw($0) } + takes.compactMap(advancing)
    if !underWay.isEmpty { return underWay }
    if let chosen {
      let isAnchored = facts.anchors.isSubset(of: shot.anchors[chosen.number] ?? [])
      return [isAnchored ? .done(chosen) : .anchor(chosen)]
    }
    guard let last = takes.last(where: { $0.state != .notAccepted && $0.state != .pending }) else { return [.submit] }
    if wasNotPaidEarlier(last, facts) { return [.submit] }
    return [facts.retriesLeft > 0 && mayDifferInAnotherTake(last, facts) ? .retry(last) : .fail(last)]
  }

  private static func advancing(_ take: GenerationEntry) -> NextAction? {
    switch take.state {
    case .submitted, .processing: .wait(take)
    case .succeeded: .download(take)
    case .downloaded: .verify(take)
    case .pending, .verified, .rejected, .failed, .cancelled, .notAccepted: nil
    }
  }

  private static func isDamaged(_ take: GenerationEntry) -> Bool {
    take.state == .rejected && take.clip != nil && ClipVerifier.isDamage(verdict: take.verdict)
  }

  /// A generation that failed in an earlier run was not paid: running again sends it again without being asked.
  private static func wasNotPaidEarlier(_ take: GenerationEntry, _ facts: ShotFacts) -> Bool {
    take.number <= facts.lastEarlierGeneration && (take.state == .failed || take.state == .cancelled)
  }

  // MARK: - Retries

  /// Words in the messages of services that refuse parameters, credits or keys.
  private static let lastingFailures = [
    "value error", "validation", "invalid", "parameter", "credit", "balance", "quota", "unauthori", "unauthenti",
    "api key", "permission",
  ]

  /// Whether what the model made is at fault, which another take may do better; parameters, credits and keys would fail
  /// again, and so would a broken connection.
  private static func mayDifferInAnotherTake(_ take: GenerationEntry, _ facts: ShotFacts) -> Bool {
    let code = facts.errorCodes[take.number]
    switch take.state {
    case .rejected: return code != .damagedDownload
    case .failed: return (code == nil || code == .generationFailed) && !isLasting(take.error ?? "")
    case .pending, .submitted, .processing, .succeeded, .downloaded, .verified, .cancelled, .notAccepted: return false
    }
  }

  private static func isLasting(_ message: String) -> Bool {
    let message = message.lowercased()
    return lastingFailures.contains { message.contains($0) } || message.contains(/\b4(?:00|01|02|03|04|22)\b/)
  }
}
