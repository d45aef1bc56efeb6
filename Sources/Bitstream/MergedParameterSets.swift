/// The parameter sets of several streams under distinct ids, so that one sample entry holds them all.
public struct MergedParameterSets: Sendable {
  public private(set) var sets: ParameterSets
  /// For each stream whose ids change.
  private var renumberings: [ParameterSets: ParameterSetRenumbering] = [:]

  /// SPS that `avcC` can hold.
  private static let maximumSequenceSets = 31

  /// Nil when there are not enough ids, or a stream has two sets of the same kind and id.
  /// - Parameter declaring: SEI units that hold for all of them.
  public init?(_ streams: [ParameterSets], declaring: [[UInt8]] = []) {
    guard let first = streams.first else { return nil }
    sets = ParameterSets(isHEVC: first.isHEVC)
    sets.declarations = declaring
    for stream in streams where renumberings[stream] == nil {
      guard let renumbering = add(stream) else { return nil }
      if !renumbering.isIdentity { renumberings[stream] = renumbering }
    }
    guard sets.ids(of: .sps).count <= Self.maximumSequenceSets else { return nil }
  }

  /// Nil for a stream that keeps its ids.
  public func renumbering(of stream: ParameterSets) -> ParameterSetRenumbering? { renumberings[stream] }

  /// Keeps the id of each of a stream's sets where it is free or already stands for the same set, else gives another.
  private mutating func add(_ stream: ParameterSets) -> ParameterSetRenumbering? {
    guard !stream.ids(of: .sps).isEmpty, !stream.ids(of: .pps).isEmpty else { return nil }
    var ids: [ParameterSet.Kind: [Int: Int]] = [:]
    for (kind, parentKind) in [(ParameterSet.Kind.vps, nil), (.sps, .vps), (.pps, .sps)]
      as [(ParameterSet.Kind, ParameterSet.Kind?)]
    {
      for unit in stream.sorted(kind) {
        var parent = 0
        if let parentKind, stream.isHEVC || kind == .pps {
          guard let renumbered = ids[parentKind]?[unit.parent] else { return nil }
          parent = renumbered
        }
        guard ids[kind]?[unit.id] == nil, let placed = place(unit, parent: parent) else { return nil }
        ids[kind, default: [:]][unit.id] = placed
      }
    }
    return ParameterSetRenumbering(
      ppsIDs: ids[.pps] ?? [:], spsIDs: ids[.sps] ?? [:], vpsIDs: ids[.vps] ?? [:])
  }

  private mutating func place(_ unit: ParameterSet, parent: Int) -> Int? {
    let last = ParameterSetRenumbering.maximumID(unit.kind, isHEVC: unit.isHEVC)
    // An SPS too is better renumbered in place: buffering periods refer to it.
    let others = (0...last).filter { $0 != unit.id }
    let inPlace = others.filter { ParameterSetRenumbering.keepsAlignment(unit.id, $0) }
    let candidates =
      unit.kind == .pps ? [unit.id] + inPlace : [unit.id] + inPlace + others.filter { !inPlace.contains($0) }
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
