import Ledger
import Storyboard

/// Shots that were given another id since the last run: their takes, and requests that may have been accepted, go with
/// them.
struct RenamedShots: Sendable {
  let storyboard: Storyboard
  let digests: ShotDigests
  let ledger: Ledger

  /// A shot without takes takes over those of one that the storyboard no longer has, if their content is its own.
  func adopt() throws {
    let ids = Set(storyboard.shots.map(\.id))
    let providers = Set(digests.targets.providers(of: storyboard.shots))
    var orphans = Dictionary(
      grouping: try ledger.generations().filter { !ids.contains($0.shot) && providers.contains($0.provider) },
      by: \.shot
    ).mapValues { Set($0.map(\.contentDigest)) }
    for shot in storyboard.inDependencyOrder where !orphans.isEmpty {
      guard try ledger.generations(shot: shot.id).isEmpty,
        let sources = digests.sources(of: shot, among: try digests.chosenTakes()),
        let digests = try digests.digests(of: shot, sources),
        let old = orphans.keys.sorted().first(where: { !(orphans[$0]?.isDisjoint(with: digests.all) ?? true) })
      else { continue }
      try ledger.recordRename(of: old, to: shot.id)
      orphans[old] = nil
    }
  }
}
