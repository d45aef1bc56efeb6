import Settings
import Generation
import Ledger
import Pipeline
import Presets

/// Cancels a generation at its service.
struct Cancellation {
  let workspace: Workspace
  /// The API's address; nil for the provider's own.
  let baseURL: String?
  let configuration: EffectiveConfiguration

  /// - Returns: the state afterwards; not `cancelled` when the generation had already ended.
  func cancel(_ entry: GenerationEntry, _ id: String) async throws -> GenerationJob.State {
    // A run that holds the workspace learns of the cancellation from the service and records it itself.
    let failpoint = try TestFailpoint.hook()
    let ledger = try? Ledger(workspace: workspace.directory, failpoint: failpoint)
    if ledger == nil, entry.provider == ProviderHost.sandboxName, baseURL == nil {
      throw UsageError(
        "the sandbox of \(workspace.directory) belongs to a run in progress; stop that run instead",
        status: .unavailable)
    }
    let host = try await ProviderHost.open(
      entry.provider, options: configuration.providerOptions(baseURL: baseURL), library: try? PresetLibrary(),
      sandboxDirectory: workspace.sandboxDirectory)
    let job: GenerationJob
    do {
      job = try await host.provider.cancel(id)
    } catch {
      await host.close()
      throw error
    }
    await host.close()
    failpoint?(.cancellationAnswered)
    if job.state == .cancelled {
      try ledger?.recordState(
        generation: entry.number, .cancelled, completedAt: Ledger.systemTime(), mayCost: entry.mayCost(cancelledAs: job)
      )
    }
    return job.state
  }
}
