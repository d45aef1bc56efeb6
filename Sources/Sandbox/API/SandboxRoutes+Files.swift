import Foundation
import Hummingbird
import NIOCore
import Presets

/// Models, repositories and results.
extension SandboxRoutes {
  func listModels(_ request: Request, _ context: Context) async throws -> Response {
    let developer = request.query("developer_name")?.lowercased()
    let models = catalogue.all.filter { developer == nil || $0.developer.lowercased() == developer }
    return try .json(["object": "list", "data": .array(models.map(\.json))])
  }

  func searchModels(_ request: Request, _ context: Context) async throws -> Response {
    guard let text = request.query("search") else { throw APIFailure.invalid("search is required") }
    return try .json(["object": "list", "data": .array(catalogue.matching(text).map(\.json))])
  }

  func showModel(_ request: Request, _ context: Context) async throws -> Response {
    guard let model = catalogue[context.parameters.get("id") ?? ""] else { throw APIFailure.notFound }
    return try .json(model.json)
  }

  func createRepository(_ request: Request, _ context: Context) async throws -> Response {
    let body = try await request.json()
    guard let namespace = body["namespace"]?.stringValue, let name = body["name"]?.stringValue else {
      throw APIFailure.invalid("namespace and name are required")
    }
    guard try repositories.create(namespace: namespace, name: name) else { throw APIFailure.alreadyExists }
    return try .json([
      "status": "success", "status_message": "resource_created",
      "repository": ["namespace": .string(namespace), "name": .string(name)],
    ])
  }

  func upload(_ request: Request, _ context: Context) async throws -> Response {
    let place = try FilePlace(request)
    guard repositories.exists(namespace: place.namespace, name: place.name) else { throw APIFailure.notFound }
    let body = try await request.bytes(upTo: Self.maxUpload)
    let form = try MultipartParser(body, contentType: request.headers[.contentType])
    let files = form.parts.filter { $0.name == "file" || $0.name == "files[]" || $0.name == "files" }
    guard !files.isEmpty else { throw APIFailure.invalid("the form holds no file") }
    let commit = try repositories.store(
      files.map { ($0.fileName ?? place.path.last ?? "file", $0.data) }, namespace: place.namespace, name: place.name,
      branch: place.branch, path: place.path, isFolder: files.contains { $0.name != "file" },
      author: (form.text("name") ?? "", form.text("email") ?? "", form.text("message") ?? ""))
    return try .json(["status": "success", "status_message": "resource_created", "commit": commit.json])
  }

  func download(_ request: Request, _ context: Context) async throws -> Response {
    let place = try FilePlace(request)
    guard
      let path = repositories.path(
        namespace: place.namespace, name: place.name, branch: place.branch, path: place.path)
    else { throw APIFailure.notFound }
    let kind =
      switch (path as NSString).pathExtension.lowercased() {
      case "png": "image/png"
      case "jpg", "jpeg": "image/jpeg"
      case "mp4": "video/mp4"
      default: "application/octet-stream"
      }
    return try await file(path, contentType: kind, tag: nil, request, context)
  }

  func result(_ request: Request, _ context: Context) async throws -> Response {
    let file = context.parameters.get("file") ?? ""
    guard
      address.links.accepts(
        file, expires: request.query("expires"), signature: request.query("signature"),
        now: Date().timeIntervalSince1970)
    else { throw APIFailure.expiredLink() }
    let id = String(file.dropLast(4))
    guard await queue.record(id)?.status == .succeeded else { throw APIFailure.notFound }
    return try await self.file(queue.clipPath(id), contentType: "video/mp4", tag: id, request, context)
  }

  /// A file, or the part of it that a `Range` header names.
  private func file(
    _ path: String, contentType: String, tag: String?, _ request: Request, _ context: Context
  ) async throws -> Response {
    guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
      throw APIFailure.notFound
    }
    var headers: HTTPFields = [.contentType: contentType, .acceptRanges: "bytes"]
    if let tag { headers[.eTag] = "\"\(tag)\"" }
    let isSame = request.headers[.ifRange].map { $0 == headers[.eTag] } ?? true
    guard isSame, let header = request.headers[.range], let range = ByteRange(header) else {
      return Response(status: .ok, headers: headers, body: try await FileIO().loadFile(path: path, context: context))
    }
    guard let bytes = range.within(size) else {
      headers[.contentRange] = "bytes */\(size)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
    headers[.contentRange] = "bytes \(bytes.lowerBound)-\(bytes.upperBound)/\(size)"
    return Response(
      status: .partialContent, headers: headers,
      body: try await FileIO().loadFile(path: path, range: bytes, context: context))
  }
}

/// The parts of `…/repos/{namespace}/{name}/file/{branch}/{path}`.
private struct FilePlace {
  let namespace: String
  let name: String
  let branch: String
  let path: [String]

  init(_ request: Request) throws {
    var parts = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    if parts.first == "api" { parts.removeFirst() }
    guard parts.count >= 5, parts[0] == "repos", parts[3] == "file" else { throw APIFailure.notFound }
    (namespace, name, branch) = (parts[1], parts[2], parts[4])
    path = Array(parts[5...])
  }
}

/// A single range of a `Range: bytes=…` header (RFC 9110); other forms are ignored.
private struct ByteRange {
  private let first: Int?
  private let last: Int?

  init?(_ header: String) {
    guard header.hasPrefix("bytes=") else { return nil }
    let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, !header.contains(",") else { return nil }
    first = Int(ends[0])
    last = Int(ends[1])
    if first == nil && last == nil { return nil }
  }

  func within(_ size: Int) -> ClosedRange<Int>? {
    guard size > 0 else { return nil }
    guard let first else {
      guard let last, last > 0 else { return nil }
      return max(0, size - last)...size - 1
    }
    let end = min(last ?? size - 1, size - 1)
    return first <= end ? first...end : nil
  }
}
