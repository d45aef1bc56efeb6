import Foundation
package import HTTPTypes

/// One HTTP request.
struct HTTPCall: Sendable {
  struct Payload: Sendable {
    let bytes: Data
    let contentType: String
  }

  /// Who gets the key.
  enum KeyUse: Sendable {
    /// Every hop at the API's own origins.
    case always
    /// A hop at one of the API's own origins that answered 401 or 403 without it: for addresses whose signature may
    /// be the authorisation, which a second one would spoil.
    case whenRefused
    /// Nobody.
    case never
  }

  var method: HTTPRequest.Method
  var url: URL
  /// The address as it is sent; nil for that of ``url``.
  var verbatim: String?
  var headers: [(name: String, value: String)] = []
  var payload: Payload?
  /// Time from the start to the response head, for each redirect separately.
  var headTimeout: Duration = .seconds(60)
  /// Sent on a connection of its own, never on an idle one that may be half closed: for requests that cost money.
  var isPaid = false
  /// Called before the payload leaves.
  var journal: (any SendJournal)?
  var key = KeyUse.always

  /// The address as it is sent.
  var sentAddress: String { verbatim ?? url.absoluteString }

  /// Directs the call to another address.
  mutating func redirect(to address: GivenAddress) { (url, verbatim) = (address.url, address.text) }
}

/// A response with its whole body.
struct HTTPResponse: Sendable {
  let status: Int
  let headers: HTTPFields
  let body: Data
}

/// A call without a response.
struct ExchangeFailure: Error {
  /// False when the request certainly did not leave whole, so that a retry cannot double it.
  let mayHaveArrived: Bool
  /// Without secrets.
  let reason: String
}

extension HTTPFields {
  /// The first value of a field; nil when there is none.
  package func first(name: String) -> String? { HTTPField.Name(name).flatMap { self[values: $0].first } }

  func contains(name: String) -> Bool { first(name: name) != nil }

  /// The values of a field that is a list, in one line or several (RFC 9110 §5.6.1).
  func values(name: String) -> [String] {
    guard let name = HTTPField.Name(name) else { return [] }
    return self[values: name].flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// Replaces a field; a name that HTTP does not allow is left out.
  package mutating func set(_ value: String, name: String) {
    guard let name = HTTPField.Name(name) else { return }
    self[name] = value
  }
}
