/// The parameter sets of several streams under ids of their own, so that one sample entry holds them all.
struct MergedSets: Sendable {
  private(set) var sets: ParameterSets
  /// For each stream whose ids were taken; streams that keep theirs have none.
  private var renumberings: [ParameterSets: SetRenumbering] = [:]

  /// `avcC` counts at most this many SPS, and a few more PPS than HEVC has ids.
  private static let mostSequenceSets = 31

  /// Nil when the ids do not suffice, or a stream's sets cannot be told apart.
  init?(_ streams: [ParameterSets]) {
    guard let first = streams.first else { return nil }
    sets = ParameterSets(isHEVC: first.isHEVC)
    for stream in streams where renumberings[stream] == nil {
      guard let renumbering = add(stream) else { return nil }
      if renumbering.pictureIDs.contains(where: { $0.key != $0.value }) { renumberings[stream] = renumbering }
    }
    guard sets.ids(of: .sequence).count <= Self.mostSequenceSets else { return nil }
  }

  func renumbering(of stream: ParameterSets) -> SetRenumbering? { renumberings[stream] }

  /// Gives every set of a stream the id it has where that is free or means the same already, else another.
  private mutating func add(_ stream: ParameterSets) -> SetRenumbering? {
    guard !stream.ids(of: .sequence).isEmpty, !stream.ids(of: .picture).isEmpty else { return nil }
    var ids: [ParameterSet.Kind: [Int: Int]] = [:]
    for (kind, parentKind) in [(ParameterSet.Kind.video, nil), (.sequence, .video), (.picture, .sequence)]
      as [(ParameterSet.Kind, ParameterSet.Kind?)]
    {
      for unit in stream.sorted(kind) {
        var parent = 0
        if let parentKind, stream.isHEVC || kind == .picture {
          guard let renumbered = ids[parentKind]?[unit.parent] else { return nil }
          parent = renumbered
        }
        guard ids[kind]?[unit.id] == nil, let placed = place(unit, parent: parent) else { return nil }
        ids[kind, default: [:]][unit.id] = placed
      }
    }
    return SetRenumbering(pictureIDs: ids[.picture] ?? [:])
  }

  private mutating func place(_ unit: ParameterSet, parent: Int) -> Int? {
    let last = SetRenumbering.maximumID(unit.kind, isHEVC: unit.isHEVC)
    let candidates = [unit.id] + (0...last).filter { $0 != unit.id }
    for id in candidates where unit.kind != .picture || SetRenumbering.keepsAlignment(unit.id, id) {
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
