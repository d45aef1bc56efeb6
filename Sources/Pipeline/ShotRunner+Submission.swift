import Foundation
import Generation
import Ledger
import Logging
import Presets
import Storyboard

/// Characters of a request that a log shows.
private let longestLoggedRequest = 4000

extension ShotRunner {
  /// Sends the shot: the intent first, the ids right after.
  /// - Parameter takes: how many; nil for as many as the storyboard wants.
  func submit(takes: Int? = nil) async throws {
    let whole = try await request()
    let request = GenerationRequest(model: whole.model, parameters: whole.parameters, takes: takes ?? whole.takes)
    emit(.submitting)
    stage.options.provider.logger?.debug(
      "generation", metadata: ["shot": "\(shot.id)", "request": "\(Self.shown(request))"])
    guard stage.host.provider.waitMode != .sync else { return try await submitBlocking(request) }
    let most = max(1, stage.host.provider.takesPerRequest)
    for first in stride(from: 0, to: request.takes, by: most) {
      let takes = min(most, request.takes - first)
      do {
        try await enqueue(GenerationRequest(model: request.model, parameters: request.parameters, takes: takes))
      } catch {
        // What was sent before is paid and goes its way.
        guard first > 0, let error = error as? GenerationError else { throw error }
        stage.emit(.notice("shot \(shot.id) has \(first) of \(request.takes) takes: \(error.message)"))
        return
      }
    }
  }

  private func enqueue(_ request: GenerationRequest) async throws {
    let intent = try stage.recordIntent(
      shot: shot, request: request, contentDigest: contentDigest, takes: request.takes)
    stage.inFlight.begin(request.digest)
    defer { stage.inFlight.end(request.digest) }
    do {
      let journal = IntentJournal(ledger: ledger, intent: intent.number)
      let jobs = try await stage.host.provider.enqueue(request, journal: journal)
      try record(jobs.map(\.id), of: intent)
      emit(.submitted(jobs.map { shown($0.id) }))
    } catch {
      try settle(intent, error)
    }
  }

  /// - Throws: ``LedgerError`` that names what was paid, so that it is written down somewhere.
  private func record(_ ids: [String], of intent: IntentEntry) throws {
    do {
      try ledger.recordSubmitted(intent: intent.number, remoteIDs: ids)
    } catch let error as LedgerError {
      throw LedgerError(
        error.code,
        "\(error.message) Shot \(shot.id) was accepted and paid as \(ids.map(shown).joined(separator: ", ")); keep this."
      )
    }
  }

  private func shown(_ id: String) -> String { ProviderKind.shownID(id, provider: stage.host.provider.name) }

  /// The request for a log: without signatures and frames.
  private static func shown(_ request: GenerationRequest) -> String {
    Redactor().clean(request.body.canonicalJSON, limit: longestLoggedRequest)
  }

  /// The request, once every frame of it has an address.
  private func request() async throws -> GenerationRequest {
    let builder = RequestBuilder(storyboard: stage.storyboard, model: stage.model)
    let needed = builder.images(of: shot)
    if !needed.isEmpty { emit(.publishing(frames: needed.count)) }
    var addresses: [RequestImage: String] = [:]
    for image in needed { addresses[image] = try await address(of: image) }
    let found = addresses
    return try builder.request(for: shot) { image in
      guard let address = found[image] else {
        throw PipelineError(.shotFailed, "the frame \(image.planned) has no address")
      }
      return address
    }
  }

  private func address(of image: RequestImage) async throws -> String {
    switch image {
    case .source(let source):
      switch source.location {
      case .address(let address): return address
      case .file(let path): return try await stage.images.address(of: try await stage.fitter.ready(path))
      }
    case .anchor(let id): return try await address(of: .last, of: seeds.start, shot: id)
    case .opening(let id): return try await address(of: .first, of: seeds.end, shot: id)
    }
  }

