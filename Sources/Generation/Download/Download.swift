import Foundation
import HTTPTypes
import Logging

/// Downloads one clip to a file: constant memory, resumed after a break where the server allows it, never half a file
/// under the final name.
struct Download: Sendable {
  /// Tries in all, as long as each brings something.
  static let tryLimit = 40
  /// Bytes between two reports of progress.
  static let progressStep: Int64 = 256 << 10
  /// Refusals of a clip's address; after each a fresh address is requested where possible.
  static let expiryLimit = 3
  /// Statuses of an expired address, depending on the server.
  static let expired: Set<Int> = [400, 401, 403, 404, 410]
  /// Object stores answer 500 for a temporary failure and ask for a retry.
  static let temporary = ServiceClient.temporary.union([500])

  let session: HTTPSession
  let retry: RetryPolicy
  let stall: Duration
  let largest: Int64
  let progress: @Sendable (Int64, Int64?) -> Void

  /// - Parameters:
  ///   - address: where the clip is now.
  ///   - source: names the clip whatever its address, so that an earlier run's part file is resumed.
  ///   - refresh: asks for a fresh address once the first is refused; nil when there is none.
  /// - Throws: ``GenerationError``: `damagedDownload`, `notFound`, `unavailable`, `localFile`.
  func fetch(
    _ address: GivenAddress, to path: String, source: String, refresh: @Sendable () async throws -> GivenAddress?
  ) async throws -> DownloadedFile {
    var version = DownloadVersion(source: source)
    var kept: Int64 = 0
    if let stored = DownloadVersion.stored(besides: path + ".part", source: source) {
      // One byte is always left to request, so that the server confirms it is still the same clip.
      kept = min(PartFile.size(besides: path), stored.total.map { $0 - 1 } ?? .max)
      if kept > 0 { version = stored }
    }
    if kept == 0 { DownloadVersion.forget(besides: path + ".part") }
    let file = try PartFile(path: path, kept: kept)
    if kept > 0 { log.info("resuming an earlier download", metadata: ["bytes": "\(kept)"]) }
    do {
      let clip = try await fetch(address, to: file, &version, refresh: refresh)
      DownloadVersion.forget(besides: path + ".part")
      return clip
    } catch {
      if await isResumable(file, version, error) {
        await file.keep()
      } else {
        await file.discard()
        DownloadVersion.forget(besides: path + ".part")
      }
      throw error
    }
  }

  /// Whether the next run can resume the part file: after a break, not when the clip itself is wrong.
  private func isResumable(_ file: PartFile, _ version: DownloadVersion, _ error: any Error) async -> Bool {
    guard version.validator != nil, await file.bytes > 0 else { return false }
    guard let error = error as? GenerationError else { return error is CancellationError }
    return [.unavailable, .rateLimited, .damagedDownload, .notAuthorised, .localFile].contains(error.code)
  }

  private func fetch(
    _ address: GivenAddress, to file: PartFile, _ version: inout DownloadVersion,
    refresh: () async throws -> GivenAddress?
  ) async throws -> DownloadedFile {
    var address = address
    var url: URL { address.url }
    var expiries = 0
    var failures = 0
    for _ in 0..<Self.tryLimit {
      let before = await file.bytes
      var failed: GenerationError
      var retryAfter: Duration?
      do {
        let response = try await session.open(await call(address, version, file))
        let status = response.status
        if Self.expired.contains(status), expiries < Self.expiryLimit {
          // The first time a fresh address helps at once; after that the server may need a moment.
          if expiries > 0 { try await session.clock.sleep(for: retry.pause(afterFailure: expiries)) }
          expiries += 1
          let fresh = try await refresh()
          log.info(
            "the clip's address is refused", metadata: ["status": "\(status)", "fresh": "\(fresh != nil)"])
          address = fresh ?? address
          continue
        }
        guard status == 200 || status == 206 || status == 416 else {
          failed = refusal(status, url)
          guard Self.temporary.contains(status) else { throw failed }
          retryAfter = RetryPolicy.retryAfter(in: response.headers)
          throw Temporary(error: failed)
        }
        try await prepare(file, for: response, &version)
        try await receive(response, file, version)
        try await check(file, version)
        progress(await file.bytes, await file.bytes)
        return try await file.finish()
      } catch let temporary as Temporary {
        failed = temporary.error
      } catch let failure as ExchangeFailure {
        failed = GenerationError(
          .unavailable, "Could not download the clip from \(session.shown(url)): \(failure.reason).")
      } catch let error as GenerationError where error.code == .damagedDownload {
        failed = error
      }
      let gained = await file.bytes > before
      failures = gained && version.validator != nil ? 1 : failures + 1
      guard let pause = retry.pause(afterFailures: failures, retryAfter: retryAfter) else { throw failed }
      log.info("retrying the download", metadata: ["reason": "\(failed.message)", "gained": "\(gained)"])
      try await session.clock.sleep(for: pause)
    }
    throw GenerationError(
      .damagedDownload, "The download of the clip from \(session.shown(url)) broke off \(Self.tryLimit) times.")
  }

