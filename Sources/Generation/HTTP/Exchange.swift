package import Foundation
import HTTPTypes
import Synchronization

/// One request and its response, between the task that asks and the transport's thread.
final class Exchange: Sendable {
  /// Bytes that wait for the reader before libcurl pauses.
  static let bufferLimit = 512 << 10

  private struct State {
    var head: CheckedContinuation<StreamedResponse, any Error>?
    var reader: CheckedContinuation<Data?, any Error>?
    var status = 0
    var headers = HTTPFields()
    var hasHead = false
    var buffer = Data()
    var isPaused = false
    var sent = 0
    /// Set once the exchange has ended: nil is a whole response.
    var end: Result<Void, any Error>?
    /// What the journal threw.
    var refusal: (any Error)?
  }

  let request: TransportRequest
  private let queue: TransportQueue
  private let state = Mutex(State())

  init(_ request: TransportRequest, _ queue: TransportQueue) {
    self.request = request
    self.queue = queue
  }

  func start() async throws -> StreamedResponse {
    try await withCheckedThrowingContinuation { continuation in
      // Cancelled before it began: nobody else would resume it.
      let ended = state.withLock { state in
        if state.end == nil { state.head = continuation }
        return state.end
      }
      if let ended { return continuation.resume(throwing: ended.failure ?? TransportError.closed) }
      queue.add(.start(self))
    }
  }

  /// The next bytes of the body; nil at its end.
  func read() async throws -> Data? {
    try await withTaskCancellationHandler {
      try Task.checkCancellation()
      return try await withCheckedThrowingContinuation { continuation in
        let (answer, isPaused) = state.withLock { state -> (Result<Data?, any Error>?, Bool) in
          if !state.buffer.isEmpty {
            let bytes = state.buffer
            state.buffer = Data()
            defer { state.isPaused = false }
            return (.success(bytes), state.isPaused)
          }
          switch state.end {
          case .success: return (.success(nil), false)
          case .failure(let error): return (.failure(error), false)
          case nil:
            state.reader = continuation
            return (nil, false)
          }
        }
        if isPaused { queue.add(.resume(self)) }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      queue.add(.cancel(self))
    }
  }

  func cancel() { queue.add(.cancel(self)) }

  var hasHead: Bool { state.withLock { $0.hasHead } }
  var hasEnded: Bool { state.withLock { $0.end != nil } }

  // MARK: - On the transport's thread

  /// - Returns: false when the reader is slow and the bytes must come again.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (reader, isTaken) = state.withLock { state -> (CheckedContinuation<Data?, any Error>?, Bool) in
      if let reader = state.reader {
        state.reader = nil
        return (reader, true)
      }
      guard state.buffer.count < Self.bufferLimit else {
        state.isPaused = true
        return (nil, false)
      }
      state.buffer.append(contentsOf: bytes)
      return (nil, true)
    }
    reader?.resume(returning: Data(bytes))
    return isTaken
  }

  /// One line of the head; an empty one ends it. Interim responses and trailers are passed over.
  func receiveHeader(_ line: String) {
    let head = state.withLock { state -> (CheckedContinuation<StreamedResponse, any Error>, StreamedResponse)? in
      guard !state.hasHead else { return nil }
      let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
      if text.hasPrefix("HTTP/") {
        state.status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        state.headers = HTTPFields()
      } else if let colon = text.firstIndex(of: ":") {
        guard let name = HTTPField.Name(String(text[..<colon])) else { return nil }
        let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        state.headers.append(HTTPField(name: name, value: value))
      } else if text.isEmpty, state.status >= 200, let head = state.head {
        state.hasHead = true
        state.head = nil
        return (head, StreamedResponse(status: state.status, headers: state.headers, body: ResponseBody(self)))
      }
      return nil
    }
    if let (continuation, response) = head { continuation.resume(returning: response) }
  }

  /// - Returns: bytes put into the buffer; nil when the journal refuses the request.
  func send(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard let body = request.body else { return 0 }
    do {
      try body.begin()
    } catch {
      state.withLock { $0.refusal = error }
      return nil
    }
    return state.withLock { state in
      let count = min(buffer.count, body.bytes.count - state.sent)
      let start = body.bytes.startIndex + state.sent
      body.bytes.copyBytes(to: buffer, from: start..<start + count)
      state.sent += count
      return count
    }
  }

  /// A request on a connection that had died idle is sent again by libcurl; one on a fresh connection never is.
  func rewind() -> Bool {
    guard !request.usesFreshConnection else { return false }
    state.withLock { $0.sent = 0 }
    return true
  }

  func end(_ error: TransportError?) { finish(error.map { .failure($0) } ?? .success(())) }

  func endCancelled() { finish(.failure(CancellationError())) }

  private func finish(_ result: Result<Void, any Error>) {
    let waiting = state.withLock { state -> Waiting in
      guard state.end == nil else { return Waiting(outcome: result) }
      let outcome = state.refusal.map { Result<Void, any Error>.failure($0) } ?? result
      state.end = outcome
      defer { (state.head, state.reader) = (nil, nil) }
      return Waiting(head: state.head, reader: state.reader, outcome: outcome)
    }
    waiting.head?.resume(throwing: waiting.outcome.failure ?? TransportError.closed)
    switch waiting.outcome {
    case .success: waiting.reader?.resume(returning: nil)
    case .failure(let error): waiting.reader?.resume(throwing: error)
    }
  }

  /// Who has to hear of the end.
  private struct Waiting {
    var head: CheckedContinuation<StreamedResponse, any Error>?
    var reader: CheckedContinuation<Data?, any Error>?
    var outcome: Result<Void, any Error>
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// The bytes of a response as they arrive; the connection waits for a slow reader. Ends the exchange when it is let go.
package final class ResponseBody: AsyncSequence, Sendable {
  package typealias Element = Data

  private let exchange: Exchange

  init(_ exchange: Exchange) { self.exchange = exchange }

  deinit { exchange.cancel() }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

  package struct AsyncIterator: AsyncIteratorProtocol {
    let body: ResponseBody
    package mutating func next() async throws -> Data? { try await body.exchange.read() }
  }
}
