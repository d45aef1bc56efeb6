extension OxenProvider {
  public func download(
    _ result: GenerationResult, to path: String, progress: @Sendable @escaping (Int64, Int64?) -> Void
  ) async throws -> DownloadedFile {
    let fetch = ResultFetch(
      name: name, session: session, retry: configuration.retry, stall: configuration.transferStall,
      largest: configuration.largestClip, base: configuration.baseURL, carriesKey: true)
    return try await fetch.download(result, to: path, progress: progress) { try await self.job($0).resultURL }
  }
}