  private var log: Logger { session.log }

  /// A failure that a retry may get past.
  private struct Temporary: Error {
    let error: GenerationError
  }

  /// The signature of an address is its authorisation: the key goes along only where the API's own host refuses it
  /// without.
  private func call(_ address: GivenAddress, _ version: DownloadVersion, _ file: PartFile) async -> HTTPCall {
    var call = HTTPCall(method: .get, url: address.url, verbatim: address.text)
    call.key = .whenRefused
    let bytes = await file.bytes
    if bytes > 0, let validator = version.validator {
      call.headers = [("Range", "bytes=\(bytes)-"), ("If-Range", validator)]
    }
    return call
  }

  /// Decides whether the response resumes the file or restarts it.
  private func prepare(_ file: PartFile, for response: StreamedResponse, _ version: inout DownloadVersion)
    async throws
  {
    let bytes = await file.bytes
    if response.status == 206 {
      let range = response.headers.first(name: "Content-Range").flatMap(Self.contentRange)
      let tag = response.headers.first(name: "ETag")
      let isSame = tag == nil || version.validator?.hasPrefix("\"") != true || tag == version.validator
      if isSame, let range, range.start == bytes,
        version.total == nil || range.total == nil || range.total == version.total
      {
        version.total = version.total ?? range.total
        return
      }
    }
    DownloadVersion.forget(besides: file.partPath)
    try await file.restart()
    version = DownloadVersion(source: version.source)
    guard response.status == 200 else {
      throw Temporary(error: GenerationError(.damagedDownload, "The server does not resume the download."))
    }
    version = DownloadVersion(source: version.source, headers: response.headers)
    version.store(besides: file.partPath)
    if let total = version.total, total > largest { throw tooLarge(total) }
  }

  private func receive(_ response: StreamedResponse, _ file: PartFile, _ version: DownloadVersion) async throws {
    let total = version.total
    do {
      try await withStallLimit(stall, on: session.clock) { heartbeat in
        var reported = await file.bytes
        progress(reported, total)
        for try await chunk in response.body {
          heartbeat.beat()
          try await file.write(chunk)
          let bytes = await file.bytes
          guard bytes <= largest else { throw tooLarge(bytes) }
          if bytes - reported >= Self.progressStep {
            reported = bytes
            progress(bytes, total)
          }
        }
        try Task.checkCancellation()
      }
    } catch let error as GenerationError {
      throw error
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      let bytes = await file.bytes
      let of = total.map { " of \($0)" } ?? ""
      let reason = error is Stalled ? "stalled" : "broke off"
      throw Temporary(
        error: GenerationError(.damagedDownload, "The download of the clip \(reason) after \(bytes)\(of) bytes."))
    }
  }

  private func check(_ file: PartFile, _ version: DownloadVersion) async throws {
    let bytes = await file.bytes
    if bytes == 0 { throw GenerationError(.damagedDownload, "The downloaded clip is empty.") }
    if let total = version.total, total != bytes {
      if bytes > total { try await file.restart() }
      throw GenerationError(.damagedDownload, "The downloaded clip has \(bytes) bytes, expected \(total).")
    }
    guard await file.matches(version) else {
      try await file.restart()
      throw GenerationError(
        .damagedDownload, "The downloaded clip is damaged: its digest is not the one the server gives.")
    }
  }

  private func refusal(_ status: Int, _ url: URL) -> GenerationError {
    let place = session.shown(url)
    if Self.expired.contains(status) {
      return GenerationError(
        .notFound, "The clip is no longer at \(place) (HTTP \(status)). Its address may have expired.", status: status)
    }
    let code: GenerationError.Code = Self.temporary.contains(status) ? .unavailable : .refused
    return GenerationError(code, "Could not download the clip from \(place) (HTTP \(status)).", status: status)
  }

  private func tooLarge(_ bytes: Int64) -> GenerationError {
    GenerationError(.refused, "The clip is larger than \(largest) bytes: at least \(bytes).")
  }

  /// `bytes 5-9/10`; the total is nil where it is `*`.
  static func contentRange(_ value: String) -> (start: Int64, total: Int64?)? {
    guard let match = value.wholeMatch(of: /\s*bytes\s+(\d+)-\d+\/(\d+|\*)\s*/.ignoresCase()),
      let start = Int64(match.output.1)
    else { return nil }
    return (start, Int64(match.output.2))
  }
}
