import Files
import Foundation
import Generation
import HTTPTypes

/// A store in a bucket of S3 or of a service that speaks its protocol.
struct S3Store: RangedObjectStore {
  /// Bytes of a content that is sent in one request.
  static let largestSinglePut: Int64 = 16 << 20
  private static let largestList = 100_000

  let client: S3Client
  var address: String { client.configuration.address }

  /// - Throws: ``StoreError``: `unsupported`, `notAuthorised`.
  init(
    _ url: String, environment: [String: String],
    retry: RetryPolicy = RetryPolicy(attempts: 8, firstPause: .milliseconds(300), longestPause: .seconds(10))
  ) throws {
    client = try S3Client(S3Configuration(url, environment: environment), retry: retry)
  }

  func close() { client.close() }

  func put(_ key: String, _ body: ObjectBody, if condition: PutCondition) async throws -> EntityTag? {
    try ObjectKey.check(key)
    let content: Data
    switch body {
    case .bytes(let bytes): content = Data(bytes)
    case .file(let path):
      let file = try PartSource(path)
      guard file.bytes <= Self.largestSinglePut else {
        return try await S3MultipartUpload(client: client, key: key, file: file, condition: condition).run()
      }
      content = try file.read(0, count: Int(file.bytes))
    }
    let request = S3Request(
      method: .put, key: key, headers: condition.headers, body: content, action: "write \(quoted(key))",
      isConditional: condition != .none)
    guard condition == .none else {
      return try await S3ConditionalWrite(
        client: client, key: key, condition: condition, sha256: SHA256Text.of(content), bytes: Int64(content.count)
      ).send(request)
    }
    let answer = try await client.send(request)
    if let tag = answer.tag { return tag }
    return try await facts(key)?.tag
  }

  func get(_ key: String, limit: Int) async throws -> StoredObject? {
    try ObjectKey.check(key)
    var request = S3Request(method: .get, key: key, action: "read \(quoted(key))")
    request.limit = max(limit, 1 << 16)
    let answer = try await client.send(request, accepting: [404])
    guard !client.isMissingObject(answer) else { return nil }
    guard answer.isSuccess else { throw client.failure(answer, request).error }
    guard answer.body.count <= limit else {
      throw StoreError(
        .malformedAnswer,
        "\(quoted(key)) in \(address) has \(answer.body.count) bytes, more than the \(limit) expected.")
    }
    guard let tag = answer.tag else {
      throw StoreError(.malformedAnswer, "\(address) sent \(quoted(key)) without an entity tag.")
    }
    return StoredObject(bytes: Array(answer.body), tag: tag)
  }

  func download(_ key: String, to path: String) async throws -> Bool {
    try ObjectKey.check(key)
    return try await S3Download(client: client, key: key).run(to: path)
  }

  func bytes(_ key: String, from start: Int) async throws -> [UInt8] {
    try ObjectKey.check(key)
    let request = S3Request(
      method: .get, key: key, headers: [("range", "bytes=\(start)-")], action: "read a part of \(quoted(key))")
    let answer = try await client.send(request)
    guard answer.status == 206 else {
      throw StoreError(.unsupported, "\(address) sends no parts of objects, so that no download could be resumed.")
    }
    return Array(answer.body)
  }

  func facts(_ key: String) async throws -> ObjectFacts? {
    try ObjectKey.check(key)
    let request = S3Request(method: .head, key: key, action: "look at \(quoted(key))")
    let answer = try await client.send(request, accepting: [404])
    guard answer.isSuccess else { return nil }
    guard let bytes = answer.headers.first(name: "Content-Length").flatMap({ Int64($0) }), bytes >= 0 else {
      throw StoreError(.malformedAnswer, "\(address) does not tell how long \(quoted(key)) is.")
    }
    let modified = answer.headers.first(name: "Last-Modified").flatMap { HTTPDate.parse($0)?.timeIntervalSince1970 }
    return ObjectFacts(key: key, bytes: bytes, tag: answer.tag, modifiedAt: modified)
  }

  func list(prefix: String) async throws -> [ObjectFacts] {
    try ObjectKey.check(prefix: prefix)
    var found: [ObjectFacts] = []
    var token: String?
    for _ in 0..<Self.largestList {
      var request = S3Request(method: .get, action: "list \(quoted(prefix))")
      request.query = [("list-type", "2"), ("prefix", client.configuration.prefix + prefix)]
      if let token { request.query.append(("continuation-token", token)) }
      let answer = try await client.send(request)
      guard let page = answer.document, page.name == "ListBucketResult" else {
        throw StoreError(
          .malformedAnswer, "\(address) did not answer with a list of objects. Check AWS_ENDPOINT_URL_S3.")
      }
      found += page.elements("Contents").compactMap(facts)
      guard page["IsTruncated"] == "true" else {
        return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      }
      guard let next = page["NextContinuationToken"], !next.isEmpty, next != token else {
        throw StoreError(.malformedAnswer, "\(address) does not tell how its list goes on.")
      }
      token = next
    }
    throw StoreError(.malformedAnswer, "\(address) sent a list without an end.")
  }

  func delete(_ key: String) async throws {
    try ObjectKey.check(key)
    let request = S3Request(method: .delete, key: key, action: "delete \(quoted(key))")
    let answer = try await client.send(request, accepting: [404])
    guard answer.isSuccess || client.isMissingObject(answer) else { throw client.failure(answer, request).error }
  }

  /// An entry of a list; nil for what is no object of this store.
  private func facts(_ entry: S3Document.Element) -> ObjectFacts? {
    let prefix = client.configuration.prefix
    guard let name = entry["Key"], name.utf8.starts(with: prefix.utf8), let bytes = entry["Size"].flatMap({ Int64($0) })
    else { return nil }
    let key = String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    // Some stores list folders.
    guard (try? ObjectKey.check(key)) != nil else { return nil }
    let modified = entry["LastModified"].flatMap { time in
      Self.timestamps.lazy.compactMap { try? Date(time, strategy: $0) }.first
    }
    return ObjectFacts(
      key: key, bytes: bytes, tag: entry["ETag"].map { EntityTag($0) }, modifiedAt: modified?.timeIntervalSince1970)
  }

  /// Such as `2009-10-12T17:50:30.000Z`, or without the fraction.
  private static let timestamps = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
}

extension PutCondition {
  /// The header that carries it.
  var headers: [(name: String, value: String)] {
    switch self {
    case .none: []
    case .absent: [("if-none-match", "*")]
    case .matches(let tag): [("if-match", tag.text)]
    }
  }
}

extension S3Client {
  /// Whether an answer says that there is no such object, rather than no such bucket or a wrong server.
  func isMissingObject(_ answer: S3Answer) -> Bool {
    guard answer.status == 404, let document = answer.document else { return false }
    return document.name == "Error" && document["Code"] == "NoSuchKey"
  }
}
