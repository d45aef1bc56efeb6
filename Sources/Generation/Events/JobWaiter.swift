import Logging

/// Waits for a job until it has ended, by polling alone or beside an event stream.
struct JobWaiter: Sendable {
  /// What an event stream brings.
  enum Signal: Sendable {
    /// The job as the stream reports it.
    case reported(GenerationJob)
    /// Ask the service: it is time to, or the stream may have missed something.
    case check
  }

  /// Times in a row that a job may be unknown, or have ended without a result, before that is believed: a new job may
  /// need a moment to appear everywhere.
  static let doubtLimit = 3

  let name: String
  let failure: ServiceFailure
  let log: Logger
  let settings: ClientSettings
  /// See ``OxenProvider/init(name:configuration:waitMode:logger:localTrouble:)``.
  var localTrouble: (@Sendable () async -> GenerationError?)?
  /// A job's id as messages show it.
  var shownID: @Sendable (String) -> String = { $0 }
  let job: @Sendable (String) async throws -> GenerationJob

  private func shown(_ id: String) -> String { failure.redactor.clean(shownID(id), limit: 80) }

  /// Runs a wait with a time limit.
  func wait(
    for id: String, timeout: Duration, _ work: @Sendable @escaping () async throws -> GenerationResult
  ) async throws -> GenerationResult {
    let error = GenerationError(
      .timedOut,
      "Generation \(shown(id)) was not done within \(timeout.inSeconds) s. It may still finish; run again to go on "
        + "waiting for it, or end it with 'longtake jobs … --cancel \(shown(id))'.")
    return try await withDeadline(timeout, on: settings.clock, throwing: error, work)
  }

  func poll(
    _ id: String, progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    var doubts = 0
    while true {
      if let result = try await look(id, &doubts, progress) { return result }
      try await settings.clock.sleep(for: settings.pollInterval.jittered)
    }
  }

  /// Follows an event stream, and asks the service at the usual pace while the stream is disconnected, slowly while it
  /// is connected.
  /// - Parameter listen: runs beside the wait until it is cancelled.
  func follow(
    _ id: String, _ signals: AsyncStream<Signal>, _ continuation: AsyncStream<Signal>.Continuation,
    isConnected: @Sendable @escaping () async -> Bool, progress: (GenerationJob) -> Void,
    listen: @Sendable @escaping () async -> Void = {}
  ) async throws -> GenerationResult {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await listen() }
      group.addTask {
        var quiet = Duration.zero
        while true {
          let pause = settings.pollInterval.jittered
          try await settings.clock.sleep(for: pause)
          quiet += pause
          guard await !isConnected() || quiet >= settings.safetyNetInterval.jittered else { continue }
          quiet = .zero
          continuation.yield(.check)
        }
      }
      defer { group.cancelAll() }
      return try await follow(id, signals, progress)
    }
  }

  private func follow(
    _ id: String, _ signals: AsyncStream<Signal>, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    var doubts = 0
    var lastState: GenerationJob.State?
    if let result = try await look(id, &doubts, progress) { return result }
    for await signal in signals {
      try Task.checkCancellation()
      if case .reported(let job) = signal, job.state != .succeeded || job.resultURL != nil {
        if job.state != lastState { progress(job) }
        lastState = job.state
        if job.state.isFinal { return try await result(of: job) }
        continue
      }
      if let result = try await look(id, &doubts, progress) { return result }
    }
    throw CancellationError()
  }

  /// Asks once. Nil while the job runs, and while the service cannot be reached: only the deadline ends that, not a
  /// short outage.
  private func look(
    _ id: String, _ doubts: inout Int, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult? {
    do {
      let job = try await job(id)
      progress(job)
      if job.state == .succeeded, job.resultURL == nil { throw missingResult }
      doubts = 0
      return job.state.isFinal ? try await result(of: job) : nil
    } catch let error as GenerationError where error.code == .unavailable || error.code == .rateLimited {
      log.warning("status request failed", metadata: ["reason": "\(error.message)"])
      return nil
    } catch let error as GenerationError where error.code == .notFound || error.code == .malformedAnswer {
      doubts += 1
      guard doubts < Self.doubtLimit else { throw error }
      return nil
    }
  }

  /// Where the clip of a finished job is.
  /// - Throws: ``GenerationError`` when it ended without one.
  private func result(of job: GenerationJob) async throws -> GenerationResult {
    switch job.state {
    case .succeeded:
      guard let url = job.resultURL else { throw missingResult }
      return .address(url: url, jobID: job.id)
    case .cancelled:
      throw GenerationError(.cancelled, "Generation \(shown(job.id)) was cancelled at \(name).")
    default:
      if let trouble = await localTrouble?() { throw trouble }
      throw failure.error(ofFailed: shownID(job.id), reason: job.errorMessage, status: job.failureStatus)
    }
  }

  private var missingResult: GenerationError {
    GenerationError(.malformedAnswer, "\(name) reports the generation as succeeded without a result.")
  }
}
