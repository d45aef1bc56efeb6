import Files
import Foundation
import Generation
public import Ledger
import Presets
import Store
import Storyboard
import Synchronization

/// The takes of a run in the store that all machines share: each change is written there, under the condition that nobody
/// else wrote meanwhile, before this machine's ledger has it.
///
/// Paid once: an intent appears only where there was none; a request leaves only when its intent could be marked as sent
/// by the one who holds its lease; a generation belongs to the one take that claimed it.
public final class StoredTakes: TakeStore {
  /// Bytes of a take's object, of which a verdict is the most.
  private static let largestTake = 8 << 20
  /// How long an id is tried to be recorded while the store is away, and the pause between two tries.
  private static let acceptancePatience: Duration = .seconds(600)
  private static let patiencePause: Duration = .seconds(2)
  /// Seconds that must be left of a lease when a request leaves.
  private static let leaseMargin = 1.0

  private struct Known: Sendable {
    let tag: EntityTag
    let take: StoredTake
  }

  private let store: any ObjectStore
  private let blobs: BlobStore
  private let run: String
  private let workspace: Workspace
  /// How many times people have ordered each shot anew.
  private let rounds: [String: Int]
  private let budget: StoredBudget
  private let lease: Duration
  private let now: @Sendable () -> Double
  private let token = UUID().uuidString.lowercased()
  private let known = Mutex<[String: Known]>([:])

  init(
    _ store: any ObjectStore, run: String, workspace: Workspace, rounds: [String: Int], budget: StoredBudget,
    lease: Duration, now: @escaping @Sendable () -> Double = { Ledger.systemTime() }
  ) {
    self.store = store
    blobs = BlobStore(store)
    self.run = run
    self.workspace = workspace
    self.rounds = rounds
    self.budget = budget
    self.lease = lease
    self.now = now
  }

  // MARK: - Reading

  /// All takes of the run, in the order of their requests. Those of earlier rounds no longer count.
  /// - Parameter released: shots whose lost requests people no longer wait for, although they may have been paid.
  func load(releasing released: Set<String> = []) async throws -> [TakeRecord] {
    var records: [TakeRecord] = []
    for object in try await store.list(prefix: StoreKey.takes(run)) {
      guard let (take, tag) = try await read(object.key) else { continue }
      known.withLock { $0[take.record.id] = Known(tag: tag, take: take) }
      var record = take.record
      if take.round < rounds[record.shot] ?? 0 {
        record.superseded = 1
        record.isPicked = false
        if released.contains(record.shot), record.request.isUnsettled { record.request.state = "released" }
      }
      records.append(record)
    }
    // A stage that was killed may have left the price of what was not paid.
    let unpaid = records.filter { $0.isOfPaidService && $0.wasNotPaid }.map { id(of: $0) }
    if !unpaid.isEmpty { try await budget.release(unpaid) }
    return records
  }

  private func read(_ key: String) async throws -> (StoredTake, EntityTag)? {
    guard let object = try await store.get(key, limit: Self.largestTake) else { return nil }
    guard let take = try? JSONDecoder().decode(StoredTake.self, from: Data(object.bytes)) else {
      throw LedgerError(.corrupt, "\(store.address)/\(key) is not a take that this version of longtake can read.")
    }
    if let problem = take.problem(at: key) {
      throw LedgerError(.corrupt, "\(store.address)/\(key) cannot be used: \(problem). Nothing was sent.")
    }
    return (take, object.tag)
  }

  /// - Throws: ``NotYet`` while another stage may still be sending one of a shot's requests.
  func requireFree(_ shot: String) throws {
    let time = now()
    let others = known.withLock { $0.values.map(\.take) }.filter {
      $0.record.shot == shot && $0.owner.token != token && $0.isLeased(at: time)
    }
    guard let other = others.max(by: { $0.owner.leaseUntil < $1.owner.leaseUntil }) else { return }
    throw NotYet(
      "\(other.record.id) is being sent by process \(other.owner.process) on \(other.owner.host)",
      retryAfter: .seconds(other.owner.leaseUntil - time))
  }

  // MARK: - Writing

  public func commit(_ changes: [TakeRecord]) throws {
    for record in changes { try Blocking.run { [self] in try await write(record) } }
  }

  private func write(_ record: TakeRecord) async throws {
    let before = known.withLock { $0[record.id] }
    guard before?.take.record != record else { return }
    // What a service has accepted is worth waiting for the store.
    let isAccepted = record.remoteID != nil && before?.take.record.remoteID == nil
    let elapsed = ContinuousClock().stopwatch()
    while true {
      do {
        return try await write(record, since: before)
      } catch let error as StoreError {
        let mayPass = [.unavailable, .answerLost, .localFile].contains(error.code)
        guard isAccepted, mayPass, elapsed() < Self.acceptancePatience else { throw error }
        try await Task.sleep(for: Self.patiencePause)
      }
    }
  }

