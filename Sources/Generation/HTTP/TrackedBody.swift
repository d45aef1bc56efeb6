import Foundation
import NIOCore
import Synchronization

/// A request body that records whether it was asked for.
///
/// The client asks for it only once the connection is open and the request head has been sent. Until then no
/// service can have received the whole request, whatever the error.
final class TrackedBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  static let chunk = 1 << 18

  private let bytes: Data
  private let journal: (any SendJournal)?
  private let asked = Mutex(false)

  /// - Parameter journal: called before the first byte; when it throws, nothing is sent.
  init(bytes: Data, journal: (any SendJournal)? = nil) {
    self.bytes = bytes
    self.journal = journal
  }

  var wasAsked: Bool { asked.withLock { $0 } }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

  struct AsyncIterator: AsyncIteratorProtocol {
    let body: TrackedBody
    var offset = 0

    mutating func next() async throws -> ByteBuffer? {
      if !body.wasAsked { try body.journal?.willSend() }
      body.asked.withLock { $0 = true }
      guard offset < body.bytes.count else { return nil }
      let end = Swift.min(offset + TrackedBody.chunk, body.bytes.count)
      let start = body.bytes.startIndex
      defer { offset = end }
      return ByteBuffer(bytes: body.bytes[(start + offset)..<(start + end)])
    }
  }
}
