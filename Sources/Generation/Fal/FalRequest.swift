import Files
import Foundation
import Presets

/// One request in fal's queue: its id and the addresses that fal gave for it, which must survive this process.
struct FalRequest: Sendable, Hashable {
  /// Namespaces before the owner in an endpoint's id, as in fal's own client.
  static let namespaces: Set<String> = ["workflows", "comfy"]

  let requestID: String
  let response: URL
  let status: URL
  let cancel: URL

  /// Parses the response to a submit; nil when it names no request.
  ///
  /// An address that is missing, or on a host that is not the API's and so must not get the key, is replaced by its
  /// documented form.
  init?(answer json: JSONValue, endpoint: String, queue: URL, isOwn: (URL) -> Bool) {
    guard let id = json["request_id"]?.stringValue, !id.isEmpty else { return nil }
    guard let documented = FalRequest(id: id, of: endpoint, queue: queue) else { return nil }
    func address(_ name: String, else other: URL) -> URL {
      guard let url = json[name]?.stringValue.flatMap({ URL(verbatim: $0, relativeTo: queue) }), isOwn(url) else {
        return other
      }
      return url
    }
    requestID = id
    response = address("response_url", else: documented.response)
    status = address("status_url", else: documented.status)
    cancel = address("cancel_url", else: documented.cancel)
  }

  /// A request whose addresses have the documented form, without the endpoint's sub-path.
  init?(id: String, of endpoint: String, queue: URL) {
    let parts = endpoint.split(separator: "/").map(String.init)
    let count = parts.first.map(Self.namespaces.contains) == true ? 3 : 2
    guard parts.count >= count else { return nil }
    self.init(path: Array(parts.prefix(count)) + ["requests", id], queue: queue)
  }

  private init?(path: [String], queue: URL) {
    guard let id = path.last, path.dropLast().last == "requests",
      let base = try? APIAddress(base: queue).url(path),
      let status = try? APIAddress(base: queue).url(path + ["status"]),
      let cancel = try? APIAddress(base: queue).url(path + ["cancel"])
    else { return nil }
    (requestID, response, self.status, self.cancel) = (id, base, status, cancel)
  }

  // MARK: - Job ids

  /// The request's id in this program: its path at the queue, `owner/app/requests/id`, or, where the addresses have
  /// another form, a JSON list of the id and the addresses.
  func jobID(queue: URL) -> String {
    let prefix = queue.absoluteString + "/"
    if response.absoluteString.hasPrefix(prefix), response.query == nil {
      let path = response.absoluteString.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        .map { $0.removingPercentEncoding ?? String($0) }
      if let documented = FalRequest(path: path, queue: queue), documented == self {
        return path.joined(separator: "/")
      }
    }
    let list = [requestID, response.absoluteString, status.absoluteString, cancel.absoluteString]
    return JSONValue.array(list.map { .string($0) }).canonicalJSON
  }

  /// The request id in a job id from ``jobID(queue:)``; the text itself where it is not one.
  static func requestID(inJobID text: String) -> String {
    if let list = addresses(inJobID: text) { return list[0] }
    let path = text.split(separator: "/", omittingEmptySubsequences: false)
    return path.count >= 4 && path.dropLast().last == "requests" ? String(path[path.count - 1]) : text
  }

  private static func addresses(inJobID text: String) -> [String]? {
    let list = JSONText.decode(Data(text.utf8))?.arrayValue?.compactMap(\.stringValue)
    return list?.count == 4 ? list : nil
  }

  /// - Throws: ``GenerationError`` `notFound` for what is not such a job id.
  init(jobID: String, queue: URL) throws {
    if let list = Self.addresses(inJobID: jobID), let response = URL(string: list[1]),
      let status = URL(string: list[2]), let cancel = URL(string: list[3])
    {
      (requestID, self.response, self.status, self.cancel) = (list[0], response, status, cancel)
      return
    }
    let path = jobID.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard path.count >= 4, let request = FalRequest(path: path, queue: queue) else {
      throw GenerationError(
        .notFound, "\(quoted(jobID)) is not a request of fal's queue, such as owner/app/requests/id.")
    }
    self = request
  }

  /// The status stream.
  var stream: URL { Self.below(status, "stream").appendingQuery("logs=1") }
  var statusWithLogs: URL { status.appendingQuery("logs=1") }

  private static func below(_ url: URL, _ part: String) -> URL {
    var components = URLComponents(url: url, resolvingAgainstBaseURL: true)
    components?.percentEncodedPath += "/\(part)"
    return components?.url ?? url
  }
}

extension URL {
  fileprivate func appendingQuery(_ item: String) -> URL {
    var components = URLComponents(url: self, resolvingAgainstBaseURL: true)
    let query = components?.percentEncodedQuery
    components?.percentEncodedQuery = query.map { $0.isEmpty ? item : "\($0)&\(item)" } ?? item
    return components?.url ?? self
  }
}
