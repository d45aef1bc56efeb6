import Files
import Foundation

/// Downloads a result, whatever kind it is.
struct ResultDownload: Sendable {
  let name: String
  let session: HTTPSession
  let settings: ClientSettings
  /// What a relative address is relative to.
  let base: URL

  /// - Parameter refresh: asks for a job's address again.
  func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void,
    refresh: @Sendable (String) async throws -> String?
  ) async throws -> DownloadedFile {
    switch result {
    case .file(let source, _): return try await adopt(source, as: path, progress)
    case .address(let text, let id):
      let download = Download(
        session: session, retry: settings.retry, stall: settings.transferStall, largest: settings.largestClip,
        progress: progress)
      let address = try resolve(text)
      let source = "\(name) \(id ?? Redactor.address(address.url.absoluteString))"
      return try await download.fetch(address, to: path, source: source) {
        guard let id else { return nil }
        return try await refresh(id).map(resolve)
      }
    }
  }

  /// A result's address may be relative to the API's.
  private func resolve(_ text: String) throws -> GivenAddress {
    guard let address = GivenAddress(text, relativeTo: base) else {
      throw GenerationError(.malformedAnswer, "\(name) gave an invalid address for the clip.")
    }
    return address
  }

  /// Checks a clip that is on disk already and renames it.
  private func adopt(
    _ source: String, as path: String, _ progress: (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile {
    let sha256: String
    let bytes: Int64
    do {
      (sha256, bytes) = try SHA256Text.ofFile(source)
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw GenerationError(.localFile, "Cannot read the clip \(source.terminalSafe).")
    }
    guard bytes > 0 else { throw GenerationError(.damagedDownload, "The downloaded clip is empty.") }
    try PartFile.rename(source, to: path)
    progress(bytes, bytes)
    return DownloadedFile(path: path, bytes: bytes, sha256: sha256)
  }
}
