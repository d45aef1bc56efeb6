import Foundation
import Generation
import Ledger
import Presets
import Storyboard
import Synchronization

/// What all shots of one run share.
struct RunContext: Sendable {
  let storyboard: Storyboard
  let model: ModelDescriptor
  let workspace: Workspace
  let ledger: Ledger
  let host: ProviderHost
  let options: RunOptions
  let media: MediaQueue
  let images: ImagePublisher
  let digests: ContentDigests
  let fitter: ImageFitter
  let backgroundTakes = BackgroundTakes()
  /// Generations up to this number were there before this run.
  let lastOldGeneration: Int64
  let emit: @Sendable (PipelineEvent) -> Void
  let inFlight = RequestsInFlight()
  private let turn = Turn()

  /// What only one task may do at a time: reading the ledger and writing what follows from it.
  private final class Turn: Sendable {
    let lock = Mutex(())
  }

  init(
    storyboard: Storyboard, model: ModelDescriptor, workspace: Workspace, ledger: Ledger, host: ProviderHost,
    options: RunOptions, media: MediaQueue, emit: @escaping @Sendable (PipelineEvent) -> Void
  ) throws {
    self.storyboard = storyboard
    self.model = model
    self.workspace = workspace
    self.ledger = ledger
    self.host = host
    self.options = options
    self.media = media
    self.emit = emit
    images = ImagePublisher(ledger: ledger, host: host)
    let frames = ImageFiles()
    digests = ContentDigests(storyboard: storyboard, model: model, provider: host.provider.name, frames: frames)
    fitter = ImageFitter(
      storyboard: storyboard, model: model, workspace: workspace, frames: frames, media: media, emit: emit)
    lastOldGeneration = try ledger.generations().map(\.number).max() ?? 0
  }

  /// Of one take; zero at the sandbox, nil when not published.
  func costPerTake(of shot: Shot) -> USD? {
    guard host.isPaid else { return .zero }
    guard let price = model.pricePerSecond, let seconds = shot.seconds(with: model) else { return nil }
    return price.times(seconds)
  }

  func withLock<Value: Sendable>(_ work: () throws -> Value) rethrows -> Value {
    try turn.lock.withLock { _ in try work() }
  }

  /// Writes down that a request is about to be sent, unless that could exceed the limit.
  /// - Throws: ``PipelineError`` `overBudget`, or `inputOutput` where nothing could be written down.
  func recordIntent(
    shot: Shot, request: GenerationRequest, contentDigest: String, takes: Int
  ) throws -> IntentEntry {
    let cost = costPerTake(of: shot)
    try FreeSpace.require(in: workspace, for: shot.id)
    return try withLock {
      if let limit = options.maximumCost, host.isPaid {
        try requireRoom(below: limit, for: cost.map { $0 * takes }, shot: shot)
      }
      return try ledger.recordIntent(
        shot: shot.id, provider: host.provider.name, model: request.model,
        parameters: JSONValue.object(request.parameters).canonicalJSON, requestDigest: request.digest,
        contentDigest: contentDigest, takes: takes, isBlocking: host.provider.waitMode == .sync,
        costMicroUSD: cost?.micro)
    }
  }

  private func requireRoom(below limit: USD, for cost: USD?, shot: Shot) throws {
    guard let cost else {
      throw PipelineError(
        .overBudget,
        "the price of \(model.id) is not known, so --max-cost \(limit) cannot be kept; leave it out to go on.")
    }
    let spending = try ledger.spent()
    let spent = USD(micro: spending.paid) + USD(micro: spending.uncertain)
    guard spent + cost <= limit else {
      throw PipelineError(
        .overBudget,
        "shot \(shot.id) costs \(cost) and this workspace has paid or may have paid \(spent): together more than "
          + "--max-cost \(limit). Nothing was sent for it.")
    }
  }

  /// Shots that will be sent, as far as can be told now: what is made from a shot that is sent is sent too.
  func shotsToSend() throws -> [Shot] {
    var takes: [String: GenerationEntry] = [:]
    var sent: Set<String> = []
    for shot in storyboard.inDependencyOrder {
      let needed = storyboard.dependencies(of: shot).map(\.id)
      if needed.contains(where: sent.contains) {
        sent.insert(shot.id)
        continue
      }
      guard let seeds = digests.seeds(of: shot, among: takes) else { continue }
      switch try nextSteps(of: shot, try digests.digest(of: shot, seeds)).first {
      case .done(let take), .anchor(let take), .wait(let take), .download(let take), .verify(let take):
        takes[shot.id] = take
      case .submit: sent.insert(shot.id)
      case .failed(let entry) where mayRepeat(entry) || mayRetry(entry, nil): sent.insert(shot.id)
      // Whether it was taken is not known; what is made from it will be sent.
      case .reconcile(let intent):
        sent.formUnion(try storyboard.withDependents([shot.id]).map(\.id))
        if try intent.mayHaveBeenSent && !isGivenUp(intent) { sent.remove(shot.id) }
      case .failed, nil: break
      }
    }
    return storyboard.shots.filter { sent.contains($0.id) }
  }

  /// Whether a take that did not succeed may be asked for again without being told to: the service failed it, so it was
  /// not paid, and that was in an earlier run.
  func mayRepeat(_ entry: GenerationEntry) -> Bool {
    entry.number <= lastOldGeneration && (entry.state == .failed || entry.state == .cancelled)
  }

  /// Whether `--retries` allows another take in place of one that failed: only for what the model made of it, never for
  /// parameters, credits or keys that would fail again.
  func mayRetry(_ entry: GenerationEntry, _ error: (any Error)?) -> Bool {
    options.retries > 0 && ContentFailure.isOne(entry, error)
  }

  /// Whether the user chose to have a shot made again before it was known what became of a request.
  func isGivenUp(_ intent: IntentEntry) throws -> Bool {
    try ledger.generations(shot: intent.shot).filter { $0.intent == intent.number }.allSatisfy(\.isSuperseded)
  }

  /// As the ledger says, but for requests that another provider was asked: those can only be settled there.
  func nextSteps(of shot: Shot, _ digest: String) throws -> [NextStep] {
    let anchors = storyboard.neededAnchors(of: shot)
    let steps = try ledger.nextSteps(shot: shot.id, contentDigest: digest, anchors: anchors)
    let own = steps.filter { step in
      if case .reconcile(let intent) = step { intent.provider == host.provider.name } else { true }
    }
    if !own.isEmpty { return own }
    if let take = try ledger.chosenTake(shot: shot.id, contentDigest: digest) {
      let isAnchored = try anchors.allSatisfy { try ledger.anchor(of: take.number, $0) != nil }
      return [isAnchored ? .done(take) : .anchor(take)]
    }
    let last = try ledger.generations(shot: shot.id).last {
      !$0.isSuperseded && $0.contentDigest == digest && $0.state != .abandoned && $0.state != .intended
    }
    return [last.map(NextStep.failed) ?? .submit]
  }
}
