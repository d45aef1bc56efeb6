import Foundation
import HTTPTypes
import Hummingbird
import Presets

/// Which of fal's hosts a request is meant for, and what of its path follows.
///
/// The three hosts are paths here: `/run`, `/queue`, `/rest`. Without one, the name of the host decides, so that a proxy
/// may stand for fal's own names; what is still open is taken for the queue.
struct FalPlace: Sendable {
  enum Host: String, Sendable, CaseIterable { case run, queue, rest }

  let host: Host
  /// What the address of the host is, as the client used it.
  let base: String
  let parts: [String]

  init(_ request: Request, origin: String) {
    var parts = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    if let host = parts.first.flatMap(Host.init(rawValue:)) {
      parts.removeFirst()
      self.host = host
      base = "\(origin)/\(host.rawValue)"
    } else {
      let name = request.head.authority?.lowercased() ?? ""
      host = name.hasPrefix("queue.") ? .queue : name.hasPrefix("fal.run") || name.hasPrefix("run.") ? .run : .queue
      base = origin
    }
    self.parts = parts
  }

  /// `owner/app`, which is what a request's addresses keep of an endpoint.
  static func app(of endpoint: String) -> String { endpoint.split(separator: "/").prefix(2).joined(separator: "/") }
}

/// fal's error forms.
enum FalFailure {
  static func refusal(_ status: HTTPResponse.Status, _ words: String) throws -> Response {
    try .json(["detail": .string(words)], status: status)
  }

  /// A model's refusal: the list of what is wrong, with the field where one is named.
  static func model(_ words: String) throws -> Response {
    try .json(
      ["detail": [["loc": .array(place(in: words)), "msg": .string(plain(words)), "type": "value_error"]]],
      status: .unprocessableContent)
  }

  /// The words without the hub's wrapping.
  static func plain(_ words: String) -> String {
    words.replacing(#/^Getting model response error: \d+ - /#, with: "")
  }

  /// `'multi_prompt[0].prompt'` as `body, multi_prompt, 0, prompt`.
  private static func place(in words: String) -> [JSONValue] {
    var place: [JSONValue] = ["body"]
    let named = words.firstMatch(of: /'([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)*)'/).map { String($0.output.1) }
    let bare = words.firstMatch(of: /\b(duration|aspect_ratio|resolution)\b/).map { String($0.output.1) }
    for part in (named ?? bare ?? "").split(whereSeparator: { ".[]".contains($0) }) {
      place.append(Int64(part).map { .integer($0) } ?? .string(String(part)))
    }
    return place
  }
}

/// Lets requests pass that carry a key of fal's form, whatever it is; the key itself is neither kept nor logged.
struct FalKeyCheck: RouterMiddleware {
  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    // The second is what the upload token of ``SandboxRoutes/falToken(_:_:)`` is sent as.
    guard parts.count == 2, ["key", "bearer"].contains(parts[0].lowercased()), !parts[1].allSatisfy(\.isWhitespace)
    else { return try FalFailure.refusal(.unauthorized, "Cannot access application. Authentication is required.") }
    return try await next(request, context)
  }
}
