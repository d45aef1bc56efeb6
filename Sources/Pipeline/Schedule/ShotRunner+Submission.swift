import Foundation
import Generation
import Ledger
import Logging
import Presets
import Storyboard

/// Records whether a request may have left, so that one that certainly has not is never looked for.
private struct IntentJournal: SendJournal {
  let ledger: Ledger
  let intent: Int64

  func willSend() throws { try ledger.recordSent(intent: intent, true) }
  func wasNotTaken() throws { try ledger.recordSent(intent: intent, false) }
}

/// Characters of a request in the log.
private let longestLoggedRequest = 4000

extension ShotRunner {
  /// Sends the shot's request: the intent is recorded before, the ids right after.
  /// - Parameter takes: nil for as many as the storyboard asks for.
  func submit(takes: Int? = nil) async throws {
    guard context.options.sharing?.maySend ?? true else {
      throw PipelineError(.shotFailed, "shot \(shot.id) has no take that counts; run its stage 'submit'.")
    }
    let whole = try await request()
    let request = GenerationRequest(model: whole.model, parameters: whole.parameters, takes: takes ?? whole.takes)
    emit(.submitting)
    context.options.provider.logger?.debug(
      "generation", metadata: ["shot": "\(shot.id)", "request": "\(Self.shown(request))"])
    guard host.provider.waitMode != .sync else { return try await submitBlocking(request) }
    // Other machines know takes, not requests of several.
    let most = context.options.sharing == nil ? max(1, host.provider.takesPerRequest) : 1
    for first in stride(from: 0, to: request.takes, by: most) {
      let takes = min(most, request.takes - first)
      do {
        try await enqueue(GenerationRequest(model: request.model, parameters: request.parameters, takes: takes))
      } catch {
        // What was sent before is paid and goes on.
        guard first > 0, context.options.sharing == nil, let error = error as? GenerationError else { throw error }
        context.emit(.notice("shot \(shot.id) has \(first) of \(request.takes) takes: \(error.message)"))
        return
      }
    }
  }

  private func enqueue(_ request: GenerationRequest) async throws {
    let intent = try context.recordIntent(
      shot: shot, request: request, contentDigest: contentDigest, takes: request.takes)
    context.lostAnswers.inFlight.begin(request.digest)
    defer { context.lostAnswers.inFlight.end(request.digest) }
    do {
      let journal = IntentJournal(ledger: ledger, intent: intent.number)
      let jobs = try await answered { try await $0.provider.enqueue(request, journal: journal) }
      context.options.failpoint?(.requestAnswered)
      try record(jobs.map(\.id), of: intent)
      emit(.submitted(jobs.map { shown($0.id) }))
    } catch {
      try settle(intent, error)
    }
  }

  /// The answer to a paid request. A stage that is asked to stop waits for it: engines stop workers every day, and an id is
  /// worth the seconds that they give.
  private func answered<Value: Sendable>(
    _ send: @escaping @Sendable (ProviderHost) async throws -> Value
  ) async throws -> Value {
    guard context.options.sharing != nil else { return try await send(host) }
    return try await Task { [host] in try await send(host) }.value
  }

  /// - Throws: ``LedgerError`` that names what was paid, so that the ids are not lost.
  private func record(_ ids: [String], of intent: IntentEntry) throws {
    do {
      try ledger.recordSubmitted(intent: intent.number, remoteIDs: ids)
    } catch let error as LedgerError {
      throw LedgerError(
        error.code,
        "\(error.message) Shot \(shot.id) was accepted and paid as \(ids.map(shown).joined(separator: ", ")); keep this id."
      )
    }
  }

  func shown(_ id: String) -> String { ProviderKind.shownID(id, provider: host.provider.name) }

  /// The request for a log, without signatures and image data.
  private static func shown(_ request: GenerationRequest) -> String {
    Redactor().clean(request.body.canonicalJSON, limit: longestLoggedRequest)
  }

  /// The request, once every image of it has an address.
  private func request() async throws -> GenerationRequest {
    let builder = RequestBuilder(storyboard: context.storyboard, model: model)
    let needed = builder.images(of: shot)
    if !needed.isEmpty { emit(.uploading(images: needed.count)) }
    var addresses: [RequestImage: String] = [:]
    for image in needed { addresses[image] = try await address(of: image) }
    let found = addresses
    return try builder.request(for: shot) { image in
      guard let address = found[image] else {
        throw PipelineError(.shotFailed, "the image \(image.planned) has no address")
      }
      return address
    }
  }

