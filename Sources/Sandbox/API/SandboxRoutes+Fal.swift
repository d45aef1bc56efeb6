import Files
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Presets

/// fal's protocol: queue, blocking call, status stream, cancellation and storage.
extension SandboxRoutes {
  /// The repository for uploads to fal's storage.
  private static let storage = (namespace: "fal-storage", name: "uploads", branch: "main")
  private static let requestIDHeader = HTTPField.Name("x-fal-request-id")
  /// Interval at which a status stream looks for changes.
  private static let statusPace: Duration = .milliseconds(200)
  /// Seconds until an upload token expires.
  private static let tokenLifetime = 3_600.0

  func addFal(to router: Router<Context>) {
    for prefix in ["", "rest"] {
      let open = router.group(RouterPath(prefix))
      open.put("storage/uploads/:id/:name", use: falStore)
      let group = open.add(middleware: FalKeyCheck())
      group.post("storage/upload/initiate", use: falInitiate)
      group.post("storage/auth/token", use: falToken)
      group.post("files/upload", use: falUpload)
    }
    let group = router.group().add(middleware: FalKeyCheck())
    for prefix in ["queue/**", "run/**", "fal-ai/**"] {
      let path = RouterPath(prefix)
      group.post(path, use: falPost)
      group.get(path, use: falGet)
      group.put(path, use: falPut)
    }
  }

  private var origin: String { address.state.origin(host: address.host) }

  // MARK: - Submitting

  private func falPost(_ request: Request, _ context: Context) async throws -> Response {
    let target = FalAddress(request, origin: origin)
    let endpoint = target.parts.joined(separator: "/")
    guard target.parts.count >= 2, catalogue[endpoint] != nil else {
      return try FalFailure.refusal(.notFound, "Application '\(endpoint)' not found")
    }
    let data = try await request.bytes(upTo: Self.maxRequest)
    guard var body = (try? JSONDecoder().decode(JSONValue.self, from: data))?.objectValue else {
      return try FalFailure.refusal(.unprocessableContent, "the body should be a JSON object")
    }
    body["model"] = .string(endpoint)
    body["num_generations"] = nil
    guard let record = try await queue.enqueue(.object(body), isForFal: true).first else { throw APIFailure.notFound }
    guard target.host == .queue else {
      guard let ended = await queue.outcome(of: record.id) else { throw APIFailure.notFound }
      return try named(try falResult(ended), record.id)
    }
    let app = "\(target.base)/\(FalAddress.app(of: endpoint))/requests/\(record.id)"
    return try named(
      .json([
        "status": "IN_QUEUE", "request_id": .string(record.id), "response_url": .string(app),
        "status_url": .string("\(app)/status"), "cancel_url": .string("\(app)/cancel"),
        "queue_position": .integer(Int64(await queue.position(of: record.id))),
      ]), record.id)
  }

  private func named(_ response: Response, _ id: String) throws -> Response {
    var response = response
    if let name = Self.requestIDHeader { response.headers[name] = id }
    return response
  }

  // MARK: - One request

  private func record(in target: FalAddress) async -> (record: GenerationRecord, rest: [String])? {
    guard let index = target.parts.lastIndex(of: "requests"), target.parts.indices.contains(index + 1),
      let record = await queue.record(target.parts[index + 1]), catalogue[record.model]?.isOfFal == true,
      target.parts[..<index].joined(separator: "/") == FalAddress.app(of: record.model)
    else { return nil }
    return (record, Array(target.parts[(index + 2)...]))
  }

  private func falGet(_ request: Request, _ context: Context) async throws -> Response {
    let target = FalAddress(request, origin: origin)
    guard let (record, rest) = await record(in: target) else {
      return try FalFailure.refusal(.notFound, "Request not found")
    }
    let wish = (request.query("logs") ?? "").lowercased()
    let withLogs = wish == "1" || wish == "true"
    switch rest {
    case []:
      guard record.status.isFinal else {
        return try FalFailure.refusal(.badRequest, "Request is still in progress")
      }
      return try named(falResult(record), record.id)
    case ["status"]:
      let status = await falStatus(record, target, withLogs: withLogs)
      return try named(.json(status, status: record.status.isFinal ? .ok : .accepted), record.id)
    case ["status", "stream"]: return falStream(record.id, target, withLogs: withLogs)
    default: return try FalFailure.refusal(.notFound, "Not found")
    }
  }

  private func falPut(_ request: Request, _ context: Context) async throws -> Response {
    let target = FalAddress(request, origin: origin)
    guard let (record, rest) = await record(in: target), rest == ["cancel"] else {
      return try .json(["status": "NOT_FOUND"], status: .notFound)
    }
    guard !record.status.isFinal else { return try .json(["status": "ALREADY_COMPLETED"], status: .badRequest) }
    _ = try await queue.cancel(record.id)
    return try .json(["status": "CANCELLATION_REQUESTED"], status: .accepted)
  }

  private func falStatus(_ record: GenerationRecord, _ target: FalAddress, withLogs: Bool) async -> JSONValue {
    let app = "\(target.base)/\(FalAddress.app(of: record.model))/requests/\(record.id)"
    var members: [String: JSONValue] = [
      "request_id": .string(record.id), "response_url": .string(app), "status_url": .string("\(app)/status"),
      "cancel_url": .string("\(app)/cancel"),
    ]
    let logs: JSONValue = withLogs ? .array(record.falLog) : .null
    switch record.status {
    case .queued:
      members["status"] = "IN_QUEUE"
      members["queue_position"] = .integer(Int64(await queue.position(of: record.id)))
    case .processing:
      members["status"] = "IN_PROGRESS"
      members["logs"] = logs
    case .succeeded, .failed, .cancelled:
      members["status"] = "COMPLETED"
      members["logs"] = logs
      let seconds = (record.completedAt ?? 0) - (record.startedAt ?? record.enqueuedAt)
      members["metrics"] = ["inference_time": .number(max(0, seconds))]
      if record.status == .failed {
        members["error"] = .string(FalFailure.plain(record.errorMessage ?? ""))
        members["error_type"] = "value_error"
      } else if record.status == .cancelled {
        members["error"] = "Request was cancelled"
        members["error_type"] = "request_cancelled"
      }
    }
    return .object(members)
  }

