import GRDB
public import Presets

extension Ledger {
  /// Records what is about to be sent and paid, with one generation per take. Takes get the next free numbers.
  /// - Parameters:
  ///   - parameters: the model's parameters, JSON.
  ///   - isBlocking: whether the call blocks until the clip is ready.
  ///   - cost: of one take; nil when not known.
  public func recordIntent(
    shot: String, provider: String, model: String, parameters: String, requestDigest: String, contentDigest: String,
    takes: Int, isBlocking: Bool = false, cost: USD?
  ) throws -> IntentEntry {
    try write(.intentRecorded) { database in
      try database.execute(
        sql: """
          INSERT INTO intents
            (shot, provider, model, parameters, request_digest, content_digest, state, blocking, sent, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
          """,
        arguments: [
          shot, provider, model, parameters, requestDigest, contentDigest, IntentEntry.State.open.rawValue, isBlocking,
          now(),
        ])
      let number = database.lastInsertedRowID
      for _ in 0..<max(1, takes) {
        try Self.insertGeneration(intent: number, shot: shot, cost: cost, in: database)
      }
      // What was agreed to is used up: sending again asks again.
      try database.execute(sql: "DELETE FROM agreements WHERE shot = ?", arguments: [shot])
      return try Self.intent(number, in: database)
    }
  }

  /// Records that a request is about to leave, or that the service certainly did not accept it and it may be sent again.
  public func recordSent(intent: Int64, _ mayHaveBeenSent: Bool) throws {
    try write(mayHaveBeenSent ? .sendRecorded : .refusedSendRecorded) { database in
      try database.execute(
        sql: "UPDATE intents SET sent = ?, sent_at = coalesce(?, sent_at) WHERE number = ?",
        arguments: [mayHaveBeenSent, mayHaveBeenSent ? now() : nil, intent])
    }
  }

  /// Records that the answer to a request was lost just now.
  public func recordAnswerLost(intent: Int64) throws {
    try write(.lossRecorded) { database in
      try database.execute(sql: "UPDATE intents SET lost_at = ? WHERE number = ?", arguments: [now(), intent])
    }
  }

  /// Records ids that the service gave or that were found there, in the order of the takes that have none yet. Takes beyond
  /// the ids stay open, because they may have been accepted too; ids beyond the takes are paid as well and become takes
  /// of their own.
  public func recordSubmitted(intent: Int64, remoteIDs: [String]) throws {
    try write(.acceptanceRecorded) { database in
      let entry = try Self.intent(intent, in: database)
      try Self.requireUnsettled(entry)
      var numbers = try Self.openGenerations(of: intent, in: database)
      while numbers.count < remoteIDs.count {
        let cost = try Int64.fetchOne(
          database, sql: "SELECT cost_micro_usd FROM generations WHERE intent = ?", arguments: [intent])
        numbers.append(
          try Self.insertGeneration(intent: intent, shot: entry.shot, cost: cost.map(USD.init(micro:)), in: database))
      }
      for (number, id) in zip(numbers, remoteIDs) {
        try database.execute(
          sql: "UPDATE generations SET remote_id = ?, submitted_at = ? WHERE number = ?",
          arguments: [id, entry.sentAt ?? now(), number])
        try Self.setState(number, .submitted, in: database)
      }
      if numbers.count == remoteIDs.count { try Self.close(intent, .answered, at: now(), in: database) }
    }
  }

  /// Records that the answer brought the clips themselves, as `sync` calls do: there are no ids.
  public func recordAnsweredWithClips(intent: Int64) throws {
    try write(.acceptanceRecorded) { database in
      try Self.requireUnsettled(Self.intent(intent, in: database))
      try Self.close(intent, .answered, at: now(), in: database)
      for number in try Self.openGenerations(of: intent, in: database) {
        try database.execute(
          sql: "UPDATE generations SET submitted_at = ?, completed_at = ? WHERE number = ?",
          arguments: [now(), now(), number])
        try Self.setState(number, .succeeded, in: database)
      }
    }
  }

  /// Records that the service certainly did not accept a request: with its reason when it refused, without one when the
  /// request never reached it.
  /// - Parameter mayCost: whether the service may have charged for finding out that it refuses.
  public func recordRefused(intent: Int64, error: String?, mayCost: Bool = false) throws {
    try write(.refusalRecorded) { database in
      try Self.requireUnsettled(Self.intent(intent, in: database))
      try Self.close(intent, .refused, at: now(), in: database)
      for number in try Self.openGenerations(of: intent, in: database) {
        try Self.setState(number, error == nil ? .notAccepted : .failed, error: error, in: database)
        try database.execute(sql: "UPDATE generations SET may_cost = ? WHERE number = ?", arguments: [mayCost, number])
      }
    }
  }