  private func address(of image: RequestImage) async throws -> String {
    switch image {
    case .source(let source):
      switch source.location {
      case .address(let address): return address
      case .file(let path):
        return try await context.address(of: try await context.fitter.fit(path, for: model), for: shot)
      }
    case .anchor(let id): return try await address(of: .last, of: sources.start, shot: id)
    case .opening(let id): return try await address(of: .first, of: sources.end, shot: id)
    }
  }

  private func address(of kind: AnchorKind, of take: GenerationEntry?, shot id: String) async throws -> String {
    guard let take, take.shot == id, let anchor = try ledger.anchor(of: take.number, kind) else {
      throw PipelineError(.shotFailed, "the \(kind.rawValue) frame of shot \(id) is missing")
    }
    let image = ImageUpload(
      path: context.workspace.path(anchor.file.path), sha256: anchor.file.sha256, mediaType: anchor.mediaType)
    return try await context.address(of: image, for: shot)
  }

  /// Sends each take as a request of its own that blocks until its clip exists. The intent stays open until the clip is
  /// on the disk: without an id, only a search can find it again.
  private func submitBlocking(_ request: GenerationRequest) async throws {
    let single = GenerationRequest(model: request.model, parameters: request.parameters)
    var intents: [IntentEntry] = []
    for _ in 0..<request.takes {
      intents.append(try context.recordIntent(shot: shot, request: single, contentDigest: contentDigest, takes: 1))
    }
    emit(.waiting)
    try await forEachToTheEnd(intents) { try await generate(single, for: $0) }
  }

  private func generate(_ request: GenerationRequest, for intent: IntentEntry) async throws {
    context.lostAnswers.inFlight.begin(request.digest)
    defer { context.lostAnswers.inFlight.end(request.digest) }
    let results: [GenerationResult]
    do {
      results = try await host.provider.generate(
        request, into: context.workspace.path("clips"), journal: IntentJournal(ledger: ledger, intent: intent.number))
      context.options.failpoint?(.requestAnswered)
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
      context.emit(.notice("shot \(shot.id): the service sent \(results.count) clips for one take; the first counts"))
    }
    // It is paid: an error from here on leaves the intent open, so that nothing sends it again unasked.
    state.keep(results[0], of: take.number)
    let clip = try await download(results[0], of: take)
    try ledger.recordAnsweredWithClips(intent: intent.number)
    try ledger.recordClip(generation: take.number, clip)
    emit(.downloaded(bytes: clip.bytes), take: take.take)
  }

  func takes(of intent: IntentEntry) throws -> [GenerationEntry] {
    try ledger.generations(shot: shot.id).filter { $0.intent == intent.number }
  }

  /// Decides what an error means for a request that was being sent: anything but a proof that it was not accepted leaves
  /// it open, to be looked for.
  /// - Throws: the error, unless the request is to be looked for.
  private func settle(_ intent: IntentEntry, _ error: any Error) throws {
    guard let error = error as? GenerationError else { throw error }
    context.options.failpoint?(.requestFailed)
    switch error.code {
    case .answerLost, .malformedAnswer:
      try ledger.recordAnswerLost(intent: intent.number)
      context.emit(.notice("shot \(shot.id): \(error.message)"))
    case .notAuthorised, .unavailable, .rateLimited, .unsupported:
      try ledger.recordRefused(intent: intent.number, error: nil)
      throw error
    case .notFound:
      let successor = model.status.replacedBy.map { "\($0) replaces it; " } ?? ""
      let advice =
        "Models are renamed and retired: \(successor)'longtake models' lists those available; set 'model' in the storyboard."
      try refuse(intent, GenerationError(.notFound, "\(error.message) \(advice)", status: error.status))
    case .refused, .insufficientCredits, .generationFailed: try refuse(intent, error)
    default:
      // It may have been accepted, and the trouble is on this machine; the next run looks for it.
      throw error
    }
  }

  private func refuse(_ intent: IntentEntry, _ error: GenerationError) throws {
    // A blocking call is refused by the model itself, which may have begun; the queue refuses before.
    let mayCost = intent.isBlocking == true && host.provider.mayCharge(forFailure: error.status)
    try ledger.recordRefused(intent: intent.number, error: error.message, mayCost: mayCost)
    for take in try takes(of: intent) { state.record(error, of: take.number) }
  }
}
