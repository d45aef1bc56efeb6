import Foundation
import NIOCore
import NIOHTTP1

/// One HTTP request.
struct HTTPCall: Sendable {
  struct Payload: Sendable {
    let bytes: Data
    let contentType: String
  }

  var method: HTTPMethod
  var url: URL
  var headers: [(name: String, value: String)] = []
  var payload: Payload?
  /// Time from the start to the response head, for each redirect separately.
  var headTimeout: Duration = .seconds(60)
  /// Sent on a connection of its own, never on an idle one that may be half closed: for requests that cost money.
  var isPaid = false
  /// Called before the payload leaves.
  var journal: (any SendJournal)?
  /// False for addresses that are signed or public: they never get the key.
  var carriesKey = true
}

/// A response with its whole body.
struct HTTPResponse: Sendable {
  let status: Int
  let headers: HTTPHeaders
  let body: Data
}

/// A call without a response.
struct ExchangeFailure: Error {
  /// False when the request certainly did not leave whole, so that a retry cannot double it.
  let mayHaveArrived: Bool
  /// Without secrets.
  let reason: String
}