  /// Records that a request was looked for in vain. It may have been paid: its cost stays counted as uncertain, and the
  /// next run looks again.
  public func recordUncertain(intent: Int64) throws {
    try write(.uncertaintyRecorded) { database in
      try database.execute(
        sql: "UPDATE intents SET state = ? WHERE number = ? AND state = ?",
        arguments: [IntentEntry.State.uncertain.rawValue, intent, IntentEntry.State.open.rawValue])
    }
  }

  /// Records a generation's state at the service. States earlier than the known one are ignored, so that messages may
  /// come in any order.
  /// - Parameters:
  ///   - startedAt: the service's own, Unix seconds.
  ///   - mayCost: whether a cancelled or failed generation may have been charged.
  public func recordState(
    generation: Int64, _ state: GenerationEntry.State, error: String? = nil, startedAt: Double? = nil,
    completedAt: Double? = nil, mayCost: Bool = false
  ) throws {
    try write(.stateRecorded) { database in
      let known = try Self.state(of: generation, in: database)
      guard state.rank >= known.rank, known.rank < GenerationEntry.State.downloaded.rank else { return }
      try database.execute(
        sql: """
          UPDATE generations SET started_at = coalesce(?, started_at), completed_at = coalesce(?, completed_at),
            may_cost = ? WHERE number = ?
          """,
        arguments: [startedAt, completedAt, mayCost, generation])
      try Self.setState(generation, state, error: error, in: database)
    }
  }

  /// Requests that are not settled, oldest first: not sent yet, or perhaps accepted.
  public func openIntents() throws -> [IntentEntry] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM intents WHERE \(IntentEntry.unsettled) ORDER BY number")
        .map(IntentEntry.init(row:))
    }
  }

  /// Ids that the ledger has recorded, which a search for a lost answer must skip, with the times of their sending in Unix
  /// seconds where these are known.
  public func knownRemoteIDs() throws -> [String: Double?] {
    try read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT remote_id, submitted_at FROM generations WHERE remote_id IS NOT NULL")
      return Dictionary(
        rows.map { row -> (String, Double?) in (row["remote_id"], row["submitted_at"]) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  @discardableResult
  private static func insertGeneration(
    intent: Int64, shot: String, cost: USD?, in database: Database
  ) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO generations (intent, shot, take, state, cost_micro_usd)
        VALUES (?, ?, (SELECT coalesce(max(take), 0) + 1 FROM generations WHERE shot = ?), ?, ?)
        """,
      arguments: [intent, shot, shot, GenerationEntry.State.pending.rawValue, cost?.micro])
    return database.lastInsertedRowID
  }

  private static func close(
    _ intent: Int64, _ state: IntentEntry.State, at time: Double, in database: Database
  ) throws {
    try database.execute(
      sql: "UPDATE intents SET state = ?, closed_at = ? WHERE number = ?",
      arguments: [state.rawValue, time, intent])
  }

  private static func requireUnsettled(_ intent: IntentEntry) throws {
    guard intent.state != .answered, intent.state != .refused else {
      throw LedgerError(.inconsistent, "the intent \(intent.number) is \(intent.state.rawValue); it was closed before.")
    }
  }

  private static func intent(_ number: Int64, in database: Database) throws -> IntentEntry {
    guard
      let row = try Row.fetchOne(database, sql: "SELECT * FROM intents WHERE number = ?", arguments: [number])
    else { throw LedgerError(.inconsistent, "the ledger has no intent \(number).") }
    return IntentEntry(row: row)
  }

  /// Numbers of the takes that are not known at the service, in order.
  private static func openGenerations(of intent: Int64, in database: Database) throws -> [Int64] {
    try Int64.fetchAll(
      database, sql: "SELECT number FROM generations WHERE intent = ? AND state = ? ORDER BY number",
      arguments: [intent, GenerationEntry.State.pending.rawValue])
  }

  static func state(of generation: Int64, in database: Database) throws -> GenerationEntry.State {
    let text = try String.fetchOne(
      database, sql: "SELECT state FROM generations WHERE number = ?", arguments: [generation])
    guard let state = text.map({ GenerationEntry.State(stored: $0) }) else {
      throw LedgerError(.inconsistent, "the ledger has no generation \(generation).")
    }
    return state
  }

  static func setState(
    _ generation: Int64, _ state: GenerationEntry.State, error: String? = nil, in database: Database
  ) throws {
    try database.execute(
      sql: "UPDATE generations SET state = ?, error = coalesce(?, error) WHERE number = ?",
      arguments: [state.rawValue, error, generation])
  }
}
