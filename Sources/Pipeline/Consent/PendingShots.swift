import Ledger
import Storyboard

/// Which shots a run may pay for, as far as the ledger and the storyboard show once lost requests have been looked for.
struct PendingShots: Sendable {
  struct Result: Sendable {
    /// Shots that will be sent, in the order of the storyboard; a shot made from one that is sent is sent too.
    let sent: [Shot]
    /// Shots of which takes may fail and be retried; empty unless retries are allowed.
    let retried: [Shot]

    var isEmpty: Bool { sent.isEmpty && retried.isEmpty }

    /// All of them, each once.
    var all: [Shot] { sent + retried.filter { shot in !sent.contains { $0.id == shot.id } } }

    /// Those of providers that cost money.
    func paid(_ targets: ShotTargets) -> Result {
      Result(sent: sent.filter(targets.isPaid), retried: retried.filter(targets.isPaid))
    }
  }

  let storyboard: Storyboard
  let digests: ShotDigests
  let ledger: Ledger
  let lostAnswers: LostAnswers
  /// New takes that may be paid for in place of failed ones, per shot.
  let retries: Int

  func read() throws -> Result {
    let lastGeneration = try ledger.lastGeneration()
    var takes: [String: GenerationEntry] = [:]
    var sent: Set<String> = []
    var underWay: Set<String> = []
    for shot in storyboard.inDependencyOrder {
      if storyboard.dependencies(of: shot).contains(where: { sent.contains($0.id) && !digests.isIsolated($0) }) {
        sent.insert(shot.id)
        continue
      }
      guard let sources = digests.sources(of: shot, among: takes) else { continue }
      guard var facts = try digests.facts(of: shot, sources) else {
        sent.insert(shot.id)
        continue
      }
      facts.lastEarlierGeneration = lastGeneration
      facts.retriesLeft = retries
      facts.searchedIntents = lostAnswers.searchedIntents
      facts.redownloadsDamaged = true
      switch NextAction.all(for: try ledger.snapshot(of: shot.id), facts)[0] {
      case .done(let take), .anchor(let take): takes[shot.id] = take
      case .wait(let take), .download(let take), .redownload(let take), .verify(let take):
        takes[shot.id] = take
        underWay.insert(shot.id)
      case .submit, .retry, .withdraw: sent.insert(shot.id)
      // What is made from a shot without a clip waits for it.
      case .reconcile, .stop, .fail: break
      }
    }
    let retried = retries > 0 ? sent.union(underWay) : []
    return Result(
      sent: storyboard.shots.filter { sent.contains($0.id) },
      retried: storyboard.shots.filter { retried.contains($0.id) }
    )
  }
}