  private func address(of kind: AnchorKind, of take: GenerationEntry?, shot id: String) async throws -> String {
    guard let take, take.shot == id, let anchor = try ledger.anchor(of: take.number, kind) else {
      throw PipelineError(.shotFailed, "the \(kind.rawValue) frame of shot \(id) is not there")
    }
    return try await stage.images.address(
      of: ImageUpload(
        path: stage.workspace.path(anchor.file.path), sha256: anchor.file.sha256, mediaType: anchor.mediaType))
  }

  /// Sends each take as a request of its own that blocks until its clip is there. The intent stays open until the clip
  /// is on the disk: without an id, only a search can find it again.
  private func submitBlocking(_ request: GenerationRequest) async throws {
    let single = GenerationRequest(model: request.model, parameters: request.parameters)
    var intents: [IntentEntry] = []
    for _ in 0..<request.takes {
      intents.append(try stage.recordIntent(shot: shot, request: single, contentDigest: contentDigest, takes: 1))
    }
    emit(.waiting)
    try await allToTheirEnds(intents) { try await generate(single, for: $0) }
  }

  private func generate(_ request: GenerationRequest, for intent: IntentEntry) async throws {
    stage.inFlight.begin(request.digest)
    defer { stage.inFlight.end(request.digest) }
    let results: [GenerationResult]
    do {
      results = try await stage.host.provider.generate(
        request, into: stage.workspace.path("clips"), journal: IntentJournal(ledger: ledger, intent: intent.number))
      guard !results.isEmpty else {
        throw GenerationError(.answerLost, "the answer for shot \(shot.id) holds no clip")
      }
    } catch {
      return try settle(intent, error)
    }
    guard let take = try takes(of: intent).first else {
      throw LedgerError(.inconsistent, "the request \(intent.number) of shot \(shot.id) has no take")
    }
    if results.count > 1 {
      stage.emit(.notice("shot \(shot.id): the service sent \(results.count) clips for one take; the first counts"))
    }
    // It is paid: what goes wrong from here on leaves the intent open, so that nothing sends it again unasked.
    deliveries.keep(results[0], of: take.number)
    let clip = try await download(results[0], take)
    try ledger.recordAnsweredWithClips(intent: intent.number)
    try ledger.recordClip(generation: take.number, clip)
    emit(.downloaded(bytes: clip.bytes), take: take.take)
  }

  private func takes(of intent: IntentEntry) throws -> [GenerationEntry] {
    try ledger.generations(shot: shot.id).filter { $0.intent == intent.number }
  }

  /// Decides what an error means for a request that was on its way.
  /// - Throws: the error, unless looking for the request at the service may help.
  private func settle(_ intent: IntentEntry, _ error: any Error) throws {
    guard let error = error as? GenerationError else { throw error }
    switch error.code {
    case .answerLost:
      guard failures.countLost() < Self.lostAnswers else { throw error }
      stage.emit(.notice("shot \(shot.id): \(error.message)"))
    case .notAuthorised, .unavailable, .rateLimited, .unsupported:
      try ledger.recordRefused(intent: intent.number, error: nil)
      throw error
    case .notFound:
      let successor = stage.model.status.replacedBy.map { "\($0) takes its place; " } ?? ""
      let advice =
        "Models are renamed and retired: \(successor)'longtake models' lists those there are; set 'model' in the storyboard."
      try refuse(intent, GenerationError(.notFound, "\(error.message) \(advice)", status: error.status))
    case .refused, .insufficientCredits, .generationFailed: try refuse(intent, error)
    default:
      // It may have been accepted; the next run looks for it.
      throw error
    }
  }

  private func refuse(_ intent: IntentEntry, _ error: GenerationError) throws {
    try ledger.recordRefused(intent: intent.number, error: error.message)
    for take in try takes(of: intent) { failures.set(error, for: take.number) }
  }

  // MARK: - Finding what may have arrived

