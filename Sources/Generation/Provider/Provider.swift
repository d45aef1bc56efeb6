public import Presets

/// How the client learns that a generation has ended.
public enum WaitMode: String, Sendable, CaseIterable, Codable {
  /// One request that blocks until the clip is there.
  case sync
  /// Enqueue, then ask at the published pace.
  case poll
  /// Enqueue, then listen to the event stream; reconcile after every connect; poll slowly as the safety net.
  case sse
}

/// What a service says of one generation.
public struct GenerationJob: Sendable, Hashable, Codable {
  public enum State: String, Sendable, Codable, CaseIterable {
    case queued, processing, succeeded, failed, cancelled
    public var isFinal: Bool { self != .queued && self != .processing }
  }

  public let id: String
  public let state: State
  public let model: String?
  public let prompt: String?
  /// The parameters as the service repeats them; empty where it does not.
  public let parameters: [String: JSONValue]
  /// Where the clip can be fetched, when it has succeeded; such addresses expire.
  public let resultURL: String?
  /// The service's own words, when it has failed.
  public let errorMessage: String?
  /// Unix seconds.
  public let enqueuedAt: Double?
  public let startedAt: Double?
  public let completedAt: Double?

  public init(
    id: String, state: State, model: String? = nil, prompt: String? = nil, parameters: [String: JSONValue] = [:],
    resultURL: String? = nil, errorMessage: String? = nil, enqueuedAt: Double? = nil, startedAt: Double? = nil,
    completedAt: Double? = nil
  ) {
    self.id = id
    self.state = state
    self.model = model
    self.prompt = prompt
    self.parameters = parameters
    self.resultURL = resultURL
    self.errorMessage = errorMessage
    self.enqueuedAt = enqueuedAt
    self.startedAt = startedAt
    self.completedAt = completedAt
  }
}

/// A finished clip that waits to be fetched.
public enum GenerationResult: Sendable {
  /// An address that expires; a fresh one comes from asking for the job again.
  case address(url: String, jobID: String?)
  /// The clip's bytes, written to this file because the answer itself carried them (`b64_json`).
  case file(path: String, jobID: String?)
}

/// A clip on disk.
public struct DownloadedFile: Sendable, Hashable, Codable {
  public let path: String
  public let bytes: Int64
  /// SHA-256, lower-case hexadecimal.
  public let sha256: String

  public init(path: String, bytes: Int64, sha256: String) {
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
  }
}

/// A local image on its way to a service: a file and what is known of it. Generation reads its bytes, never its pixels.
public struct LocalImage: Sendable, Hashable, Codable {
  public let path: String
  /// SHA-256, lower-case hexadecimal; names the file at the service.
  public let sha256: String
  /// `image/png` or `image/jpeg`.
  public let mediaType: String

  public init(path: String, sha256: String, mediaType: String) {
    self.path = path
    self.sha256 = sha256
    self.mediaType = mediaType
  }
}

/// One service that generates video.
///
/// A provider is opened with a ``WaitMode``. In `sse` mode ``enqueue(_:)`` returns only once the event stream was
/// connected before the request was sent. A journal is told what leaves. Nothing here pays twice by itself: a POST whose answer was lost throws
/// ``GenerationError`` with code `answerLost`, and the caller reconciles with ``find(_:since:)``.
public protocol Provider: Sendable {
  /// `oxen`, `fal` or `sandbox`.
  var name: String { get }
  var waitMode: WaitMode { get }
  /// Takes that one request can ask for; more of them are requests of their own.
  var takesPerRequest: Int { get }

  /// Makes a local image readable for the model, once per digest, and gives its address.
  func publish(_ image: LocalImage) async throws -> String

  /// Sends a request to the queue: one job per take, in order. `poll` and `sse` only.
  func enqueue(_ request: GenerationRequest, journal: (any SendJournal)?) async throws -> [GenerationJob]

  /// Sends a request and blocks until its clips are there: one result per take. `sync` only.
  /// A `b64_json` answer is written below `directory`.
  func generate(
    _ request: GenerationRequest, into directory: String, journal: (any SendJournal)?
  ) async throws -> [GenerationResult]

  /// Waits until a job has ended well. `progress` is called with every state that is learnt.
  /// - Throws: ``GenerationError`` when it failed, was cancelled, or the deadline passed.
  func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult

  func job(_ id: String) async throws -> GenerationJob

  /// Active and finished jobs since a time (Unix seconds) that asked for just this: same model, prompt and parameters.
  /// - Throws: ``GenerationError`` `answerLost` where the service lists none, so that nothing can be found out.
  func find(_ request: GenerationRequest, since: Double) async throws -> [GenerationJob]

  /// Cancels an active job; gives its state afterwards.
  func cancel(_ id: String) async throws -> GenerationJob

  /// The service's model objects as it sends them; all of them, or those that match a search.
  func models(search: String?) async throws -> [JSONValue]
  func model(_ id: String) async throws -> JSONValue

  /// Fetches a result to `path`: streamed to `path.part`, length and digest checked, synced, renamed.
  /// `progress` gets bytes so far and the total if it is known.
  func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile

  /// Ends connections and streams.
  func close() async throws
}

extension Provider {
  /// What the hub takes as `num_generations`.
  public var takesPerRequest: Int { 4 }

  public func enqueue(_ request: GenerationRequest) async throws -> [GenerationJob] {
    try await enqueue(request, journal: nil)
  }

  public func generate(_ request: GenerationRequest, into directory: String) async throws -> [GenerationResult] {
    try await generate(request, into: directory, journal: nil)
  }
}