  private func falResult(_ record: GenerationRecord) throws -> Response {
    guard record.status == .succeeded, let url = address.url(record) else {
      if record.status == .cancelled { return try FalFailure.refusal(.badRequest, "Request was cancelled") }
      return try FalFailure.model(record.errorMessage ?? "")
    }
    let path = queue.clipPath(record.id)
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    var result: [String: JSONValue] = [
      "video": [
        "url": .string(url), "content_type": "video/mp4", "file_name": .string("\(record.id).mp4"),
        "file_size": .integer(Int64(size)),
      ]
    ]
    if let note = record.note { result["sandbox_note"] = .string(note) }
    return try .json(.object(result))
  }

  /// Sends the status whenever it changes, comments while it does not, and ends after `COMPLETED`.
  private func falStream(_ id: String, _ target: FalAddress, withLogs: Bool) -> Response {
    let (routes, pause) = (self, keepAlive)
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"],
      body: ResponseBody { writer in
        var last: GenerationRecord.Status?
        var said = ContinuousClock.now
        while let record = await routes.queue.record(id) {
          if record.status != last {
            let status = await routes.falStatus(record, target, withLogs: withLogs)
            let text = String(decoding: try JSONOutput.data(status), as: UTF8.self)
            try await writer.write(ByteBuffer(string: "data: \(text)\n\n"))
            (last, said) = (record.status, .now)
            if record.status.isFinal { break }
          } else if said.duration(to: .now) >= pause {
            try await writer.write(ByteBuffer(string: ": keep-alive\n\n"))
            said = .now
          }
          try await Task.sleep(for: Self.statusPace)
        }
        try await writer.finish(nil)
      })
  }

  // MARK: - Storage

  private func falInitiate(_ request: Request, _ context: Context) async throws -> Response {
    let body = try await request.json()
    guard let name = body["file_name"]?.stringValue, body["content_type"]?.stringValue != nil else {
      return try FalFailure.refusal(.unprocessableContent, "file_name and content_type are required")
    }
    let (id, file) = (UUID().uuidString.lowercased(), Self.fileName(name))
    let query = address.links.query(for: "\(id)/\(file)", now: Date().timeIntervalSince1970)
    return try .json([
      "upload_url": .string("\(origin)/storage/uploads/\(id)/\(file)?\(query)"), "file_url": .string(falFile(id, file)),
    ])
  }

  /// An upload to a signed address, which needs no key.
  private func falStore(_ request: Request, _ context: Context) async throws -> Response {
    guard let id = context.parameters.get("id"), let name = context.parameters.get("name"),
      address.links.accepts(
        "\(id)/\(name)", expires: request.query("expires"), signature: request.query("signature"),
        now: Date().timeIntervalSince1970)
    else { throw APIFailure.expiredLink() }
    try await falKeep(request, id, name)
    return Response(status: .ok)
  }

  private func falToken(_ request: Request, _ context: Context) async throws -> Response {
    let end = Date().addingTimeInterval(Self.tokenLifetime)
    return try .json([
      "token": "sandbox-upload-token", "token_type": "Bearer", "base_url": .string(origin),
      "expires_at": .string(end.formatted(.iso8601).replacing("Z", with: "+00:00")),
    ])
  }

  private func falUpload(_ request: Request, _ context: Context) async throws -> Response {
    let wished = HTTPField.Name("x-fal-file-name").flatMap { request.headers[$0] }
    let (id, name) = (UUID().uuidString.lowercased(), Self.fileName(wished ?? "upload.bin"))
    try await falKeep(request, id, name)
    return try .json(["access_url": .string(falFile(id, name))])
  }

  private func falKeep(_ request: Request, _ id: String, _ name: String) async throws {
    let data = try await request.bytes(upTo: Self.maxUpload)
    _ = try repositories.create(namespace: Self.storage.namespace, name: Self.storage.name)
    _ = try repositories.store(
      [(name, data)], namespace: Self.storage.namespace, name: Self.storage.name, branch: Self.storage.branch,
      path: [id, name], isFolder: false, author: ("fal storage", "", ""))
  }

  private func falFile(_ id: String, _ name: String) -> String {
    "\(origin)/repos/\(Self.storage.namespace)/\(Self.storage.name)/file/\(Self.storage.branch)/\(id)/\(name)"
  }

  /// The client's name made safe: it becomes part of an address and of a path.
  private static func fileName(_ name: String) -> String {
    let plain = name.split(separator: "/").last.map(String.init) ?? ""
    let kept = String(
      plain.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }.suffix(120))
    return kept.isEmpty || kept.allSatisfy { $0 == "." } ? "upload.bin" : kept
  }
}

extension GenerationRecord {
  /// The log lines that fal's runner would have written.
  fileprivate var falLog: [JSONValue] {
    func line(_ text: String, _ time: Double?) -> JSONValue? {
      time.map { time in
        [
          "message": .string(text), "level": "INFO", "source": "USER",
          "timestamp": .string(Date(timeIntervalSince1970: time).formatted(.iso8601)),
        ]
      }
    }
    return [
      line("rendering in the longtake sandbox; no model runs", startedAt),
      line("ended as \(status.rawValue)", completedAt),
    ].compactMap(\.self)
  }
}
