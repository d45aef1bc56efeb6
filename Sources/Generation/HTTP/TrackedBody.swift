package import Foundation
import Synchronization

/// A request body that records whether it was asked for.
///
/// libcurl asks for it only once the connection is open and the request head has been sent. Until then no service can
/// have received the whole request, whatever the error.
package final class TrackedBody: Sendable {
  package let bytes: Data
  private let journal: (any SendJournal)?
  private let asked = Mutex(false)

  /// - Parameter journal: called before the first byte; when it throws, nothing is sent.
  init(bytes: Data, journal: (any SendJournal)?) {
    self.bytes = bytes
    self.journal = journal
  }

  package init(bytes: Data) {
    self.bytes = bytes
    journal = nil
  }

  package var wasAsked: Bool { asked.withLock { $0 } }

  /// Called before each block.
  /// - Throws: what the journal throws, before anything is sent.
  func begin() throws {
    try asked.withLock { asked in
      if !asked { try journal?.willSend() }
      asked = true
    }
  }
}
