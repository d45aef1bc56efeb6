import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

extension FalProvider {
  public func wait(
    for id: String, timeout: Duration, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    try await withDeadline(timeout, throwing: self.watch.late(id, after: timeout)) {
      self.waitMode == .sse
        ? try await self.listen(for: id, progress: progress)
        : try await self.watch.poll(id, every: self.configuration.pollInterval, progress: progress)
    }
  }

  /// What the status stream and the clock tell the one who waits.
  private enum Signal: Sendable {
    case told(GenerationJob.State)
    case connected
    case broken
    case tick
  }

  private func listen(
    for id: String, progress: @Sendable @escaping (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let request = try FalRequest(jobID: id, queue: configuration.queueBase)
    let (signals, teller) = AsyncStream.makeStream(of: Signal.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepListening(to: request.stream, teller) }
      group.addTask { try await self.keepAsking(teller) }
      defer {
        group.cancelAll()
        teller.finish()
      }
      return try await self.follow(signals, id, progress)
    }
  }

  private func follow(
    _ signals: AsyncStream<Signal>, _ id: String, _ progress: (GenerationJob) -> Void
  ) async throws -> GenerationResult {
    let watch = watch
    var doubts = 0
    var last: GenerationJob.State?
    if let result = try await watch.look(id, &doubts, progress) { return result }
    for await signal in signals {
      try Task.checkCancellation()
      if case .told(let state) = signal, !state.isFinal {
        if state != last { progress(GenerationJob(id: id, state: state)) }
        last = state
        continue
      }
      if case .broken = signal { continue }
      if let result = try await watch.look(id, &doubts, progress) { return result }
    }
    throw CancellationError()
  }

  /// The safety net beside the stream.
  private func keepAsking(_ teller: AsyncStream<Signal>.Continuation) async throws {
    let pace = JitteredInterval(middle: configuration.safetyNetInterval, spread: JobPoller.spread)
    while true {
      try await Task.sleep(for: pace.next())
      teller.yield(.tick)
    }
  }

  /// Keeps the status stream connected until the task is cancelled; what was missed meanwhile is asked for.
  private func keepListening(to url: URL, _ teller: AsyncStream<Signal>.Continuation) async {
    var failures = 0
    while !Task.isCancelled {
      let began = ContinuousClock.now
      var asked: Duration?
      do {
        asked = try await connection(url, teller)
      } catch {
        if Task.isCancelled { return }
        log.info("a status stream broke", metadata: ["address": "\(session.shown(url))"])
      }
      teller.yield(.broken)
      failures = began.duration(to: .now) > EventFeed.goodAge ? 1 : failures + 1
      try? await Task.sleep(for: max(configuration.retry.pause(afterFailure: failures), asked ?? .zero))
      // The net is wide beside a stream; without one the usual pace is kept here.
      if failures > 1 {
        try? await Task.sleep(for: JitteredInterval(middle: configuration.pollInterval, spread: JobPoller.spread).next())
        teller.yield(.tick)
      }
    }
  }

  /// One connection from its beginning to its end; the pause that the service asks for before the next.
  private func connection(_ url: URL, _ teller: AsyncStream<Signal>.Continuation) async throws -> Duration? {
    let call = HTTPCall(
      method: .GET, url: url, headers: [("Accept", "text/event-stream"), ("Cache-Control", "no-store")],
      headTimeout: EventFeed.connectPatience)
    let response = try await session.open(call)
    guard response.status == .ok || response.status == .accepted else {
      log.info("no status stream", metadata: ["status": "\(response.status.code)"])
      return response.headers.first(name: "Retry-After").flatMap { RetryPolicy.retryAfter($0) }
        .map { min($0, configuration.retry.longestRetryAfter) }
    }
    teller.yield(.connected)
    try await withStallLimit(configuration.streamSilence) { heart in
      var parser = EventStreamParser()
      for try await chunk in response.body {
        heart.beat()
        for event in try parser.feed(chunk.readableBytesView) {
          guard let json = JSONText.decode(Data(event.data.utf8)), let status = FalAnswer.status(json) else { continue }
          teller.yield(.told(status.state))
        }
      }
      try Task.checkCancellation()
    }
    return nil
  }
}
