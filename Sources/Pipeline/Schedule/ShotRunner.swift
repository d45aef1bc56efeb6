import Foundation
import Generation
import Ledger
import Presets
import Storyboard

/// Brings one shot from whatever its state is to a verified clip and, where another shot starts from it, an anchor.
struct ShotRunner: Sendable {
  let context: RunContext
  let shot: Shot
  /// The takes whose frames the shot is made from.
  let sources: SourceTakes
  let state = ShotRunState()
  private let initialFacts: ShotFacts

  init(context: RunContext, shot: Shot, sources: SourceTakes) throws {
    self.context = context
    self.shot = shot
    self.sources = sources
    guard var facts = try context.digests.facts(of: shot, sources) else {
      throw LedgerError(.inconsistent, "the frames that shot \(shot.id) is made from are not recorded; run again")
    }
    facts.lastEarlierGeneration = context.lastEarlierGeneration
    facts.retriesLeft = context.options.retries
    facts.redownloadsDamaged = true
    initialFacts = facts
  }

  var ledger: Ledger { context.ledger }
  var host: ProviderHost { context.host(of: shot) }
  var model: ModelDescriptor { context.targets.model(of: shot) }

  /// Of a take, which may be from before the shot was given another provider.
  func host(of take: GenerationEntry) -> ProviderHost { context.hosts[take.provider] ?? host }

  var contentDigest: String { initialFacts.contentDigest }
  /// The digests of takes that are of this content.
  var digests: Set<String> { initialFacts.digests }
  /// Frames of it that other shots are made from.
  var anchors: Set<AnchorKind> { initialFacts.anchors }

  func emit(_ step: ShotStep, take: Int? = nil) { context.emit(.shot(shot.id, take: take, step)) }

  /// How far a shot is brought.
  enum Goal: Sendable {
    /// Every request has been accepted, or is known to have been.
    case submitted
    /// Every generation has ended.
    case generated
    /// A take counts, and the frames that other shots need are extracted.
    case done
  }

  /// - Returns: the chosen take.
  /// - Throws: ``GenerationError``, ``PipelineError`` `shotFailed` or `overBudget`, ``LedgerError``.
  func run() async throws -> GenerationEntry {
    if context.options.sharing == nil {
      for take in try ledger.snapshot(of: shot.id).backgroundTakes(digests) { downloadInBackground(take) }
    }
    guard let take = try await reach(.done) else {
      throw LedgerError(.inconsistent, "shot \(shot.id) ended without a take")
    }
    return take
  }

  /// Does what is next until the goal is reached.
  /// - Returns: the chosen take where that is the goal.
  func reach(_ goal: Goal) async throws -> GenerationEntry? {
    if goal == .done { try requireWholeClips() }
    var facts = initialFacts
    var hasWorked = false
    while true {
      try Task.checkCancellation()
      facts.errorCodes = state.errors.mapValues(\.code)
      facts.searchedIntents = context.lostAnswers.searchedIntents
      let actions = NextAction.all(for: try ledger.snapshot(of: shot.id), facts)
      facts.redownloadsDamaged = false
      if goal == .submitted, let missing = try missingTakes() {
        try await submit(takes: missing)
        continue
      }
      if goal.isReached(before: actions) { return nil }
      switch actions[0] {
      case .submit: try await submit()
      case .retry(let take):
        facts.retriesLeft -= 1
        let all = context.options.retries
        emit(.retrying(all - facts.retriesLeft, of: all, why: "\(failure(of: take))"), take: take.take)
        try await submit(takes: 1)
      case .withdraw(let intent): try ledger.recordRefused(intent: intent.number, error: nil)
      case .redownload: try redownload(actions)
      case .reconcile, .wait, .download, .verify: try await advance(actions, to: goal)
      case .anchor(let take): try await makeAnchors(of: take)
      case .stop(let intent): throw try uncertainty(of: intent)
      case .fail(let take): throw failure(of: take)
      case .done(let take):
        try await makeAnchors(of: take)
        emit(hasWorked ? .done(file: take.clip?.path ?? "") : .kept, take: take.take)
        return take
      }
      hasWorked = true
    }
  }

  /// Takes that a stage before this one was to send and did not, after it had sent others; nil for none.
  private func missingTakes() throws -> Int? {
    let sent = try ledger.snapshot(of: shot.id).currentTakes(digests).filter { $0.state != .notAccepted }
    return !sent.isEmpty && sent.count < shot.takes ? shot.takes - sent.count : nil
  }

  private func failure(of take: GenerationEntry) -> any Error {
    if let error = state.errors[take.number] { return error }
    let reason: String
    switch take.state {
    case .rejected:
      let why = ClipVerifier.reasons(inVerdict: take.verdict)
      let again = take.remoteID != nil && ClipVerifier.isDamage(verdict: take.verdict)
      let fault = again ? "arrived damaged each time" : "is not what was asked for"
      reason =
        "take \(take.take), \(take.clip?.path ?? "a clip"), \(fault): \(why.joined(separator: "; ")). It was paid; "
        + (again ? "running again downloads it again without paying; " : "") + "to pay for another, "
        + "\(orderAnew)\(context.options.sharing == nil ? ", or allow new takes with --retries" : "")."
    default: reason = take.error ?? "the generation is \(take.state.rawValue)"
    }
    return PipelineError(.shotFailed, reason)
  }

