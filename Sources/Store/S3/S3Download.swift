import Files
import Foundation
import Generation
import HTTPTypes

/// Streams an object into a file; a broken connection is resumed where it broke, as long as it is the same object.
struct S3Download: Sendable {
  /// Tries in all, as long as each brings something.
  private static let tryLimit = 100
  /// Bytes that are collected before they are written.
  private static let block = 1 << 20

  let client: S3Client
  let key: String

  /// What one try did.
  private enum Step {
    case whole
    case missing
    /// The object is another one now, or the store cannot send a part of it.
    case changed
    case broken(StoreError, retryAfter: Duration?)
  }

  /// - Returns: false when there is no such object.
  func run(to path: String) async throws -> Bool {
    var file = try Self.file(path)
    var progress = Progress()
    var failures = 0
    for _ in 0..<Self.tryLimit {
      let before = progress.bytes
      switch try await attempt(file, &progress) {
      case .whole:
        do throws(FileError) { try file.commit() } catch { throw StoreError(error) }
        return true
      case .missing: return false
      case .changed:
        file = try Self.file(path)
        progress = Progress()
        failures += 1
        try await client.pause(afterFailures: failures, changed)
      case .broken(let error, let retryAfter):
        failures = progress.bytes > before ? 1 : failures + 1
        try await client.pause(afterFailures: failures, error, retryAfter: retryAfter)
      }
    }
    throw StoreError(
      .unavailable, "\(client.configuration.address) broke off \(quoted(key)) \(Self.tryLimit) times.")
  }

  /// What is in the file so far.
  private struct Progress {
    var bytes: Int64 = 0
    var total: Int64?
    var tag: String?
  }

  private static func file(_ path: String) throws -> OutputFile {
    try StoreError.rethrowing(path) {
      let file = try OutputFile(path, overwrite: true)
      try file.write([])
      return file
    }
  }

  private var changed: StoreError {
    StoreError(.conflict, "\(quoted(key)) in \(client.configuration.address) changes again and again while it is read.")
  }

  private func attempt(_ file: borrowing OutputFile, _ progress: inout Progress) async throws -> Step {
    // There is nothing left to ask for.
    if let total = progress.total, progress.bytes == total { return .whole }
    var request = S3Request(method: .get, key: key, action: "read \(quoted(key))")
    if progress.bytes > 0 {
      guard let tag = progress.tag else { return .changed }
      request.headers = [("if-match", tag), ("range", "bytes=\(progress.bytes)-")]
    }
    do {
      let response = try await client.open(request)
      switch (response.status, progress.bytes) {
      case (200, 0):
        progress.tag = response.headers.first(name: "ETag")
        progress.total = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
      case (206, 1...) where Self.start(of: response) == progress.bytes: break
      // The same range again would be answered the same.
      case (200, 1...), (206, _), (412, 1...), (416, 1...): return .changed
      default:
        let answer = S3Answer(
          status: response.status, headers: response.headers, body: try await client.collect(response, request))
        if client.isMissingObject(answer) { return progress.bytes == 0 ? .missing : .changed }
        let failure = client.failure(answer, request)
        guard failure.isPassing else { throw failure.error }
        return .broken(failure.error, retryAfter: failure.retryAfter)
      }
      try await write(response.body, to: file, &progress)
      guard let total = progress.total, progress.bytes != total else { return .whole }
      guard progress.bytes < total else { return .changed }
      return .broken(
        client.unavailable(S3Silence(mayHaveArrived: true, reason: "the body ended early"), request), retryAfter: nil)
    } catch let silence as S3Silence {
      return .broken(client.unavailable(silence, request), retryAfter: nil)
    }
  }

  private func write(_ body: ResponseBody, to file: borrowing OutputFile, _ progress: inout Progress) async throws {
    var waiting: [UInt8] = []
    waiting.reserveCapacity(Self.block * 2)
    func flush() throws {
      guard !waiting.isEmpty else { return }
      try StoreError.rethrowing(file.path) { try file.append(waiting) }
      progress.bytes += Int64(waiting.count)
      waiting.removeAll(keepingCapacity: true)
    }
    do {
      while let chunk = try await client.next(body) {
        waiting += chunk
        if waiting.count >= Self.block { try flush() }
      }
    } catch let silence as S3Silence {
      // What came before the break is kept.
      try flush()
      throw silence
    }
    try flush()
  }

  /// The first byte's place in the object.
  private static func start(of response: StreamedResponse) -> Int64? {
    let range = response.headers.first(name: "Content-Range") ?? ""
    return range.firstMatch(of: /^bytes (\d+)-/).flatMap { Int64($0.output.1) }
  }
}
