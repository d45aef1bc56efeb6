import Foundation
import Logging

extension OxenProvider {
  public func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    try await withDeadline(timeout, throwing: self.watch.late(id, after: timeout)) {
      self.waitMode == .sse
        ? try await self.listen(for: id, progress: progress)
        : try await self.watch.poll(id, every: self.configuration.pollInterval, progress: progress)
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
      try await Task.sleep(for: JitteredInterval(middle: middle, spread: JobPoller.spread).next())
      seat.tick()
    }
  }

  private func follow(
    _ seat: EventFeed.Seat, _ id: String, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let watch = watch
    var doubts = 0
    if let result = try await watch.look(id, &doubts, progress) { return result }
    for await signal in seat.signals {
      try Task.checkCancellation()
      if case .ended(let job) = signal, job.state != .succeeded || job.resultURL != nil {
        progress(job)
        return try await watch.result(of: job)
      }
      if let result = try await watch.look(id, &doubts, progress) { return result }
    }
    throw CancellationError()
  }
}
