import Foundation
import Generation
import Ledger
import Storyboard
import Synchronization

/// Brings one shot from wherever it is to a verified clip and, where another shot starts from it, an anchor.
struct ShotRunner: Sendable {
  /// Answers that may be lost in a row before the shot is given up.
  static let lostAnswers = 6

  let stage: RunContext
  let shot: Shot
  /// The takes whose frames the shot is made from.
  let seeds: Seeds
  /// Frames of it that other shots are made from.
  let anchors: Set<AnchorKind>
  let contentDigest: String
  let failures = Failures()
  let deliveries = ResultCache()

  /// The services' own errors of this run, by generation.
  final class Failures: Sendable {
    private let errors = Mutex<[Int64: any Error]>([:])
    private let lost = Mutex(0)

    subscript(generation: Int64) -> (any Error)? { errors.withLock { $0[generation] } }
    func set(_ error: any Error, for generation: Int64) { errors.withLock { $0[generation] = error } }
    /// Counts one more lost answer.
    func countLost() -> Int {
      lost.withLock {
        $0 += 1
        return $0
      }
    }
  }

  init(stage: RunContext, shot: Shot, seeds: Seeds) throws {
    self.stage = stage
    self.shot = shot
    self.seeds = seeds
    anchors = stage.storyboard.neededAnchors(of: shot)
    contentDigest = try stage.digests.digest(of: shot, seeds)
  }

  var ledger: Ledger { stage.ledger }

  func emit(_ step: ShotStep, take: Int? = nil) { stage.emit(.shot(shot.id, take: take, step)) }

  /// - Returns: the take that counts.
  /// - Throws: ``GenerationError``, ``PipelineError`` `shotFailed` or `overBudget`, ``LedgerError``.
  func run() async throws -> GenerationEntry {
    try requireWholeClips()
    try giveDamagedClipsAnotherChance()
    for take in try ledger.backgroundTakes(shot: shot.id, contentDigest: contentDigest) { addBackgroundTake(take) }
    var hasWorked = false
    var retries = 0
    while true {
      try Task.checkCancellation()
      let steps = try stage.nextSteps(of: shot, contentDigest)
      switch steps[0] {
      case .submit: try await submit()
      case .reconcile(let intent): try await reconcile(intent)
      case .wait, .download, .verify: try await advance(steps)
      case .anchor(let take): try await makeAnchors(of: take)
      case .failed(let take) where stage.mayRepeat(take): try await submit()
      case .failed(let take):
        guard retries < stage.options.retries, stage.mayRetry(take, failures[take.number]) else {
          throw failure(of: take)
        }
        retries += 1
        emit(.retrying(retries, of: stage.options.retries, why: "\(failure(of: take))"), take: take.take)
        try await submit(takes: 1)
      case .done(let take):
        try await makeAnchors(of: take)
        emit(hasWorked ? .done(file: take.clip?.path ?? "") : .kept, take: take.take)
        return take
      }
      hasWorked = true
    }
  }

  /// Has a paid take brought in that does not count; the shot does not wait for it.
  func addBackgroundTake(_ take: GenerationEntry) {
    guard take.provider == stage.host.provider.name, take.remoteID != nil else { return }
    stage.backgroundTakes.add(take, self)
  }

  /// Brings a take home that does not count: it was paid, and can be picked later.
  func bringIn(_ take: GenerationEntry) async {
    do {
      try await advance(take.number)
    } catch {
      if error is CancellationError { return }
      stage.emit(
        .notice("take \(take.take) of shot \(shot.id), which does not count, could not be brought in: \(error)"))
    }
  }

  private func failure(of take: GenerationEntry) -> any Error {
    if let error = failures[take.number] { return error }
    let reason: String
    switch take.state {
    case .rejected:
      let why = ClipVerifier.reasons(inVerdict: take.verdict)
      let again = take.remoteID != nil && ClipVerifier.isDamage(verdict: take.verdict)
      let fault = again ? "came damaged each time it was fetched" : "is not what was asked for"
      reason =
        "take \(take.take), \(take.clip?.path ?? "a clip"), \(fault): \(why.joined(separator: "; ")). It was paid; "
        + (again ? "running again fetches it again without paying; " : "") + "to pay for another, "
        + "mark it with 'longtake redo … --shot \(shot.id)', or allow new takes with --retries."
    default: reason = take.error ?? "the generation is \(take.state.rawValue)"
    }
    return PipelineError(.shotFailed, reason)
  }

  /// Brings all takes that are under way as far as each gets; the first error is thrown when none moves any more.
  private func advance(_ steps: [NextStep]) async throws {
    let numbers = steps.compactMap { step -> Int64? in
      switch step {
      case .wait(let take), .download(let take), .verify(let take): take.number
      case .submit, .reconcile, .anchor, .done, .failed: nil
      }
    }
    try await allToTheirEnds(numbers) { try await advance($0) }
  }

  /// Works on all side by side; an error of one is thrown only when the others have ended too, since they are paid.
  func allToTheirEnds<Item: Sendable>(
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

  private func advance(_ number: Int64) async throws {
    var result: GenerationResult?
    while let take = try ledger.generation(number) {
      switch take.state {
      case .submitted, .processing: result = try await wait(for: take)
      case .succeeded:
        try await fetch(take, result)
        result = nil
      case .downloaded:
        // What was asked for in another form cannot be held against what the shot is now.
        guard take.contentDigest == contentDigest else { return }
        try await verify(take)
      case .intended, .verified, .rejected, .failed, .cancelled, .abandoned: return
      }
    }
  }
}
