import GRDB

/// All that the ledger holds of one shot at one moment.
public struct ShotSnapshot: Sendable, Hashable {
  /// Requests that are not settled, oldest first: not sent yet, or perhaps accepted.
  public var openIntents: [IntentEntry]
  /// In the order they were recorded.
  public var generations: [GenerationEntry]
  /// Number of the generation that the user picked; nil for none.
  public var picked: Int64?
  /// Recorded anchors by number of the generation.
  public var anchors: [Int64: Set<AnchorKind>]

  public init(
    openIntents: [IntentEntry] = [], generations: [GenerationEntry] = [], picked: Int64? = nil,
    anchors: [Int64: Set<AnchorKind>] = [:]
  ) {
    self.openIntents = openIntents
    self.generations = generations
    self.picked = picked
    self.anchors = anchors
  }

  /// Takes of this content, by any of its digests, that were not superseded; without digests, of any content.
  /// - Parameter restored: whether takes count that were superseded with the shot that they are made from.
  public func currentTakes(_ digests: Set<String>? = nil, orRestored restored: Bool = false) -> [GenerationEntry] {
    generations.filter { take in
      (!take.isSuperseded || (restored && take.isRestorable)) && digests?.contains(take.contentDigest) ?? true
    }
  }

  /// The take that goes into the master: the picked one, else the first verified one; nil while there is none.
  public func chosenTake(_ digests: Set<String>? = nil, orRestored restored: Bool = false) -> GenerationEntry? {
    let verified = currentTakes(digests, orRestored: restored).filter { $0.state == .verified }
    return verified.first { $0.number == picked } ?? verified.first { !$0.isSuperseded } ?? verified.first
  }

  /// Paid takes that no longer count, superseded or of other content, whose clip is still to be fetched or checked.
  public func backgroundTakes(_ digests: Set<String>) -> [GenerationEntry] {
    generations.filter { take in
      guard take.isSuperseded || !digests.contains(take.contentDigest) else { return false }
      switch take.state {
      case .submitted, .processing, .succeeded: return true
      case .downloaded: return digests.contains(take.contentDigest)
      case .pending, .uncertain, .verified, .rejected, .failed, .cancelled, .notAccepted: return false
      }
    }
  }
}

extension Ledger {
  /// What the ledger holds of a shot, read in one transaction.
  public func snapshot(of shot: String) throws -> ShotSnapshot {
    try read { database in
      let intents = try Row.fetchAll(
        database, sql: "SELECT * FROM intents WHERE \(IntentEntry.unsettled) AND shot = ? ORDER BY number",
        arguments: [shot])
      let generations = try Row.fetchAll(
        database, sql: "\(GenerationEntry.query(database)) WHERE g.shot = ? ORDER BY g.number", arguments: [shot])
      var anchors: [Int64: Set<AnchorKind>] = [:]
      for kind in AnchorKind.allCases {
        let numbers = try Int64.fetchAll(
          database,
          sql:
            "SELECT a.generation FROM \(kind.table) a JOIN generations g ON g.number = a.generation WHERE g.shot = ?",
          arguments: [shot])
        for number in numbers { anchors[number, default: []].insert(kind) }
      }
      return ShotSnapshot(
        openIntents: intents.map(IntentEntry.init(row:)), generations: generations.map(GenerationEntry.init(row:)),
        picked: try Int64.fetchOne(database, sql: "SELECT chosen FROM shots WHERE id = ?", arguments: [shot]),
        anchors: anchors)
    }
  }
}
