/// The parameter sets of several streams under ids of their own, so that one sample entry holds them all.
struct MergedParameterSets: Sendable {
  private(set) var sets: ParameterSets
  /// For each stream whose ids were taken; streams that keep theirs have none.
  private var renumberings: [ParameterSets: ParameterSetRenumbering] = [:]

  /// `avcC` counts at most this many SPS.
  private static let mostSequenceSets = 31

  /// Nil when the ids do not suffice, or a stream's sets cannot be told apart.
  /// - Parameter declaring: messages that hold for all of them.
  init?(_ streams: [ParameterSets], declaring: [[UInt8]] = []) {
    guard let first = streams.first else { return nil }
    sets = ParameterSets(isHEVC: first.isHEVC)
    sets.declarations = declaring
    for stream in streams where renumberings[stream] == nil {
      guard let renumbering = add(stream) else { return nil }
      if !renumbering.isIdentity { renumberings[stream] = renumbering }
    }
    guard sets.ids(of: .sequence).count <= Self.mostSequenceSets else { return nil }
  }

  func renumbering(of stream: ParameterSets) -> ParameterSetRenumbering? { renumberings[stream] }

  /// Gives every set of a stream the id it has where that is free or means the same already, else another.
  private mutating func add(_ stream: ParameterSets) -> ParameterSetRenumbering? {
    guard !stream.ids(of: .sequence).isEmpty, !stream.ids(of: .frame).isEmpty else { return nil }
    var ids: [ParameterSet.Kind: [Int: Int]] = [:]
    for (kind, parentKind) in [(ParameterSet.Kind.video, nil), (.sequence, .video), (.frame, .sequence)]
      as [(ParameterSet.Kind, ParameterSet.Kind?)]
    {
      for unit in stream.sorted(kind) {
        var parent = 0
        if let parentKind, stream.isHEVC || kind == .frame {
          guard let renumbered = ids[parentKind]?[unit.parent] else { return nil }
          parent = renumbered
        }
        guard ids[kind]?[unit.id] == nil, let placed = place(unit, parent: parent) else { return nil }
        ids[kind, default: [:]][unit.id] = placed
      }
    }
    return ParameterSetRenumbering(
      frameIDs: ids[.frame] ?? [:], sequenceIDs: ids[.sequence] ?? [:], videoIDs: ids[.video] ?? [:])
  }

  private mutating func place(_ unit: ParameterSet, parent: Int) -> Int? {
    let last = ParameterSetRenumbering.maximumID(unit.kind, isHEVC: unit.isHEVC)
    // Also an SPS had better be renamed in place: buffering periods call it.
    let others = (0...last).filter { $0 != unit.id }
    let inPlace = others.filter { ParameterSetRenumbering.keepsAlignment(unit.id, $0) }
    let candidates =
      unit.kind == .frame ? [unit.id] + inPlace : [unit.id] + inPlace + others.filter { !inPlace.contains($0) }
    for id in candidates {
      let present = sets.unit(unit.kind, id: id)
      guard let renumbered = unit.renumbered(id: id, parent: parent) else { return nil }
      if let present {
        if present.bytes == renumbered.bytes { return id }
      } else {
        sets.append(renumbered)
        return id
      }
    }
    return nil
  }
}
