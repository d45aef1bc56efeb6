public import Presets

/// How the client learns that a generation has ended.
public enum WaitMode: String, Sendable, CaseIterable, Codable {
  /// One request that blocks until the clip is done.
  case sync
  /// Enqueue, then poll at the published pace.
  case poll
  /// Enqueue, then listen to the event stream; reconcile after every connect; poll slowly as the safety net.
  case sse
}

/// Records what a paid request did on the wire: only between the two calls can it have been paid.
public protocol SendJournal: Sendable {
  /// The request is about to leave. Nothing is sent when this throws.
  func willSend() throws
  /// The request was certainly not accepted.
  func wasNotTaken() throws
}

/// One service that generates video.
///
/// A provider is opened with a ``WaitMode``. In `sse` mode ``enqueue(_:)`` connects the event stream before it sends
/// the request. Nothing here pays twice by itself: a POST whose answer was lost throws ``GenerationError``
/// `answerLost`, and the caller looks for it with ``search(for:)``.
public protocol Provider: Sendable {
  /// `oxen`, `fal` or `sandbox`.
  var name: String { get }
  var waitMode: WaitMode { get }
  /// The mean time between two status requests for a generation.
  var pollInterval: Duration { get }
  /// Takes that one request can ask for; more of them are requests of their own.
  var takesPerRequest: Int { get }

  /// Whether the service may charge for a generation that it accepted and that failed.
  /// - Parameter status: HTTP status of the result.
  func mayCharge(forFailure status: Int?) -> Bool

  /// Makes an image readable for the model, once per digest.
  /// - Returns: its address.
  func publish(_ image: ImageUpload) async throws -> String

  /// Forgets that an image was published, so that it is uploaded again.
  func forgetUpload(_ image: ImageUpload) async

  /// Sends a request to the queue: one job per take, in order. `poll` and `sse` only.
  func enqueue(_ request: GenerationRequest, journal: (any SendJournal)?) async throws -> [GenerationJob]

  /// Sends a request and blocks until its clips are done: one result per take. `sync` only.
  /// Clips inside the answer (`b64_json`) are written below `directory`.
  func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult]

  /// Waits until a job has succeeded. `progress` is called with every state that is learnt.
  /// - Throws: ``GenerationError`` when it failed, was cancelled, or the timeout passed.
  func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult

  func job(_ id: String) async throws -> GenerationJob

  /// Looks through everything that the service lists for a request whose answer was lost. That it finds nothing proves
  /// nothing: how soon an accepted request is listed is not published.
  func search(for lost: LostRequest) async throws -> LostRequestSearch

  /// Where the clip of a finished generation is that can no longer be asked for by its id.
  /// - Returns: nil where the service does not keep it, or does not show it.
  func keptResult(of id: String, of request: LostRequest) async throws -> String?

  /// Cancels an active job.
  /// - Returns: the job afterwards.
  func cancel(_ id: String) async throws -> GenerationJob

  /// The service's model objects as it sends them; all of them, or those that match a search.
  func models(search: String?) async throws -> [JSONValue]
  func model(_ id: String) async throws -> JSONValue

  /// Downloads a result to `path`: streamed to `path.part`, length and digest checked, synced, renamed.
  /// `progress` gets the bytes so far and the total if it is known.
  func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile

  /// Ends connections and streams.
  func close() async throws
}

extension Provider {
  /// The hub's limit for `num_generations`.
  public var takesPerRequest: Int { 4 }

  public func mayCharge(forFailure status: Int?) -> Bool { false }

  public func keptResult(of id: String, of request: LostRequest) async throws -> String? { nil }

  public func forgetUpload(_ image: ImageUpload) async {}

  public func enqueue(_ request: GenerationRequest) async throws -> [GenerationJob] {
    try await enqueue(request, journal: nil)
  }

  public func generate(_ request: GenerationRequest, into directory: String) async throws -> [GenerationResult] {
    try await generate(request, into: directory, journal: nil)
  }
}