  /// Finds out whether the service took a request, and adopts what is there.
  func reconcile(_ intent: IntentEntry) async throws {
    guard intent.mayHaveBeenSent else { return try ledger.recordRefused(intent: intent.number, error: nil) }
    emit(.reconciling)
    let wanted = try takes(of: intent).count
    guard let parameters = Self.parameters(intent.parameters) else {
      throw LedgerError(.inconsistent, "the parameters of intent \(intent.number) cannot be read")
    }
    let request = GenerationRequest(model: intent.model, parameters: parameters, takes: max(1, min(4, wanted)))
    let isOld = Ledger.systemTime() - intent.createdAt > ProviderHost.listingDelay
    let pauses = isOld ? [.zero] : stage.host.looks
    for (look, pause) in pauses.enumerated() {
      try await Task.sleep(for: pause)
      try await stage.inFlight.settle(intent.requestDigest)
      do {
        let jobs = try await stage.host.provider.find(request, since: intent.createdAt)
        // Takes of one request may not be listed all at once.
        let isLast = look == pauses.count - 1
        if try adopt(jobs, for: intent, wanted: wanted, orFewer: isLast) { return }
      } catch let error as GenerationError where error.code == .answerLost {
        // The service lists nothing: only the user can let go of what may have been paid.
        guard try stage.isGivenUp(intent) else { throw error }
        return try letGo(of: intent)
      }
    }
    let isBlocking = intent.isBlocking ?? (stage.host.provider.waitMode == .sync)
    if try stage.isGivenUp(intent), stage.host.isPaid, isBlocking { return try letGo(of: intent) }
    // Whether a service lists what it was asked to generate while it blocks is not published: not being listed proves
    // nothing, unless an earlier one is.
    var proves = !stage.host.isPaid || !isBlocking
    if !proves { proves = try await listsBlockingRequests() }
    guard proves else {
      throw PipelineError(
        .shotFailed,
        "the answer to a blocking request was lost, and the service does not list it: it may have been accepted and paid. "
          + "Look at the account; then 'longtake redo … --shot \(shot.id)' makes the next run send it again. Requests "
          + "that are sent with --wait sse or poll can always be found again.")
    }
    try ledger.recordRefused(intent: intent.number, error: nil)
  }

  /// Whether the service lists the latest blocking request whose clip came.
  private func listsBlockingRequests() async throws -> Bool {
    let came: Set<GenerationEntry.State> = [.succeeded, .downloaded, .verified, .rejected]
    let blocking = try ledger.generations().last {
      $0.provider == stage.host.provider.name && $0.remoteID == nil && came.contains($0.state)
    }
    guard let blocking, let parameters = Self.parameters(blocking.parameters) else { return false }
    let request = GenerationRequest(model: blocking.model, parameters: parameters)
    let known = try ledger.knownRemoteIDs()
    return try await stage.host.provider.find(request, since: blocking.createdAt).contains { !known.contains($0.id) }
  }

  private static func parameters(_ json: String) -> [String: JSONValue]? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)).objectValue
  }

  private func letGo(of intent: IntentEntry) throws {
    stage.emit(.notice("shot \(shot.id): the request that was given up may have been paid; it stays counted as such"))
    try ledger.recordGivenUp(intent: intent.number)
  }

  /// What was enqueued after the intent comes first; what seems older may be so by a clock that is off.
  private static func rank(_ job: GenerationJob, _ intent: IntentEntry) -> (Int, Double, String) {
    let enqueued = job.enqueuedAt ?? 0
    return (enqueued >= intent.createdAt.rounded(.down) ? 0 : 1, enqueued, job.id)
  }

  private func adopt(
    _ jobs: [GenerationJob], for intent: IntentEntry, wanted: Int, orFewer: Bool
  ) throws -> Bool {
    let ids = try stage.withLock {
      let known = try ledger.knownRemoteIDs()
      let unknown = jobs.filter { !known.contains($0.id) }
        .sorted { Self.rank($0, intent) < Self.rank($1, intent) }
      // What is beyond the takes may belong to an equal request of another shot.
      guard orFewer || unknown.count >= wanted else { return [String]() }
      let ids = unknown.prefix(wanted).map(\.id)
      if !ids.isEmpty { try ledger.recordSubmitted(intent: intent.number, remoteIDs: ids) }
      return ids
    }
    if !ids.isEmpty {
      emit(.adopted(ids.map(shown)))
      for take in try takes(of: intent) where take.isSuperseded { addBackgroundTake(take) }
    }
    return !ids.isEmpty
  }
}
