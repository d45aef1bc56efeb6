import Foundation
import Logging

extension OxenProvider {
  /// Times in a row that a job may be unknown, or ended without a result, before that is believed: a new job may need a
  /// moment to appear everywhere.
  private static let doubts = 3
  /// Part of the middle distance between two questions that one may differ by.
  private static let spread = 0.5

  public func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let late = GenerationError(
      .timedOut,
      "Generation \(client.failure.redactor.clean(id, limit: 80)) was not done within \(timeout.inSeconds) s; it may "
        + "still finish, and running again goes on waiting for it.")
    return try await withDeadline(timeout, throwing: late) {
      self.waitMode == .sse
        ? try await self.listen(for: id, progress: progress) : try await self.poll(id, progress: progress)
    }
  }

  private func poll(_ id: String, progress: (GenerationJob) -> Void) async throws -> GenerationResult {
    let pace = Pace(middle: configuration.pollInterval, spread: Self.spread)
    var doubts = 0
    while true {
      if let result = try await look(id, &doubts, progress) { return result }
      try await Task.sleep(for: pace.next())
    }
  }

  private func listen(
    for id: String, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let seat = await feed.sit(for: id)
    do {
      let result = try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.keepAsking(seat) }
        defer { group.cancelAll() }
        return try await self.follow(seat, id, progress)
      }
      await feed.leave(seat)
      return result
    } catch {
      await feed.leave(seat)
      throw error
    }
  }

  /// The safety net: slow beside a stream that stands, at the usual pace while there is none.
  private func keepAsking(_ seat: EventFeed.Seat) async throws {
    while true {
      let middle = await feed.isConnected ? configuration.safetyNetInterval : configuration.pollInterval
      try await Task.sleep(for: Pace(middle: middle, spread: Self.spread).next())
      seat.tick()
    }
  }

  private func follow(
    _ seat: EventFeed.Seat, _ id: String, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    var doubts = 0
    if let result = try await look(id, &doubts, progress) { return result }
    for await signal in seat.signals {
      try Task.checkCancellation()
      if case .ended(let job) = signal, job.state != .succeeded || job.resultURL != nil {
        progress(job)
        return try result(of: job)
      }
      if let result = try await look(id, &doubts, progress) { return result }
    }
    throw CancellationError()
  }

  /// Asks once. Nil while the job runs, and while the service cannot be reached: the deadline ends that, not a bad
  /// minute of the network.
  private func look(
    _ id: String, _ doubts: inout Int, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult? {
    do {
      let job = try await job(id)
      progress(job)
      if job.state == .succeeded, job.resultURL == nil {
        throw GenerationError(.malformedAnswer, "\(name) calls the generation done but names no result.")
      }
      doubts = 0
      return job.state.isFinal ? try result(of: job) : nil
    } catch let error as GenerationError where error.code == .unavailable || error.code == .rateLimited {
      log.warning("could not ask", metadata: ["reason": "\(error.message)"])
      return nil
    } catch let error as GenerationError where error.code == .notFound || error.code == .malformedAnswer {
      doubts += 1
      guard doubts < Self.doubts else { throw error }
      return nil
    }
  }

  private func result(of job: GenerationJob) throws -> GenerationResult {
    switch job.state {
    case .succeeded:
      guard let url = job.resultURL else {
        throw GenerationError(.malformedAnswer, "\(name) calls the generation done but names no result.")
      }
      return .address(url: url, jobID: job.id)
    case .cancelled:
      throw GenerationError(
        .cancelled, "Generation \(client.failure.redactor.clean(job.id, limit: 80)) was cancelled at \(name).")
    default:
      throw client.failure.error(ofFailed: job.id, saying: job.errorMessage)
    }
  }
}
