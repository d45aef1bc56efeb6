public import Presets

/// One generation as the service reports it.
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
  /// The clip's address, when the job has succeeded; such addresses expire.
  public let resultURL: String?
  /// The service's reason, when the job has failed.
  public let errorMessage: String?
  /// The HTTP status of the result of a job that has failed, where there was one.
  public let failureStatus: Int?
  /// Unix seconds.
  public let enqueuedAt: Double?
  public let startedAt: Double?
  public let completedAt: Double?

  public init(
    id: String, state: State, model: String? = nil, prompt: String? = nil, parameters: [String: JSONValue] = [:],
    resultURL: String? = nil, errorMessage: String? = nil, failureStatus: Int? = nil, enqueuedAt: Double? = nil,
    startedAt: Double? = nil, completedAt: Double? = nil
  ) {
    self.id = id
    self.state = state
    self.model = model
    self.prompt = prompt
    self.parameters = parameters
    self.resultURL = resultURL
    self.errorMessage = errorMessage
    self.failureStatus = failureStatus
    self.enqueuedAt = enqueuedAt
    self.startedAt = startedAt
    self.completedAt = completedAt
  }

  /// The job with what only a fuller report of it has.
  func completed(by other: GenerationJob) -> GenerationJob {
    GenerationJob(
      id: id, state: other.state, model: other.model ?? model, prompt: other.prompt ?? prompt,
      parameters: parameters.merging(other.parameters) { $1 == .null ? $0 : $1 },
      resultURL: other.resultURL ?? resultURL,
      errorMessage: other.errorMessage ?? errorMessage, failureStatus: other.failureStatus ?? failureStatus,
      enqueuedAt: other.enqueuedAt ?? enqueuedAt, startedAt: other.startedAt ?? startedAt,
      completedAt: other.completedAt ?? completedAt)
  }
}

/// A finished clip that waits to be downloaded.
public enum GenerationResult: Sendable {
  /// An address that expires; asking for the job again gives a fresh one.
  case address(url: String, jobID: String?)
  /// A file that holds the clip already, because the answer carried its bytes (`b64_json`).
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
