import Files
import Foundation
import Generation
import HTTPTypes

/// A file that is sent in parts, one in memory at a time; it becomes an object when all are there.
struct S3MultipartUpload: Sendable {
  /// Bytes of the smallest part, but for the last; S3 asks for 5 MiB at least.
  private static let smallestPart: Int64 = 8 << 20
  private static let mostParts: Int64 = 10_000
  private static let step: Int64 = 1 << 20
  /// How long removing the parts of a failed upload may take.
  private static let abortTime: Duration = .seconds(20)

  let client: S3Client
  let key: String
  let file: PartSource
  let condition: PutCondition

  /// - Returns: nil when the condition does not hold.
  func run() async throws -> EntityTag? {
    let id = try await begin()
    do {
      let (tags, sha256) = try await sendParts(id)
      guard let tag = try await complete(id, tags, sha256) else {
        await abort(id)
        return nil
      }
      return tag
    } catch {
      await abort(id)
      throw error
    }
  }

  private var partSize: Int { Int(Self.partSize(of: file.bytes)) }

  /// 8 MiB, or as much more as keeps the number of parts allowed.
  static func partSize(of bytes: Int64) -> Int64 {
    let least = (bytes + mostParts - 1) / mostParts
    return max(smallestPart, (least + step - 1) / step * step)
  }

  private func begin() async throws -> String {
    let request = S3Request(
      method: .post, key: key, query: [("uploads", "")], action: "begin to write \(quoted(key))")
    let answer = try await client.send(request)
    guard let id = answer.document?["UploadId"], !id.isEmpty else {
      throw StoreError(
        .malformedAnswer,
        "\(client.configuration.address) began no upload of \(quoted(key)). Check AWS_ENDPOINT_URL_S3.")
    }
    return id
  }

  /// - Returns: the parts' entity tags, and the SHA-256 of all that was sent.
  private func sendParts(_ id: String) async throws -> (tags: [String], sha256: String) {
    let digest = MessageDigest()
    var tags: [String] = []
    var offset: Int64 = 0
    while offset < file.bytes {
      try Task.checkCancellation()
      let part = try file.read(offset, count: Int(min(Int64(partSize), file.bytes - offset)))
      digest.update(part)
      let request = S3Request(
        method: .put, key: key, query: [("partNumber", "\(tags.count + 1)"), ("uploadId", id)], body: part,
        action: "write part \(tags.count + 1) of \(quoted(key))")
      guard let tag = try await client.send(request).headers.first(name: "ETag") else {
        throw StoreError(
          .malformedAnswer, "\(client.configuration.address) could not \(request.action): no entity tag.")
      }
      tags.append(tag)
      offset += Int64(part.count)
    }
    return (tags, digest.hexadecimal)
  }

  private func complete(_ id: String, _ tags: [String], _ sha256: String) async throws -> EntityTag? {
    let parts = tags.enumerated().map { number, tag in
      "<Part><PartNumber>\(number + 1)</PartNumber><ETag>\(Self.escaped(tag))</ETag></Part>"
    }
    let body =
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      + "\(parts.joined())</CompleteMultipartUpload>"
    let request = S3Request(
      method: .post, key: key, query: [("uploadId", id)], headers: condition.headers, body: Data(body.utf8),
      action: "finish writing \(quoted(key))", isConditional: true)
    return try await S3ConditionalWrite(
      client: client, key: key, condition: condition, sha256: sha256, bytes: file.bytes
    ).send(request)
  }

  /// Removes the parts, also of a cancelled task; a store that cannot be reached keeps them until its own rule removes them.
  private func abort(_ id: String) async {
    let request = S3Request(
      method: .delete, key: key, query: [("uploadId", id)], action: "remove parts of \(quoted(key))")
    let client = client
    let removal = Task.detached { _ = try? await client.once(request) }
    let limit = Task.detached {
      try? await Task.sleep(for: Self.abortTime)
      removal.cancel()
    }
    await removal.value
    limit.cancel()
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}

/// A file of this machine that is sent; it is open from the first look on, so that another file of that name changes nothing.
final class PartSource: Sendable {
  let bytes: Int64
  private let path: String
  private let descriptor: Int32

  /// - Throws: ``StoreError`` `localFile`.
  init(_ path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    self.path = path
    guard descriptor >= 0 else {
      bytes = 0
      throw StoreError(FileError(errno: errno, doing: "reading", file: path.terminalSafe))
    }
    var facts = stat()
    let isFile = fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    bytes = Int64(facts.st_size)
    guard isFile else { throw StoreError(.localFile, "\(path.terminalSafe): is no file.") }
  }

  deinit { if descriptor >= 0 { _ = Foundation.close(descriptor) } }

  /// - Throws: ``StoreError`` `localFile`, also when the file became shorter.
  func read(_ offset: Int64, count: Int) throws -> Data {
    var data = Data(count: count)
    var filled = 0
    while filled < count {
      let read = data.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
      }
      if read < 0 {
        if errno == EINTR { continue }
        throw StoreError(FileError(errno: errno, doing: "reading", file: path.terminalSafe))
      }
      guard read > 0 else {
        throw StoreError(.localFile, "\(path.terminalSafe): became shorter while it was stored. Store it again.")
      }
      filled += read
    }
    return data
  }
}
