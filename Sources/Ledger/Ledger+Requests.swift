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
      return try Self.intent(number, in: database)
    }
  }

  /// Records that a request is about to leave, or that the service certainly did not accept it and it may be sent again.
  public func recordSent(intent: Int64, _ mayHaveBeenSent: Bool) throws {
    try write(mayHaveBeenSent ? .sendRecorded : .refusedSendRecorded) { database in
      try database.execute(sql: "UPDATE intents SET sent = ? WHERE number = ?", arguments: [mayHaveBeenSent, intent])
    }
  }

  /// Records the ids that the service gave, in the order of the takes. A take without an id is closed as not accepted; ids
  /// beyond the takes are paid too and become takes of their own.
  public func recordSubmitted(intent: Int64, remoteIDs: [String]) throws {
    try write(.acceptanceRecorded) { database in
      let entry = try Self.intent(intent, in: database)
      try Self.close(intent, .answered, at: now(), in: database)
      var numbers = try Self.generationNumbers(of: intent, in: database)
      while numbers.count < remoteIDs.count {
        let cost = try Int64.fetchOne(
          database, sql: "SELECT cost_micro_usd FROM generations WHERE number = ?", arguments: [numbers.first])
        numbers.append(
          try Self.insertGeneration(intent: intent, shot: entry.shot, cost: cost.map(USD.init(micro:)), in: database))
      }
      for (index, number) in numbers.enumerated() {
        guard index < remoteIDs.count else {
          try Self.setState(number, .notAccepted, error: "the service started fewer takes than asked for", in: database)
          continue
        }
        try database.execute(
          sql: "UPDATE generations SET remote_id = ?, submitted_at = ? WHERE number = ?",
          arguments: [remoteIDs[index], now(), number])
        try Self.setState(number, .submitted, in: database)
      }
    }
  }

  /// Records that the answer brought the clips themselves, as `sync` calls do: there are no ids.
  public func recordAnsweredWithClips(intent: Int64) throws {
    try write(.acceptanceRecorded) { database in
      try Self.close(intent, .answered, at: now(), in: database)
      for number in try Self.generationNumbers(of: intent, in: database) {
        try database.execute(
          sql: "UPDATE generations SET submitted_at = ?, completed_at = ? WHERE number = ?",
          arguments: [now(), now(), number])
        try Self.setState(number, .succeeded, in: database)
      }
    }
  }

  /// Records that the service certainly did not accept a request: with its reason when it refused, without one when the
  /// request never reached it.
  public func recordRefused(intent: Int64, error: String?) throws {
    try write(.refusalRecorded) { database in
      try Self.close(intent, .refused, at: now(), in: database)
      for number in try Self.generationNumbers(of: intent, in: database) {
        try Self.setState(number, error == nil ? .notAccepted : .failed, error: error, in: database)
      }
    }
  }

  /// Records that it could not be found out whether the service accepted a request, and that it is not looked for any
  /// more: its cost stays counted as uncertain.
  public func recordUncertain(intent: Int64) throws {
    try write(.uncertaintyRecorded) { database in try Self.close(intent, .uncertain, at: now(), in: database) }
  }

  /// Records a generation's state at the service. States earlier than the known one are ignored, so that messages may
  /// come in any order.
  /// - Parameter startedAt: the service's own, Unix seconds.
  public func recordState(
    generation: Int64, _ state: GenerationEntry.State, error: String? = nil, startedAt: Double? = nil,
    completedAt: Double? = nil
  ) throws {
    try write(.stateRecorded) { database in
      let known = try Self.state(of: generation, in: database)
      guard state.rank >= known.rank, known.rank < GenerationEntry.State.downloaded.rank else { return }
      try database.execute(
        sql: """
          UPDATE generations SET started_at = coalesce(?, started_at), completed_at = coalesce(?, completed_at)
          WHERE number = ?
          """,
        arguments: [startedAt, completedAt, generation])
      try Self.setState(generation, state, error: error, in: database)
    }
  }

  /// Requests whose acceptance is not known, oldest first.
  public func openIntents() throws -> [IntentEntry] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM intents WHERE state = ? ORDER BY number",
        arguments: [IntentEntry.State.open.rawValue]
      ).map(IntentEntry.init(row:))
    }
  }

  /// Ids that the ledger has recorded: a search for a lost answer must skip them.
  public func knownRemoteIDs() throws -> Set<String> {
    try read { database in
      Set(try String.fetchAll(database, sql: "SELECT remote_id FROM generations WHERE remote_id IS NOT NULL"))
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
      sql: "UPDATE intents SET state = ?, closed_at = ? WHERE number = ? AND state = ?",
      arguments: [state.rawValue, time, intent, IntentEntry.State.open.rawValue])
    guard database.changesCount == 1 else {
      throw LedgerError(.inconsistent, "the intent \(intent) is not open; it was closed before.")
    }
  }

  private static func intent(_ number: Int64, in database: Database) throws -> IntentEntry {
    guard
      let row = try Row.fetchOne(database, sql: "SELECT * FROM intents WHERE number = ?", arguments: [number])
    else { throw LedgerError(.inconsistent, "the ledger has no intent \(number).") }
    return IntentEntry(row: row)
  }

  private static func generationNumbers(of intent: Int64, in database: Database) throws -> [Int64] {
    try Int64.fetchAll(
      database, sql: "SELECT number FROM generations WHERE intent = ? ORDER BY number", arguments: [intent])
  }

  static func state(of generation: Int64, in database: Database) throws -> GenerationEntry.State {
    let text = try String.fetchOne(
      database, sql: "SELECT state FROM generations WHERE number = ?", arguments: [generation])
    guard let state = text.map(GenerationEntry.State.init(stored:)) else {
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
