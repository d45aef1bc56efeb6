import Foundation
import Generation
import Synchronization

/// Posts events to `--notify URL` one after the other, signed with `LONGTAKE_NOTIFY_SECRET`.
final class EventSender: Sendable {
  static let secretVariable = "LONGTAKE_NOTIFY_SECRET"

  private let queue: AsyncStream<Data>.Continuation
  private let work: Task<Int, Never>
  private let url: String

  /// - Throws: ``UsageError``, ``GenerationError`` for an address that is neither https nor loopback.
  init(url: String) throws {
    let environment = ProcessInfo.processInfo.environment
    guard let secret = environment[Self.secretVariable], !secret.isEmpty else {
      throw UsageError("--notify signs what it posts; set \(Self.secretVariable) to the secret that the receiver knows")
    }
    let sender = try SignedSender(url: url, secret: secret, environment: environment, logger: Log.logger("longtake"))
    let (stream, queue) = AsyncStream.makeStream(of: Data.self)
    self.queue = queue
    self.url = sender.shownURL
    work = Task {
      var lost = 0
      for await body in stream {
        let isDelivered = await sender.send(body)
        if !isDelivered { lost += 1 }
      }
      sender.close()
      return lost
    }
  }

  func add(_ body: Data) { queue.yield(body) }

  /// Waits until everything is sent or the time is over.
  /// - Returns: what was not delivered; nil when all was.
  func finish(within time: Duration) async -> String? {
    queue.finish()
    let limit = Task {
      try? await Task.sleep(for: time)
      work.cancel()
    }
    let lost = await work.value
    limit.cancel()
    return lost == 0 ? nil : "\(lost) events could not be posted to \(url)"
  }
}