  private func write(_ record: TakeRecord, since before: Known?) async throws {
    try await storeFiles(of: record, since: before?.take.record)
    if let before {
      try await replace(before, with: record)
    } else {
      try await add(record)
    }
    if record.isOfPaidService, record.wasNotPaid { try await budget.release([id(of: record)]) }
  }

  private func id(of record: TakeRecord) -> String { "\(run)/\(record.id)" }

  /// What a take names must be in the store before it.
  private func storeFiles(of record: TakeRecord, since earlier: TakeRecord?) async throws {
    if let clip = record.clip, clip != earlier?.clip { try await store(clip.path, clip.sha256) }
    for anchor in record.anchors where earlier?.anchors.contains(anchor) != true {
      try await store(anchor.path, anchor.sha256)
    }
  }

  private func store(_ path: String, _ sha256: String) async throws {
    let blob = try await blobs.put(file: workspace.path(path))
    guard blob.sha256 == sha256 else {
      throw LedgerError(.inputOutput, "\(workspace.path(path)) was altered while it was stored; run the stage again.")
    }
  }

  private func add(_ record: TakeRecord) async throws {
    let id = id(of: record)
    if record.isOfPaidService {
      // More than was asked for is paid, too, whatever the limit is.
      try await budget.reserve(record.microUSD ?? 0, for: id, isPaidAlready: record.remoteID != nil)
    }
    _ = try await store.put(
      StoreKey.request(record.request.similarity, run, record.id), .bytes(Array("{}\n".utf8)), if: .none)
    let take = stored(record, round: rounds[record.shot] ?? 0, renewing: nil)
    try await claim(record, since: nil)
    guard let tag = try await put(take, if: .absent) else {
      throw LedgerError(
        .locked, "another stage has recorded \(record.id) of \(run) at the same time; run this stage again later.")
    }
    remember(take, tag)
  }

  private func replace(_ before: Known, with record: TakeRecord) async throws {
    let time = now()
    let isMine = before.take.owner.token == token
    if !isMine, before.take.isLeased(at: time) {
      throw LedgerError(.locked, "another stage is sending \(record.id) of \(run); run this stage again later.")
    }
    let leaves = record.request.mayHaveBeenSent && !before.take.record.request.mayHaveBeenSent
    if leaves, !isMine || time > before.take.owner.leaseUntil - Self.leaseMargin {
      throw leaseHasEnded(record)
    }
    try await claim(record, since: before.take.record)
    let take = stored(record, round: before.take.round, renewing: before.take.owner)
    if let tag = try await put(take, if: .matches(before.tag)) {
      guard leaves, now() > take.owner.leaseUntil - Self.leaseMargin else { return remember(take, tag) }
      // The store was slow, or this process was stopped: others may work on it by now, unless it can be taken back.
      _ = try await put(before.take, if: .matches(tag))
      throw leaseHasEnded(record)
    }
    // Somebody else has written meanwhile.
    guard let (current, tag) = try await read(StoreKey.take(run, record.id)) else {
      throw LedgerError(.inconsistent, "the record of \(record.id) of \(run) is gone from the store.")
    }
    let isAccepted = record.remoteID != nil && before.take.record.remoteID == nil
    if isAccepted, current.record.remoteID == nil,
      current.record.request.isUnsettled || !current.record.request.mayHaveBeenSent,
      let next = try await put(take, if: .matches(tag))
    {
      // It was given up, and the answer came after all.
      return remember(take, next)
    }
    if isAccepted, current.record.remoteID == record.remoteID { return remember(current, tag) }
    if isAccepted { try await addSurplus(record) }
    throw LedgerError(.locked, "another stage has changed \(record.id) of \(run) meanwhile; run this stage again.")
  }

  private func leaseHasEnded(_ record: TakeRecord) -> LedgerError {
    LedgerError(
      .locked,
      "the lease of \(record.id) of \(run) has ended before its request left, so nothing was sent; run again.")
  }

  /// Records an accepted generation whose take has another id by now as a take of its own: it is paid as well.
  private func addSurplus(_ record: TakeRecord) async throws {
    var surplus = record
    let numbers = try await store.list(prefix: StoreKey.takes(run)).compactMap { object in
      object.key.wholeMatch(of: /.*\/(.+)\.take(\d+)\.json/).flatMap { $0.1 == record.shot ? Int($0.2) : nil }
    }
    surplus.take = (numbers.max() ?? 0) + 1
    // It was claimed for the take that has another.
    try await release(record, to: surplus)
    try await add(surplus)
  }

  private func stored(_ record: TakeRecord, round: Int, renewing owner: StoredTake.Owner?) -> StoredTake {
    // Only the one that sends the request has its lease renewed.
    let isSending = record.request.state == "open" && record.remoteID == nil
    let kept = owner.flatMap { isSending && $0.token == token ? nil : $0 }
    let own = StoredTake.Owner(
      token: token, host: ProcessInfo.processInfo.hostName, process: Int(getpid()), leaseUntil: now() + lease.inSeconds)
    return StoredTake(schema: StoredTake.schema, run: run, round: round, owner: kept ?? own, record: record)
  }

