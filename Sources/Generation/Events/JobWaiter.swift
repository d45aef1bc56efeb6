import Logging

/// Asks for a job until it has ended, and says what its end means.
struct JobPoller: Sendable {
  /// Times in a row that a job may be unknown, or ended without a result, before that is believed: a new job may need a
  /// moment to appear everywhere.
  static let doubts = 3
  /// Part of the middle distance between two questions that one may differ by.
  static let spread = 0.5

  let name: String
  let failure: ServiceFailure
  let log: Logger
  /// See ``OxenProvider/init(name:configuration:waitMode:logger:localTrouble:)``.
  var localTrouble: (@Sendable () async -> GenerationError?)?
  /// A job's id as it is shown.
  var shownID: @Sendable (String) -> String = { $0 }
  let job: @Sendable (String) async throws -> GenerationJob

  private func shown(_ id: String) -> String { failure.redactor.clean(shownID(id), limit: 80) }

  /// The error for a wait that took too long.
  func late(_ id: String, after timeout: Duration) -> GenerationError {
    GenerationError(
      .timedOut,
      "Generation \(shown(id)) was not done within \(timeout.inSeconds) s; it may "
        + "still finish, and running again goes on waiting for it.")
  }

  func poll(
    _ id: String, every interval: Duration, progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let pace = JitteredInterval(middle: interval, spread: Self.spread)
    var doubts = 0
    while true {
      if let result = try await look(id, &doubts, progress) { return result }
      try await Task.sleep(for: pace.next())
    }
  }

  /// Asks once. Nil while the job runs, and while the service cannot be reached: the deadline ends that, not a bad
  /// minute of the network.
  func look(
    _ id: String, _ doubts: inout Int, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult? {
    do {
      let job = try await job(id)
      progress(job)
      if job.state == .succeeded, job.resultURL == nil { throw nameless }
      doubts = 0
      return job.state.isFinal ? try await result(of: job) : nil
    } catch let error as GenerationError where error.code == .unavailable || error.code == .rateLimited {
      log.warning("could not ask", metadata: ["reason": "\(error.message)"])
      return nil
    } catch let error as GenerationError where error.code == .notFound || error.code == .malformedAnswer {
      doubts += 1
      guard doubts < Self.doubts else { throw error }
      return nil
    }
  }

  /// Where the clip of a finished job is.
  /// - Throws: ``GenerationError`` when it ended without one.
  func result(of job: GenerationJob) async throws -> GenerationResult {
    switch job.state {
    case .succeeded:
      guard let url = job.resultURL else { throw nameless }
      return .address(url: url, jobID: job.id)
    case .cancelled:
      throw GenerationError(
        .cancelled, "Generation \(shown(job.id)) was cancelled at \(name).")
    default:
      if let trouble = await localTrouble?() { throw trouble }
      throw failure.error(ofFailed: shownID(job.id), saying: job.errorMessage)
    }
  }

  private var nameless: GenerationError {
    GenerationError(.malformedAnswer, "\(name) calls the generation done but names no result.")
  }
}
