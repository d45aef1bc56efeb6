import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// One event stream for everybody who waits: kept connected, watched for silence, and honest about its gaps.
///
/// What fires while nobody is connected is lost, so every connect is told to all waiters, who then ask for their job.
actor EventFeed {
  enum Signal: Sendable {
    /// The job has ended, as the event tells it.
    case ended(GenerationJob)
    /// The stream stands again; anything may have happened before.
    case connected
    /// Time to ask, whatever the stream says.
    case tick
  }

  /// A waiter's place at the stream.
  struct Seat: Sendable {
    let signals: AsyncStream<Signal>
    fileprivate let id: String
    fileprivate let number: Int
    fileprivate let continuation: AsyncStream<Signal>.Continuation

    func tick() { continuation.yield(.tick) }
  }

  /// Events kept for waiters that come later than their event.
  static let memory = 1024
  static let connectPatience: Duration = .seconds(30)
  /// A stream that has stood this long was a good one: the next failure is the first again.
  static let goodAge: Duration = .seconds(60)
  /// Answers that will not change soon: nobody need wait for the stream.
  static let hopeless: Set<UInt> = [401, 403, 404, 405, 501]

  private let session: HTTPSession
  private let url: URL
  private let silence: Duration
  private let retry: RetryPolicy
  private let log: Logger

  private var listening: Task<Void, Never>?
  private(set) var isConnected = false
  private var isClosed = false
  /// The service has said that there is no stream to be had; nobody need wait for it until it stands all the same.
  private var isHopeless = false
  private var seats: [String: [Int: AsyncStream<Signal>.Continuation]] = [:]
  private var nextNumber = 0
  private var early: [String: GenerationJob] = [:]
  private var earlyOrder: [String] = []
  private var readiness: [Int: AsyncStream<Bool>.Continuation] = [:]
  private var requestedPause: Duration?

  init(session: HTTPSession, url: URL, silence: Duration, retry: RetryPolicy) {
    self.session = session
    self.url = url
    self.silence = silence
    self.retry = retry
    log = session.log
  }

  /// Connects if need be. False when that took longer than `patience`; the stream goes on trying.
  func ready(within patience: Duration) async throws -> Bool {
    start()
    if isConnected || isHopeless { return isConnected }
    nextNumber += 1
    let number = nextNumber
    let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
    readiness[number] = continuation
    let timer = Task {
      try? await Task.sleep(for: patience)
      continuation.yield(false)
    }
    defer {
      timer.cancel()
      readiness[number] = nil
    }
    for await isReady in stream {
      if Task.isCancelled { break }
      return isReady
    }
    try Task.checkCancellation()
    return false
  }

  func sit(for id: String) -> Seat {
    start()
    nextNumber += 1
    let (stream, continuation) = AsyncStream.makeStream(of: Signal.self)
    seats[id, default: [:]][nextNumber] = continuation
    if let job = early[id] { continuation.yield(.ended(job)) }
    return Seat(signals: stream, id: id, number: nextNumber, continuation: continuation)
  }

  func leave(_ seat: Seat) {
    seats[seat.id]?[seat.number] = nil
    if seats[seat.id]?.isEmpty == true { seats[seat.id] = nil }
    seat.continuation.finish()
  }

  /// Ends the stream for good.
  func close() async {
    isClosed = true
    let task = listening
    listening = nil
    task?.cancel()
    await task?.value
    for seat in seats.values.flatMap(\.values) { seat.finish() }
    for waiter in readiness.values { waiter.yield(false) }
  }

  // MARK: - Listening

  private func start() {
    guard listening == nil, !isClosed else { return }
    listening = Task { await listen() }
  }

  private func listen() async {
    var failures = 0
    while !Task.isCancelled {
      let began = ContinuousClock.now
      var pause: Duration?
      do {
        pause = try await connection()
      } catch {
        if Task.isCancelled { break }
        log.info("the event stream broke", metadata: ["reason": "\(Self.reason(error))"])
      }
      isConnected = false
      failures = began.duration(to: .now) > Self.goodAge ? 1 : failures + 1
      let own = max(retry.pause(afterFailure: failures), requestedPause ?? .zero)
      try? await Task.sleep(for: max(own, pause ?? .zero))
    }
    isConnected = false
  }

  /// One connection from its beginning to its end; the pause that the service asks for before the next.
  private func connection() async throws -> Duration? {
    let call = HTTPCall(
      method: .GET, url: url, headers: [("Accept", "text/event-stream"), ("Cache-Control", "no-store")],
      headTimeout: Self.connectPatience)
    let response = try await session.open(call)
    guard response.status == .ok else {
      log.warning("no event stream", metadata: ["status": "\(response.status.code)"])
      isHopeless = Self.hopeless.contains(response.status.code)
      if isHopeless { for waiter in readiness.values { waiter.yield(false) } }
      return response.headers.first(name: "Retry-After").flatMap { RetryPolicy.retryAfter($0) }
        .map { min($0, retry.longestRetryAfter) }
    }
    announce()
    try await withStallLimit(silence) { heart in
      var parser = EventStreamParser()
      for try await chunk in response.body {
        heart.beat()
        for event in try parser.feed(chunk.readableBytesView) { await self.take(event) }
        if let milliseconds = parser.reconnectionTime { await self.setPause(.milliseconds(milliseconds)) }
      }
      try Task.checkCancellation()
    }
    return nil
  }

  private func announce() {
    log.debug("the event stream stands")
    isConnected = true
    isHopeless = false
    for seat in seats.values.flatMap(\.values) { seat.yield(.connected) }
    for waiter in readiness.values { waiter.yield(true) }
  }

  private func take(_ event: ServerSentEvent) {
    guard let job = HubAnswer.ended(event) else { return }
    if early.updateValue(job, forKey: job.id) == nil { earlyOrder.append(job.id) }
    if earlyOrder.count > Self.memory { early[earlyOrder.removeFirst()] = nil }
    for seat in (seats[job.id] ?? [:]).values { seat.yield(.ended(job)) }
  }

  private func setPause(_ pause: Duration) { requestedPause = min(pause, retry.longestPause) }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let broken as ExchangeFailure: broken.reason
    case let stalled as Stalled: "silent for \(stalled.limit.inSeconds) s"
    case let error as GenerationError: error.message
    default: "the connection ended"
    }
  }
}
