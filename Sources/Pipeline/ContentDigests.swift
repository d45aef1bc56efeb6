import Ledger
import Presets
import Storyboard

/// The takes whose frames a shot is made from.
struct Seeds: Sendable {
  /// Its first frame is this one's last.
  var start: GenerationEntry?
  /// Its last frame is this one's first.
  var end: GenerationEntry?

  static let none = Seeds()
}

/// Names what the clips of a storyboard depend on, so that a take is known to be of a shot as it stands now.
struct ContentDigests: Sendable {
  let storyboard: Storyboard
  let model: ModelDescriptor
  /// Name of the provider.
  let provider: String
  let frames: ImageFiles

  /// Digest of everything that a shot's clip depends on; other shots are named by their takes, so that a clip that was
  /// fetched again or an anchor that was written again does not make the shots after it out of date.
  func digest(of shot: Shot, _ seeds: Seeds) throws -> String {
    let own = try storyboard.canonicalContent(of: shot, model: model) { try frames.identity(of: $0) }
    let search = storyboard.startFrame(of: shot)?.shot?.anchorSearch.map { " best of the last \($0)" } ?? ""
    let start = seeds.start.map { "\($0.shot).take\($0.take)\(search)" } ?? ""
    let end = seeds.end.map { "\nends on \($0.shot).take\($0.take)" } ?? ""
    return FileDigest.sha256(of: "\(provider)\n\(own)\n\(start)\(end)")
  }

  /// The takes among these that a shot is made from; nil when one is missing.
  func seeds(of shot: Shot, among takes: [String: GenerationEntry]) -> Seeds? {
    var seeds = Seeds()
    if let needed = storyboard.startFrame(of: shot)?.shot {
      guard let take = takes[needed.id] else { return nil }
      seeds.start = take
    }
    if let needed = storyboard.endFrame(of: shot)?.shot {
      guard let take = takes[needed.id] else { return nil }
      seeds.end = take
    }
    return seeds
  }

  /// The takes that count now, from shots that start by themselves on to those made from them; a shot without one is left
  /// out, and so are those made from it.
  /// - Parameter chosen: a take that is to count for its shot, whatever the ledger says.
  func countingTakes(in ledger: Ledger, choosing chosen: GenerationEntry? = nil) throws -> [String: GenerationEntry] {
    var takes: [String: GenerationEntry] = [:]
    for shot in storyboard.inDependencyOrder {
      guard let seeds = seeds(of: shot, among: takes) else { continue }
      let digest = try digest(of: shot, seeds)
      if let chosen, chosen.shot == shot.id {
        if chosen.contentDigest == digest { takes[shot.id] = chosen }
      } else {
        takes[shot.id] = try ledger.chosenTake(shot: shot.id, contentDigest: digest)
      }
    }
    return takes
  }
}

extension Storyboard {
  /// The frames of a shot's clip that other shots are made from.
  func neededAnchors(of shot: Shot) -> Set<AnchorKind> {
    var kinds: Set<AnchorKind> = []
    for other in shots {
      if case .last(let needed) = startFrame(of: other), needed.id == shot.id { kinds.insert(.last) }
      if case .first(let needed) = endFrame(of: other), needed.id == shot.id { kinds.insert(.first) }
    }
    return kinds
  }
}
