import Files
import Ledger
import Presets
import Storyboard

/// The takes whose frames a shot is made from.
struct SourceTakes: Sendable {
  /// The shot starts on the last frame of this one.
  var start: GenerationEntry?
  /// The shot ends on the first frame of this one.
  var end: GenerationEntry?
}

/// Digests of everything that the clips of a storyboard depend on, by which a take is recognised as one of a shot as it
/// is now.
struct ShotDigests: Sendable {
  let storyboard: Storyboard
  let model: ModelDescriptor
  /// Name of the provider.
  let provider: String
  let images: LocalImageCache
  /// By shot: the take whose frames the shots after it are made from, whichever take counts; see ``Isolations``.
  var anchorTakes: [String: GenerationEntry] = [:]

  /// The digest of a shot's inputs. Other shots are named by their takes, so that a clip downloaded again or an anchor
  /// rewritten does not make the shots after it out of date.
  func digest(of shot: Shot, _ sources: SourceTakes = SourceTakes()) throws -> String {
    let own = try storyboard.canonicalContent(of: shot, model: model) { try images.identity(of: $0) }
    let search = storyboard.startFrame(of: shot)?.shot?.anchorSearch.map { " best of the last \($0)" } ?? ""
    let start = sources.start.map { "\($0.shot).take\($0.take)\(search)" } ?? ""
    let end = sources.end.map { "\nends on \($0.shot).take\($0.take)" } ?? ""
    return SHA256Text.of("\(provider)\n\(own)\n\(start)\(end)")
  }

  /// The facts of a shot for its next action, in a run that has not begun.
  func facts(of shot: Shot, _ sources: SourceTakes) throws -> ShotFacts {
    var facts = ShotFacts(contentDigest: try digest(of: shot, sources), provider: provider)
    if !isIsolated(shot) { facts.anchors = storyboard.neededAnchors(of: shot) }
    return facts
  }

  /// Whether a shot is regenerated between its neighbours, so that nothing is made from its new clip.
  func isIsolated(_ shot: Shot) -> Bool { anchorTakes[shot.id] != nil }

  /// The takes among these that a shot is made from; nil when one is missing.
  func sources(of shot: Shot, among takes: [String: GenerationEntry]) -> SourceTakes? {
    var sources = SourceTakes()
    if let needed = storyboard.startFrame(of: shot)?.shot {
      guard let take = anchorTakes[needed.id] ?? takes[needed.id] else { return nil }
      sources.start = take
    }
    if let needed = storyboard.endFrame(of: shot)?.shot {
      guard let take = anchorTakes[needed.id] ?? takes[needed.id] else { return nil }
      sources.end = take
    }
    return sources
  }

  /// The chosen take of each shot; a shot without one is left out, and so are those made from it.
  /// - Parameter picked: a take to count as picked for its shot, whatever the ledger has.
  func chosenTakes(in ledger: Ledger, picking picked: GenerationEntry? = nil) throws -> [String: GenerationEntry] {
    var takes: [String: GenerationEntry] = [:]
    for shot in storyboard.inDependencyOrder {
      guard let sources = sources(of: shot, among: takes) else { continue }
      let digest = try digest(of: shot, sources)
      if let picked, picked.shot == shot.id {
        if picked.contentDigest == digest { takes[shot.id] = picked }
      } else {
        takes[shot.id] = try ledger.snapshot(of: shot.id).chosenTake(digest)
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
