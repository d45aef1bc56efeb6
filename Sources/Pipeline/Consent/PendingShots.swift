import Ledger
import Storyboard

/// Which shots a run will send, as far as the ledger and the storyboard tell before it starts.
struct PendingShots: Sendable {
  let storyboard: Storyboard
  let digests: ShotDigests
  let ledger: Ledger
  /// New takes that may be paid for in place of failed ones, per shot.
  let retries: Int

  /// In the order of the storyboard; a shot made from one that is sent is sent too.
  func all() throws -> [Shot] {
    let lastGeneration = try ledger.lastGeneration()
    var takes: [String: GenerationEntry] = [:]
    var sent: Set<String> = []
    for shot in storyboard.inDependencyOrder {
      if storyboard.dependencies(of: shot).contains(where: { sent.contains($0.id) && !digests.isIsolated($0) }) {
        sent.insert(shot.id)
        continue
      }
      guard let sources = digests.sources(of: shot, among: takes) else { continue }
      var facts = try digests.facts(of: shot, sources)
      facts.lastEarlierGeneration = lastGeneration
      facts.retriesLeft = retries
      let snapshot = try ledger.snapshot(of: shot.id)
      switch NextAction.all(for: snapshot, facts)[0] {
      case .done(let take), .anchor(let take), .wait(let take), .download(let take), .redownload(let take),
        .verify(let take):
        takes[shot.id] = take
      case .submit, .retry: sent.insert(shot.id)
      case .withdraw: sent.formUnion(try storyboard.withDependents([shot.id]).map(\.id))
      case .reconcile(let intent):
        // Whether it was accepted is not known; what is made from it will be sent either way.
        sent.formUnion(try storyboard.withDependents([shot.id]).map(\.id))
        if !snapshot.isSuperseded(intent) { sent.remove(shot.id) }
      case .fail: break
      }
    }
    return storyboard.shots.filter { sent.contains($0.id) }
  }
}
