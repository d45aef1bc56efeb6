import Foundation
import NIOCore
import NIOHTTP1

/// One request as the rooms' clients see it.
struct HTTPCall: Sendable {
  struct Payload: Sendable {
    let bytes: Data
    let contentType: String
  }

  var method: HTTPMethod
  var url: URL
  var headers: [(name: String, value: String)] = []
  var payload: Payload?
  /// Time from the start to the answer's head, redirects included each on their own.
  var headTimeout: Duration = .seconds(60)
  /// On a connection of its own, never on one that idled and may be half dead: for requests that cost money.
  var isPaid = false
  /// Told before the payload leaves.
  var journal: (any SendJournal)?
  /// False for addresses that are signed or public: the key stays away from them wherever they are.
  var carriesKey = true
}

/// An answer read whole.
struct HTTPAnswer: Sendable {
  let status: Int
  let headers: HTTPHeaders
  let body: Data
}

/// A call that got no answer.
struct ExchangeFailure: Error {
  /// False when the request certainly did not leave whole, so that sending it again cannot double it.
  let mayHaveArrived: Bool
  /// Cleaned of secrets.
  let reason: String
}