  /// Why a shot is not sent, and both ways out.
  private func uncertainty(of intent: IntentEntry) throws -> any Error {
    let takes = try ledger.generations(shot: shot.id).filter { $0.intent == intent.number && $0.state == .uncertain }
    let amount = Spending(of: takes).uncertain
    let cost = amount == .zero ? "at a price that is not known" : "for \(amount)"
    let time = Date(timeIntervalSince1970: intent.sentAt ?? intent.createdAt).formatted(.iso8601)
    let search = context.lostAnswers.vainSearch(for: intent.number).text(provider: intent.provider)
    return PipelineError(
      .uncertain,
      "the request for shot \(shot.id), sent \(time), may have been accepted \(cost): its answer was lost, \(search). "
        + "It was not sent again. Run again later to look for it again; or, to pay even if it was accepted, "
        + "'\(redoCommand) --accept-double-payment\(place)'.")
  }

  /// How people have a shot generated once more.
  var orderAnew: String {
    context.options.sharing == nil
      ? "mark it with 'longtake redo … --shot \(shot.id)'" : "order it with '\(redoCommand)'"
  }

  private var redoCommand: String {
    context.options.sharing.map { "longtake approve \($0.run) --redo \(shot.id)" }
      ?? "longtake redo \(context.plan.path) --shot \(shot.id)"
  }

  /// The workspace as an option, where it is not the one beside the storyboard.
  private var place: String {
    let isUsual = Workspace(besideStoryboard: context.plan.path) == context.workspace
    return isUsual || context.options.sharing != nil ? "" : " --workspace \(context.workspace.directory)"
  }

  // MARK: - Takes under way

  /// Has a paid take downloaded that does not count; the shot does not wait for it.
  func downloadInBackground(_ take: GenerationEntry) {
    guard context.hosts[take.provider] != nil, take.remoteID != nil else { return }
    context.backgroundDownloads.add(take, self)
  }

  /// Downloads a take that does not count: it was paid, and can be picked later.
  func finishInBackground(_ take: GenerationEntry) async {
    do {
      try await advance(take.number, inBackground: true)
    } catch {
      if error is CancellationError || Task.isCancelled { return }
      context.emit(
        .notice("take \(take.take) of shot \(shot.id), which does not count, could not be downloaded: \(error)"))
    }
  }

  /// Takes all generations that are under way as far as each gets, and looks for lost requests; the first error is thrown when none moves any more.
  private func advance(_ actions: [NextAction], to goal: Goal) async throws {
    try await forEachToTheEnd(actions) { action in
      switch action {
      case .wait(let take), .download(let take), .verify(let take):
        if goal == .done { try await advance(take.number) } else if goal == .generated { try await lookAt(take) }
      case .reconcile(let intent): try await context.lostAnswers.settle(intent)
      default: break
      }
    }
  }

  /// Works on all concurrently; an error of one is thrown only when the others have ended too, since they are paid.
  func forEachToTheEnd<Item: Sendable>(
    _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Void
  ) async throws {
    let errors = await withTaskGroup(of: (any Error)?.self) { group in
      for item in items {
        group.addTask {
          do {
            try await work(item)
            return nil
          } catch {
            return error
          }
        }
      }
      var errors: [any Error] = []
      for await error in group { if let error { errors.append(error) } }
      return errors
    }
    if let error = errors.first(where: { !($0 is CancellationError) }) ?? errors.first { throw error }
  }

  /// Has the state of a take recorded, without its clip.
  private func lookAt(_ take: GenerationEntry) async throws {
    guard take.state == .submitted || take.state == .processing else { return }
    _ = try await wait(for: take)
  }

  private func advance(_ number: Int64, inBackground: Bool = false) async throws {
    var result: GenerationResult?
    while let take = try ledger.generation(number) {
      switch take.state {
      case .submitted, .processing: result = try await wait(for: take)
      case .succeeded:
        try await download(take, result)
        result = nil
      case .downloaded:
        // A clip made from other inputs cannot be verified against what the shot is now.
        guard digests.contains(take.contentDigest) else { return }
        if inBackground { await context.backgroundDownloads.waitForWork(take) }
        try await verify(take)
      case .pending, .uncertain, .verified, .rejected, .failed, .cancelled, .notAccepted: return
      }
    }
  }
}

extension ShotRunner.Goal {
  /// Whether nothing that belongs to this goal is left to do.
  func isReached(before actions: [NextAction]) -> Bool {
    actions.allSatisfy { action in
      switch action {
      case .submit, .retry, .withdraw, .reconcile, .stop, .fail: false
      case .wait: self == .submitted
      case .download, .redownload, .verify, .anchor, .done: self != .done
      }
    }
  }
}
