import Files
import Foundation
import Generation
import HTTPTypes

/// A write that only one of several writers may make. Its answer may be lost; then the object decides.
struct S3ConditionalWrite: Sendable {
  let client: S3Client
  let key: String
  let condition: PutCondition
  /// Of the content that is written.
  let sha256: String
  let bytes: Int64

  /// What is known after an answer was lost.
  private enum State {
    /// The object has the content of this write.
    case written(EntityTag)
    /// The condition still holds: the write was not made, or will not be seen before the next one.
    case open
    /// Something else was written, before or after.
    case changed
  }

  /// - Returns: nil when the condition does not hold.
  /// - Throws: ``StoreError``: `answerLost`, `conflict` and others.
  func send(_ request: S3Request, read: (S3Answer) -> Outcome = Self.outcome) async throws -> EntityTag? {
    var failures = 0
    var isUncertain = false
    while true {
      var failed: StoreError
      var retryAfter: Duration?
      do {
        let answer = try await client.once(request)
        switch read(answer) {
        case .written: return try await tag(of: answer)
        case .refused:
          guard isUncertain else { return nil }
          if case .written(let tag) = try await look() { return tag }
          throw lost("another condition was met when it was repeated")
        case .failed:
          let failure = client.failure(answer, request)
          guard failure.isPassing else {
            guard isUncertain else { throw failure.error }
            throw lost(failure.error.message)
          }
          isUncertain = isUncertain || !failure.isRefusal
          (failed, retryAfter) = (failure.error, failure.retryAfter)
        }
      } catch let silence as S3Silence {
        isUncertain = isUncertain || silence.mayHaveArrived
        failed = client.unavailable(silence, request)
      }
      failures += 1
      if isUncertain { failed = lost(failed.message) }
      try await client.pause(afterFailures: failures, failed, retryAfter: retryAfter)
      guard isUncertain else { continue }
      switch try await look() {
      case .written(let tag): return tag
      case .open: continue
      case .changed: throw failed
      }
    }
  }

  /// What an answer to a conditional write says.
  enum Outcome {
    case written, refused, failed
  }

  static func outcome(_ answer: S3Answer) -> Outcome {
    if answer.isSuccess { return answer.document?.name == "Error" ? .failed : .written }
    if answer.status == 412 { return .refused }
    // `If-Match` and no object.
    let code = answer.status == 404 ? answer.document?["Code"] : nil
    return code == "NoSuchKey" ? .refused : .failed
  }

  private func tag(of answer: S3Answer) async throws -> EntityTag {
    if let tag = answer.tag ?? answer.document?["ETag"].map({ EntityTag($0) }) { return tag }
    if case .written(let tag) = try await look() { return tag }
    throw lost("the store sent no entity tag")
  }

  /// Reads the object back.
  private func look() async throws -> State {
    let current: S3Content?
    do {
      current = try await S3Content(client: client, key: key)
    } catch let error as StoreError {
      throw lost(error.message)
    }
    if let current, current.sha256 == sha256, current.bytes == bytes { return .written(current.tag) }
    switch condition {
    case .none: return .open
    case .absent: return current == nil ? .open : .changed
    case .matches(let tag): return current?.tag == tag ? .open : .changed
    }
  }

  private func lost(_ reason: String) -> StoreError {
    StoreError(
      .answerLost,
      "\(quoted(key)) may have been written to \(client.configuration.address), but the answer was lost: \(reason)"
        + "\(reason.hasSuffix(".") ? "" : ".") Read it again.")
  }
}

/// Digest and size of what an object holds, read in constant memory.
struct S3Content: Sendable {
  let sha256: String
  let bytes: Int64
  let tag: EntityTag

  /// Nil when there is no such object.
  init?(client: S3Client, key: String) async throws {
    let request = S3Request(method: .get, key: key, action: "read \(quoted(key))")
    var failures = 0
    while true {
      let failed: StoreError
      do {
        let response = try await client.open(request)
        guard response.status == 200 else {
          let answer = S3Answer(
            status: response.status, headers: response.headers, body: try await client.collect(response, request))
          if client.isMissingObject(answer) { return nil }
          let failure = client.failure(answer, request)
          guard failure.isPassing else { throw failure.error }
          failed = failure.error
          failures += 1
          try await client.pause(afterFailures: failures, failed)
          continue
        }
        guard let tag = response.headers.first(name: "ETag") else {
          throw StoreError(
            .malformedAnswer, "\(client.configuration.address) sent \(quoted(key)) without an entity tag.")
        }
        let digest = MessageDigest()
        var count: Int64 = 0
        while let chunk = try await client.next(response.body) {
          digest.update(chunk)
          count += Int64(chunk.count)
        }
        self.init(sha256: digest.hexadecimal, bytes: count, tag: EntityTag(tag))
        return
      } catch let silence as S3Silence {
        failures += 1
        try await client.pause(afterFailures: failures, client.unavailable(silence, request))
      }
    }
  }

  private init(sha256: String, bytes: Int64, tag: EntityTag) {
    self.sha256 = sha256
    self.bytes = bytes
    self.tag = tag
  }
}
