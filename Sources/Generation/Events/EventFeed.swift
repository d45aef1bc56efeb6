import Foundation
import Logging

/// One event stream for everybody who waits.
///
/// Events that fire while the stream is disconnected are lost, so all subscribers hear of every connect and ask for
/// their job then.
actor EventFeed {
  /// One waiter's subscription.
  struct Subscription: Sendable {
    let signals: AsyncStream<JobWaiter.Signal>
    let continuation: AsyncStream<JobWaiter.Signal>.Continuation
    fileprivate let id: String
    fileprivate let number: Int
  }

  /// Events kept for waiters that come later than their event.
  static let earlyEventLimit = 1024
  private let stream: EventStream
  private var listening: Task<Void, Never>?
  private(set) var isConnected = false
  private var isClosed = false
  /// The service refused the stream, or the connection failed; nobody waits for it until it connects all the same.
  private var isRefused = false
  private var subscribers: [String: [Int: AsyncStream<JobWaiter.Signal>.Continuation]] = [:]
  private var nextNumber = 0
  private var early: [String: GenerationJob] = [:]
  private var earlyOrder: [String] = []
  private var readiness: [Int: AsyncStream<Bool>.Continuation] = [:]

  init(stream: EventStream) { self.stream = stream }

  /// Connects if need be. False when the service refuses, or that took longer than `timeout`; the stream goes on trying.
  func ready(within timeout: Duration) async throws -> Bool {
    start()
    if isConnected || isRefused { return isConnected }
    nextNumber += 1
    let number = nextNumber
    let (answers, continuation) = AsyncStream.makeStream(of: Bool.self)
    readiness[number] = continuation
    let timer = Task {
      try? await stream.session.clock.sleep(for: timeout)
      continuation.yield(false)
    }
    defer {
      timer.cancel()
      readiness[number] = nil
    }
    for await isReady in answers {
      if Task.isCancelled { break }
      return isReady
    }
    try Task.checkCancellation()
    return false
  }

  func subscribe(to id: String) -> Subscription {
    start()
    nextNumber += 1
    let (signals, continuation) = AsyncStream.makeStream(of: JobWaiter.Signal.self)
    subscribers[id, default: [:]][nextNumber] = continuation
    if let job = early[id] { continuation.yield(.reported(job)) }
    return Subscription(signals: signals, continuation: continuation, id: id, number: nextNumber)
  }

  func unsubscribe(_ subscription: Subscription) {
    subscribers[subscription.id]?[subscription.number] = nil
    if subscribers[subscription.id]?.isEmpty == true { subscribers[subscription.id] = nil }
    subscription.continuation.finish()
  }

  /// Ends the stream for good.
  func close() async {
    isClosed = true
    let task = listening
    listening = nil
    task?.cancel()
    await task?.value
    for subscriber in subscribers.values.flatMap(\.values) { subscriber.finish() }
    for waiter in readiness.values { waiter.yield(false) }
  }

  // MARK: - Listening

  private func start() {
    guard listening == nil, !isClosed else { return }
    listening = Task { await stream.listen { await self.take($0) } }
  }

  private func refuse() {
    isRefused = true
    for waiter in readiness.values { waiter.yield(false) }
  }

  private func take(_ notice: EventStream.Notice) {
    switch notice {
    case .connected:
      isConnected = true
      isRefused = false
      for subscriber in subscribers.values.flatMap(\.values) { subscriber.yield(.check) }
      for waiter in readiness.values { waiter.yield(true) }
    case .disconnected:
      // A stream that was connected is tried again at once; one that never was does not hold up a request.
      if !isConnected { refuse() }
      isConnected = false
    case .refused: refuse()
    case .event(let event):
      guard let job = OxenResponse.ended(event) else { return }
      if early.updateValue(job, forKey: job.id) == nil { earlyOrder.append(job.id) }
      if earlyOrder.count > Self.earlyEventLimit { early[earlyOrder.removeFirst()] = nil }
      for subscriber in (subscribers[job.id] ?? [:]).values { subscriber.yield(.reported(job)) }
    }
  }
}
