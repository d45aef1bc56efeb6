import Presets

extension Storyboard {
  /// The shot whose last picture a shot starts from; nil for the first of a chain.
  public func dependency(of shot: Shot) -> Shot? {
    guard shot.start == .previous else { return nil }
    return shots.last { $0.index < shot.index }
  }

  /// Shots that start from one another, in order; chains do not depend on each other and can run side by side.
  public var chains: [[Shot]] {
    var chains: [[Shot]] = []
    for shot in shots {
      if dependency(of: shot) != nil, !chains.isEmpty {
        chains[chains.count - 1].append(shot)
      } else {
        chains.append([shot])
      }
    }
    return chains
  }

  /// The given shots and all that start, directly or not, from their last pictures; in the order of the storyboard.
  /// - Throws: ``StoryboardError`` `unknownShot` for an id that is not there.
  public func withDependents(_ ids: some Sequence<String>) throws -> [Shot] {
    let wanted = Set(ids)
    for id in wanted.sorted() where shot(id) == nil {
      let hint = suggestion(for: id, among: shots.map(\.id))
      throw StoryboardError(.unknownShot, "the storyboard has no shot \(quoted(id)). \(hint)")
    }
    return chains.flatMap { chain in chain.drop { !wanted.contains($0.id) } }
  }
}
