import Foundation
package import HTTPTypes
import Synchronization

/// One HTTP/1.1 request as it leaves.
package struct TransportRequest: Sendable {
  package var method: HTTPRequest.Method
  /// Sent byte for byte.
  package var url: String
  package var headers: HTTPFields
  package var body: TrackedBody?
  /// From the start to the response head.
  package var headTimeout: Duration
  /// A connection of its own, which libcurl never repeats a request on.
  package var usesFreshConnection: Bool

  package init(
    method: HTTPRequest.Method, url: String, headers: HTTPFields, body: TrackedBody?, headTimeout: Duration,
    usesFreshConnection: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.headTimeout = headTimeout
    self.usesFreshConnection = usesFreshConnection
  }
}

/// A response whose body is still to be read.
package struct StreamedResponse: Sendable {
  package let status: Int
  package let headers: HTTPFields
  package let body: ResponseBody
}

/// Why an exchange ended without a whole response.
package struct TransportError: Error, CustomStringConvertible {
  package enum Kind: Sendable { case timedOut, closed, failed }
  package let kind: Kind
  package let description: String
}

/// HTTP over libcurl's multi interface: one thread drives all exchanges.
///
/// Redirects are not followed, responses are not decoded, addresses are not normalised. Proxies and certificates are
/// those of ``NetworkSettings``.
package final class HTTPTransport: Sendable {
  private let queue: TransportQueue

  package init(_ network: NetworkSettings) throws {
    queue = try TransportQueue()
    let queue = queue
    let thread = Thread { TransportLoop(queue, network).run() }
    thread.name = "http"
    thread.start()
  }

  deinit { queue.add(.close) }

  /// Ends all exchanges and the thread; a second call does nothing.
  package func close() { queue.add(.close) }

  /// - Returns: once the response head has arrived.
  /// - Throws: ``TransportError``, `CancellationError`, what the request's journal throws.
  package func execute(_ request: TransportRequest) async throws -> StreamedResponse {
    let exchange = Exchange(request, queue)
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      return try await exchange.start()
    } onCancel: {
      queue.add(.cancel(exchange))
    }
  }
}

/// What other threads ask of the transport's thread.
final class TransportQueue: Sendable {
  enum Command {
    case start(Exchange)
    case resume(Exchange)
    case cancel(Exchange)
    case close
  }

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// A byte in this pipe wakes the thread.
  let wakeRead: Int32
  private let wakeWrite: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TransportError(kind: .failed, description: String(cString: strerror(errno))) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (wakeRead, wakeWrite) = (ends[0], ends[1])
  }

  deinit {
    _ = Foundation.close(wakeRead)
    _ = Foundation.close(wakeWrite)
  }

  func add(_ command: Command) {
    let isRefused = state.withLock { state in
      if state.isClosed { return true }
      state.commands.append(command)
      return false
    }
    if isRefused {
      if case .start(let exchange) = command { exchange.end(.closed) }
      return
    }
    var byte: UInt8 = 0
    _ = write(wakeWrite, &byte, 1)
  }

  func take() -> [Command] {
    state.withLock { state in
      defer { state.commands.removeAll() }
      return state.commands
    }
  }

  /// What came after is refused.
  func close() -> [Command] {
    state.withLock { state in
      state.isClosed = true
      defer { state.commands.removeAll() }
      return state.commands
    }
  }
}

extension TransportError {
  static let closed = TransportError(kind: .closed, description: "the connection was closed")
}
