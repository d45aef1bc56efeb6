import GRDB

/// All that the ledger holds of one shot at one moment.
public struct ShotSnapshot: Sendable, Hashable {
  /// Requests whose acceptance is not known, oldest first.
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

  /// Takes of this content that were not superseded; without a digest, of any content.
  public func currentTakes(_ contentDigest: String? = nil) -> [GenerationEntry] {
    generations.filter { !$0.isSuperseded && (contentDigest ?? $0.contentDigest) == $0.contentDigest }
  }

  /// The take that goes into the master: the picked one, else the first verified one; nil while there is none.
  public func chosenTake(_ contentDigest: String? = nil) -> GenerationEntry? {
    let verified = currentTakes(contentDigest).filter { $0.state == .verified }
    return verified.first { $0.number == picked } ?? verified.first
  }

  /// Paid takes that no longer count, superseded or of other content, whose clip is still to be fetched or checked.
  public func backgroundTakes(_ contentDigest: String) -> [GenerationEntry] {
    generations.filter { take in
      guard take.isSuperseded || take.contentDigest != contentDigest else { return false }
      switch take.state {
      case .submitted, .processing, .succeeded: return true
      case .downloaded: return take.contentDigest == contentDigest
      case .pending, .verified, .rejected, .failed, .cancelled, .notAccepted: return false
      }
    }
  }

  /// Whether the user had the shot redone before it was known whether a request was accepted.
  public func isSuperseded(_ intent: IntentEntry) -> Bool {
    generations.filter { $0.intent == intent.number }.allSatisfy(\.isSuperseded)
  }
}

extension Ledger {
  /// What the ledger holds of a shot, read in one transaction.
  public func snapshot(of shot: String) throws -> ShotSnapshot {
    try read { database in
      let intents = try Row.fetchAll(
        database, sql: "SELECT * FROM intents WHERE state = ? AND shot = ? ORDER BY number",
        arguments: [IntentEntry.State.open.rawValue, shot])
      let generations = try Row.fetchAll(
        database, sql: "\(GenerationEntry.query) WHERE g.shot = ? ORDER BY g.number", arguments: [shot])
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
