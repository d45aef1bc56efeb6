/// What has to be done next for a shot, told from the ledger alone: the same after a crash as without one.
public enum NextStep: Sendable, Hashable {
  /// Nothing is under way: write an intent and send it.
  case submit
  /// It is not known whether the service took a request: find out, never send it again before.
  case reconcile(IntentEntry)
  case wait(GenerationEntry)
  case download(GenerationEntry)
  case verify(GenerationEntry)
  /// The take counts; an image of it that another shot needs is not made yet.
  case anchor(GenerationEntry)
  case done(GenerationEntry)
  /// All takes failed or were rejected; the last one is given. Whether to pay for another is not for the ledger to say.
  case failed(GenerationEntry)
}

extension Ledger {
  /// What of a shot may be paid and does not count for it: takes that are to be replaced, or of other content, from the
  /// service's acceptance until their clip is here.
  public func backgroundTakes(shot: String, contentDigest: String) throws -> [GenerationEntry] {
    try generations(shot: shot).filter { take in
      guard take.isSuperseded || take.contentDigest != contentDigest else { return false }
      switch take.state {
      case .submitted, .processing, .succeeded: return true
      case .downloaded: return take.contentDigest == contentDigest
      case .intended, .verified, .rejected, .failed, .cancelled, .abandoned: return false
      }
    }
  }

  /// What is to be done for a shot: everything that is under way, or else one step.
  /// - Parameters:
  ///   - contentDigest: only takes of this content count; nil takes them all.
  ///   - anchors: the images of it that other shots are made from.
  public func nextSteps(
    shot: String, contentDigest: String? = nil, anchors: Set<AnchorKind> = []
  ) throws -> [NextStep] {
    let intents = try openIntents().filter { $0.shot == shot }
    let entries = try generations(shot: shot).filter {
      !$0.isSuperseded && (contentDigest ?? $0.contentDigest) == $0.contentDigest
    }
    var underWay = intents.map(NextStep.reconcile)
    for entry in entries {
      switch entry.state {
      case .submitted, .processing: underWay.append(.wait(entry))
      case .succeeded: underWay.append(.download(entry))
      case .downloaded: underWay.append(.verify(entry))
      case .intended, .verified, .rejected, .failed, .cancelled, .abandoned: break
      }
    }
    if !underWay.isEmpty { return underWay }
    if let take = try chosenTake(shot: shot, contentDigest: contentDigest) {
      let isAnchored = try anchors.allSatisfy { try anchor(of: take.number, $0) != nil }
      return [isAnchored ? .done(take) : .anchor(take)]
    }
    if let last = entries.last(where: { $0.state != .abandoned }) { return [.failed(last)] }
    return [.submit]
  }
}
