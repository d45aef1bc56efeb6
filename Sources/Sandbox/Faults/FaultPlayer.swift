import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Plays a script: the first fault due for a request hits it.
struct FaultPlayer: RouterMiddleware {
  typealias Context = SandboxContext

  /// The scripted failure of the generation that this request asks for.
  @TaskLocal static var plannedFailure: String?

  /// How often each fault has matched.
  private final class Tally: Sendable {
    private let counts: Mutex<[Int]>

    init(_ count: Int) { counts = Mutex(Array(repeating: 0, count: count)) }

    /// The first fault due; the request counts for every earlier fault that matches it too.
    func due(_ faults: [Fault], method: String, path: String) -> Fault? {
      counts.withLock { counts in
        for (index, fault) in faults.enumerated() where fault.matches(method: method, path: path) {
          counts[index] += 1
          guard counts[index] > fault.skip else { continue }
          if let times = fault.times, counts[index] > fault.skip + times { continue }
          return fault
        }
        return nil
      }
    }
  }

  private let faults: [Fault]
  private let tally: Tally
  private let log: Logger

  init(_ script: FaultScript, log: Logger) {
    faults = script.faults
    tally = Tally(script.faults.count)
    self.log = log
  }

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    let (method, path) = (request.method.rawValue, request.uri.path)
    guard let fault = tally.due(faults, method: method, path: path) else { return try await next(request, context) }
    log.notice("a scripted fault hits \(method) \(path): \(fault.kind)")
    switch fault.kind {
    case .lostAnswer:
      _ = try? await next(request, context)
      await context.cut()
      return Response(status: .ok)
    case .droppedRequest:
      await context.cut()
      return Response(status: .ok)
    case .status(let status, let pause, let body): return try await answer(status, pause, body, request)
    case .expiredLink: return try APIFailure.expiredLink().response(from: request, context: context)
    case .failedGeneration(let message):
      return try await Self.$plannedFailure.withValue(message) { try await next(request, context) }
    case .slow(let seconds, let rate):
      try await Task.sleep(for: .seconds(seconds))
      let response = try await next(request, context)
      return rate.map { rewritten(response, .trickle(bytesPerSecond: $0), context) } ?? response
    case .droppedStream(let seconds):
      return rewritten(try await next(request, context), .cut(after: seconds), context)
    case .muteStream: return rewritten(try await next(request, context), .swallow, context)
    case .truncatedBody(let bytes): return rewritten(try await next(request, context), .end(at: bytes), context)
    case .corruptedBody(let from, let bytes):
      return rewritten(try await next(request, context), .change(from..<(from + bytes)), context)
    }
  }

  private func answer(
    _ status: Int, _ pause: Fault.RetryAfter?, _ body: String?, _ request: Request
  ) async throws -> Response {
    _ = try? await request.bytes(upTo: SandboxRoutes.maxUpload)
    let text = body ?? #"{"error": {"message": "A scripted fault of the sandbox: \#(status)"}}"#
    let isJSON = text.hasPrefix("{") || text.hasPrefix("[")
    var headers: HTTPFields = [.contentType: isJSON ? "application/json" : "text/plain; charset=utf-8"]
    if let pause { headers[.retryAfter] = pause.header(now: Date()) }
    return Response(
      status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private func rewritten(_ response: Response, _ effect: FaultyWriter.Effect, _ context: SandboxContext) -> Response {
    let body = response.body
    return Response(
      status: response.status, headers: response.headers,
      body: ResponseBody(contentLength: body.contentLength) { writer in
        try await body.write(FaultyWriter(writer, effect, context))
      })
  }
}

/// Forwards a body with a fault's effect.
struct FaultyWriter: ResponseBodyWriter {
  enum Effect: Sendable {
    case end(at: Int)
    case change(Range<Int>)
    case cut(after: Double)
    case swallow
    case trickle(bytesPerSecond: Int)
  }

  /// The connection was closed by a fault.
  struct Cut: Error {}

  /// Writes per second of a throttled body.
  private static let piecesPerSecond = 10
  /// Interval at which a mute stream checks its connection.
  private static let checkInterval: Duration = .milliseconds(100)

  private var inner: any ResponseBodyWriter
  private let effect: Effect
  private let context: SandboxContext
  private var written = 0

  init(_ inner: any ResponseBodyWriter, _ effect: Effect, _ context: SandboxContext) {
    self.inner = inner
    self.effect = effect
    self.context = context
    if case .cut(let seconds) = effect {
      Task {
        try? await Task.sleep(for: .seconds(seconds))
        await context.cut()
      }
    }
  }

  mutating func write(_ buffer: ByteBuffer) async throws {
    guard context.channel.isActive else { throw Cut() }
    var buffer = buffer
    switch effect {
    case .end(let end):
      guard let part = buffer.readSlice(length: min(buffer.readableBytes, max(0, end - written))) else { throw Cut() }
      if part.readableBytes > 0 { try await inner.write(part) }
      written += part.readableBytes
      guard written >= end else { return }
      await context.cut()
      throw Cut()
    case .change(let range):
      let hit = range.clamped(to: written..<(written + buffer.readableBytes))
      for position in hit {
        let index = buffer.readerIndex + position - written
        if let byte = buffer.getInteger(at: index, as: UInt8.self) { buffer.setInteger(~byte, at: index) }
      }
      written += buffer.readableBytes
      try await inner.write(buffer)
    case .cut: try await inner.write(buffer)
    case .swallow: return
    case .trickle(let rate):
      while buffer.readableBytes > 0 {
        let size = max(1, rate / Self.piecesPerSecond)
        guard let part = buffer.readSlice(length: min(buffer.readableBytes, size)) else { return }
        try await inner.write(part)
        try await Task.sleep(for: .seconds(Double(part.readableBytes) / Double(rate)))
      }
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    switch effect {
    case .swallow:
      // Until the client gives up, or the sandbox ends and cancels this.
      while context.channel.isActive { try await Task.sleep(for: Self.checkInterval) }
      throw Cut()
    default: try await inner.finish(trailingHeaders)
    }
  }
}
