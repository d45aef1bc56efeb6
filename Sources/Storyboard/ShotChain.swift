import Files
import Presets

/// A shot's start or end frame as the storyboard defines it.
public enum BoundaryFrame: Sendable, Hashable {
  case image(ImageSource)
  /// The first frame of another shot's clip.
  case first(of: Shot)
  /// The last frame of another shot's clip.
  case last(of: Shot)

  /// The shot whose clip is needed first.
  public var shot: Shot? {
    switch self {
    case .image: nil
    case .first(let shot), .last(let shot): shot
    }
  }
}

extension Storyboard {
  /// The shot whose last frame a shot starts from; nil for one without a dependency.
  public func dependency(of shot: Shot) -> Shot? {
    guard shot.start == .previous else { return nil }
    return shots.last { $0.index < shot.index }
  }

  /// What a shot starts from; nil leaves it to the model.
  public func startFrame(of shot: Shot) -> BoundaryFrame? {
    switch shot.start {
    case .none: nil
    case .previous: dependency(of: shot).map(BoundaryFrame.last)
    case .image(let image): .image(image)
    }
  }

  /// What a shot ends on; nil leaves it to the model.
  public func endFrame(of shot: Shot) -> BoundaryFrame? {
    switch shot.end {
    case .none: return nil
    case .image(let image): return .image(image)
    case .next:
      guard let next = shots.first(where: { $0.index > shot.index }) else { return nil }
      switch next.start {
      case .image(let image): return .image(image)
      case .none: return .first(of: next)
      // A cycle; reading the storyboard reports it.
      case .previous: return nil
      }
    }
  }

  /// The shots whose clips are needed before a shot can be sent.
  public func dependencies(of shot: Shot) -> [Shot] {
    [startFrame(of: shot)?.shot, endFrame(of: shot)?.shot].compactMap(\.self)
  }

  /// Whether a shot shares a frame with the one before it, in whichever direction.
  public func meetsPrevious(_ shot: Shot) -> Bool {
    guard let previous = shots.last(where: { $0.index < shot.index }) else { return false }
    return shot.start == .previous || previous.end == .next
  }

  /// Every shot after those it depends on, otherwise in the order of the storyboard.
  public var inDependencyOrder: [Shot] {
    var order: [Shot] = []
    var seen: Set<Int> = []
    func visit(_ shot: Shot) {
      guard seen.insert(shot.index).inserted else { return }
      for needed in dependencies(of: shot) { visit(needed) }
      order.append(shot)
    }
    for shot in shots { visit(shot) }
    return order
  }

  /// The given shots and all that depend, directly or not, on their frames; in the order of the storyboard.
  /// - Throws: ``StoryboardError`` `unknownShot` for an unknown id.
  public func withDependents(_ ids: some Sequence<String>) throws -> [Shot] {
    var wanted = Set(ids)
    for id in wanted.sorted() where shot(id) == nil {
      let hint = suggestion(for: id, among: shots.map(\.id))
      throw StoryboardError(.unknownShot, "the storyboard has no shot \(quoted(id)). \(hint)")
    }
    for shot in inDependencyOrder where dependencies(of: shot).contains(where: { wanted.contains($0.id) }) {
      wanted.insert(shot.id)
    }
    return shots.filter { wanted.contains($0.id) }
  }
}
