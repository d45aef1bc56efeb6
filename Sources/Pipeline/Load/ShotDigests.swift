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

/// Digests by which a take is recognised as one of a shot as it is now.
struct ContentDigests: Sendable, Hashable {
  /// Of the parameters and images of the shot's request, whatever the shots and files are called.
  let current: String
  /// The same as earlier versions had it, where the shots that it is made from were named.
  let earlier: String

  var all: Set<String> { [current, earlier] }
}

/// Digests of everything that the clips of a storyboard depend on.
struct ShotDigests: Sendable {
  let storyboard: Storyboard
  let targets: ShotTargets
  let images: LocalImageCache
  let ledger: Ledger
  /// By shot: the take whose frames the shots after it are made from, whichever take counts; see ``Isolations``.
  var anchorTakes: [String: GenerationEntry] = [:]
  /// By shot: the take that it starts from, before those of ``anchorTakes``; see ``Isolations``.
  var startTakes: [String: GenerationEntry] = [:]

  /// The digest of a shot's own inputs.
  func ownDigest(of shot: Shot) throws -> String { SHA256Text.of("\(targets.provider(of: shot))\n\(try own(shot))\n") }

  /// The digests of a shot; nil while a frame that it is made from has never been extracted, so that nothing can have been
  /// made from it.
  func digests(of shot: Shot, _ sources: SourceTakes) throws -> ContentDigests? {
    let provider = targets.provider(of: shot)
    let content = try own(shot)
    let earlierContent = try own(shot, asEarlierVersions: true)
    var start = ""
    var end = ""
    if let take = sources.start {
      guard let identity = try identity(of: .last, of: take, startOf: shot) else { return nil }
      start = identity
    }
    if let take = sources.end {
      guard let identity = try identity(of: .first, of: take, startOf: shot) else { return nil }
      end = "\nends on \(identity)"
    }
    let search = storyboard.startFrame(of: shot)?.shot?.anchorSearch.map { " best of the last \($0)" } ?? ""
    let startTake = sources.start.map { "\($0.shot).take\($0.take)\(search)" } ?? ""
    let endTake = sources.end.map { "\nends on \($0.shot).take\($0.take)" } ?? ""
    return ContentDigests(
      current: SHA256Text.of("\(provider)\n\(content)\n\(start)\(end)"),
      earlier: SHA256Text.of("\(provider)\n\(earlierContent)\n\(startTake)\(endTake)"))
  }

  private func own(_ shot: Shot, asEarlierVersions isEarlier: Bool = false) throws -> String {
    try storyboard.canonicalContent(of: shot, model: targets.model(of: shot), asEarlierVersions: isEarlier) {
      try images.identity(of: $0)
    }
  }

  /// The digest of the image that was first made of a take's frame: one that is made again, perhaps by another decoder,
  /// does not make the shots after it out of date.
  private func identity(of kind: AnchorKind, of take: GenerationEntry, startOf shot: Shot) throws -> String? {
    let search = kind == .last ? storyboard.startFrame(of: shot)?.shot?.anchorSearch : nil
    if let known = try ledger.anchorIdentity(of: take.number, kind, selection: Self.selection(search)) { return known }
    // A ledger of an earlier version has the image alone.
    guard let anchor = try ledger.anchor(of: take.number, kind) else { return nil }
    return kind == .first || AnchorRecord(anchor)?.search?.asked == search ? anchor.file.sha256 : nil
  }

  /// How the frame is chosen, as the ledger names it.
  static func selection(_ search: Int?) -> String { search.map { "best of the last \($0)" } ?? "" }

  /// The facts of a shot for its next action, in a run that has not started; nil as ``digests(of:_:)`` is.
  func facts(of shot: Shot, _ sources: SourceTakes) throws -> ShotFacts? {
    guard let digests = try digests(of: shot, sources) else { return nil }
    var facts = ShotFacts(contentDigest: digests.current, provider: targets.provider(of: shot))
    facts.earlierDigest = digests.earlier
    if !isIsolated(shot) {
      facts.anchors = storyboard.neededAnchors(of: shot)
    } else if startTakes.values.contains(where: { $0.shot == shot.id }) {
      facts.anchors = [.last]
    }
    return facts
  }

  /// Whether a shot is regenerated between its neighbours, so that only another such shot is made from its new clip.
  func isIsolated(_ shot: Shot) -> Bool { anchorTakes[shot.id] != nil }

  /// The takes among these that a shot is made from; nil when one is missing.
  func sources(of shot: Shot, among takes: [String: GenerationEntry]) -> SourceTakes? {
    var sources = SourceTakes()
    if let needed = storyboard.startFrame(of: shot)?.shot {
      guard let take = startTakes[shot.id] ?? anchorTakes[needed.id] ?? takes[needed.id] else { return nil }
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
  ///   Takes that were marked because what they are made from was redone then count again.
  func chosenTakes(picking picked: GenerationEntry? = nil) throws -> [String: GenerationEntry] {
    var takes: [String: GenerationEntry] = [:]
    for shot in storyboard.inDependencyOrder {
      guard let sources = sources(of: shot, among: takes), let digests = try digests(of: shot, sources) else {
        continue
      }
      if let picked, picked.shot == shot.id {
        if digests.all.contains(picked.contentDigest) { takes[shot.id] = picked }
      } else {
        takes[shot.id] = try ledger.snapshot(of: shot.id).chosenTake(digests.all, orRestored: picked != nil)
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