  private func put(_ take: StoredTake, if condition: PutCondition) async throws -> EntityTag? {
    let bytes = Array(try JSONValue(encoding: take).canonicalJSON.utf8)
    let key = StoreKey.take(run, take.record.id)
    do {
      if let tag = try await store.put(key, .bytes(bytes), if: condition) { return tag }
      // Something between here and the store may have repeated it: the owner's token tells.
      guard let (current, tag) = try await read(key), current == take else { return nil }
      return tag
    } catch let error as StoreError where error.code == .answerLost {
      guard let (current, tag) = try await read(key), current == take else { throw error }
      return tag
    }
  }

  private func remember(_ take: StoredTake, _ tag: EntityTag) {
    known.withLock { $0[take.record.id] = Known(tag: tag, take: take) }
  }

  // MARK: - Generations of the service

  private struct Claim: Codable {
    let take: String
  }

  /// Makes the generation of a take its own.
  /// - Throws: ``LedgerError`` `locked` when it is another's.
  private func claim(_ record: TakeRecord, since earlier: TakeRecord?) async throws {
    guard let remoteID = record.remoteID, earlier?.remoteID != remoteID else { return }
    let (own, key, bytes) = try claim(of: record, remoteID)
    if try await store.put(key, .bytes(bytes), if: .absent) != nil { return }
    guard let object = try await store.get(key, limit: Self.largestTake),
      let other = try? JSONDecoder().decode(Claim.self, from: Data(object.bytes))
    else { throw LedgerError(.corrupt, "\(store.address)/\(key) cannot be read.") }
    guard other.take == own.take else {
      throw LedgerError(
        .locked,
        "the generation \(ProviderKind.shownID(remoteID, provider: record.request.provider)) belongs to \(other.take), not to "
          + "\(own.take); this stage looks again when it is run again.")
    }
  }

  private func claim(of record: TakeRecord, _ remoteID: String) throws -> (Claim, key: String, bytes: [UInt8]) {
    let claim = Claim(take: id(of: record))
    let key = StoreKey.claim(record.request.provider, SHA256Text.of(remoteID))
    return (claim, key, Array(try JSONValue(encoding: claim).canonicalJSON.utf8))
  }

  /// Gives the generation that a take of this run has claimed to another of its takes.
  private func release(_ record: TakeRecord, to other: TakeRecord) async throws {
    guard let remoteID = record.remoteID else { return }
    let (_, key, bytes) = try claim(of: other, remoteID)
    _ = try await store.put(key, .bytes(bytes), if: .none)
  }

  /// Requests of any run with the model and the prompt of a lost one.
  /// - Throws: ``NotYet`` while one of them may still be on its way: what the service lists may be its generation.
  func otherRequests(like intent: IntentEntry) async throws -> OtherRequests {
    guard let own = known.withLock({ $0.values.first { $0.take.record.isOf(intent) }?.take.record }) else {
      return OtherRequests()
    }
    var others = OtherRequests()
    let prefix = StoreKey.requests(own.request.similarity)
    for object in try await store.list(prefix: prefix) {
      let name = object.key.dropFirst(prefix.count)
      guard name != "\(run)/\(own.id).json", let (take, _) = try await read("ledger/\(name)") else { continue }
      guard take.owner.token == token || !take.isLeased(at: now()) else {
        throw NotYet(
          "\(take.run)/\(take.record.id), which has the same prompt, is being sent",
          retryAfter: .seconds(max(1, take.owner.leaseUntil - now())))
      }
      if let id = take.record.remoteID { others.known[id] = take.record.submittedAt }
      guard take.record.request.isUnsettled else { continue }
      if take.record.request.requestDigest != own.request.requestDigest {
        others.hasRival = true
      } else if take.run != run {
        others.equalLost += 1
      }
    }
    return others
  }
}

extension TakeRecord {
  fileprivate var isOfPaidService: Bool { ProviderKind(rawValue: request.provider)?.isPaid ?? true }

  /// Whether nothing was paid for it, as far as is known.
  fileprivate var wasNotPaid: Bool {
    state == "not_accepted" || ((state == "failed" || state == "cancelled") && !mayCost)
  }

  fileprivate func isOf(_ intent: IntentEntry) -> Bool {
    shot == intent.shot && request.createdAt == intent.createdAt && request.requestDigest == intent.requestDigest
  }
}

extension TakeRecord.Request {
  /// Digest of provider, model and prompt: what a service shows at least of a request.
  fileprivate var similarity: String {
    let prompt = (try? JSONDecoder().decode(JSONValue.self, from: Data(parameters.utf8)))?["prompt"]
    return SHA256Text.of("\(provider)\n\(model)\n\(prompt?.canonicalJSON ?? "")")
  }
}
