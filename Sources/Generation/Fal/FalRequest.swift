import Foundation
import Presets

/// One request in fal's queue: its id and the addresses it was given, which have to survive this process.
struct FalRequest: Sendable, Hashable {
  /// Namespaces that stand before the owner in an endpoint's id, as fal's own client knows them.
  static let namespaces: Set<String> = ["workflows", "comfy"]

  let requestID: String
  let response: URL
  let status: URL
  let cancel: URL

  /// Reads the answer to a submit; nil when it names no request.
  ///
  /// An address that is missing, or on a host that is none of the API's and so must not see the key, is replaced by its
  /// published form.
  init?(answer json: JSONValue, endpoint: String, queue: URL, isOwn: (URL) -> Bool) {
    guard let id = json["request_id"]?.stringValue, !id.isEmpty else { return nil }
    guard let usual = FalRequest(id: id, of: endpoint, queue: queue) else { return nil }
    func address(_ name: String, else other: URL) -> URL {
      json[name]?.stringValue.flatMap { URL(string: $0, relativeTo: queue)?.absoluteURL }.flatMap {
        isOwn($0) ? $0 : nil
      }
        ?? other
    }
    requestID = id
    response = address("response_url", else: usual.response)
    status = address("status_url", else: usual.status)
    cancel = address("cancel_url", else: usual.cancel)
  }

  /// A request whose addresses have the published form: the endpoint's sub-path is dropped.
  init?(id: String, of endpoint: String, queue: URL) {
    let parts = endpoint.split(separator: "/").map(String.init)
    let count = parts.first.map(Self.namespaces.contains) == true ? 3 : 2
    guard parts.count >= count else { return nil }
    self.init(path: Array(parts.prefix(count)) + ["requests", id], queue: queue)
  }

  private init?(path: [String], queue: URL) {
    guard let id = path.last, path.dropLast().last == "requests",
      let base = try? HubAddress(base: queue).url(path),
      let status = try? HubAddress(base: queue).url(path + ["status"]),
      let cancel = try? HubAddress(base: queue).url(path + ["cancel"])
    else { return nil }
    (requestID, response, self.status, self.cancel) = (id, base, status, cancel)
  }

  // MARK: - As a job's id

  /// What names the request in this program: its path at the queue, `owner/app/requests/id`, or, where the addresses
  /// have another form, a JSON list of the id and the addresses.
  func jobID(queue: URL) -> String {
    let prefix = queue.absoluteString + "/"
    if response.absoluteString.hasPrefix(prefix), response.query == nil {
      let path = response.absoluteString.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        .map { $0.removingPercentEncoding ?? String($0) }
      if let usual = FalRequest(path: path, queue: queue), usual == self { return path.joined(separator: "/") }
    }
    let list = [requestID, response.absoluteString, status.absoluteString, cancel.absoluteString]
    return JSONValue.array(list.map { .string($0) }).canonicalJSON
  }

  /// The request's own id in what ``jobID(queue:)`` made; the text itself where it is none of these.
  static func requestID(inJobID text: String) -> String {
    if let list = addresses(inJobID: text) { return list[0] }
    let path = text.split(separator: "/", omittingEmptySubsequences: false)
    return path.count >= 4 && path.dropLast().last == "requests" ? String(path[path.count - 1]) : text
  }

  private static func addresses(inJobID text: String) -> [String]? {
    let list = JSONText.decode(Data(text.utf8))?.arrayValue?.compactMap(\.stringValue)
    return list?.count == 4 ? list : nil
  }

  /// - Throws: ``GenerationError`` `notFound` for what is no id of ours.
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
        .notFound, "\(Redactor.escape(jobID)) is no request of fal's queue: owner/app/requests/id is expected.")
    }
    self = request
  }

  /// The status stream.
  var stream: URL { Self.below(status, "stream").appendingQuery("logs=1") }
  var statusWithLogs: URL { status.appendingQuery("logs=1") }

  private static func below(_ url: URL, _ part: String) -> URL {
    var components = URLComponents(url: url, resolvingAgainstBaseURL: true)
    components?.path += "/\(part)"
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
