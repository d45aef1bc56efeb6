import Generation
import Ledger
import Pipeline
import Presets

/// Ends a generation at its service.
struct Cancellation {
  let place: Workspace
  /// The API's address instead of the usual one.
  let baseURL: String?

  /// - Returns: the state afterwards, which may be an end that came before.
  func cancel(_ entry: GenerationEntry, _ id: String) async throws -> GenerationJob.State {
    // While a run holds the workspace, it learns of the end from the service and writes it down itself.
    let ledger = try? Ledger(workspace: place.directory)
    if ledger == nil, entry.provider == ProviderHost.sandboxName, baseURL == nil {
      throw UsageError(
        "the sandbox of \(place.directory) lives in the run that is under way; end that run instead",
        status: .unavailable)
    }
    let host = try await ProviderHost.open(
      entry.provider, options: ProviderArguments.options(baseURL: baseURL), library: try? PresetLibrary(),
      sandboxDirectory: place.sandboxDirectory)
    let job: GenerationJob
    do {
      job = try await host.provider.cancel(id)
    } catch {
      await host.close()
      throw error
    }
    await host.close()
    if job.state == .cancelled {
      try ledger?.recordState(generation: entry.number, .cancelled, completedAt: Ledger.systemTime())
    }
    return job.state
  }
}
