import ArgumentParser
import Foundation
import Generation
import Ledger
import Pipeline
import Presets

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "Show the ledger: every request, its id, state, cost and file.",
    discussion: "Without a storyboard, the workspaces (*.longtake) in the current folder.")

  @Argument(help: "A storyboard.", completion: .file())
  var storyboard: String?

  @Option(help: "Where everything is kept.", completion: .directory)
  var workspace: String?

  @Option(help: "Cancel the generation with this id at its service.")
  var cancel: String?

  @Option(name: .customLong("base-url"), help: "The API's address instead of the usual one.")
  var baseURL: String?

  @Flag(help: "One JSON object per generation on stdout. Times in Unix seconds, cost in US dollars.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let places = try places()
    if let cancel { return try await cancelJob(cancel, in: places) }
    for place in places { try show(place) }
  }

  private func places() throws -> [Workspace] {
    if let workspace { return [Workspace(directory: workspace)] }
    if let storyboard { return [Workspace(besideStoryboard: storyboard)] }
    let here = FileManager.default.currentDirectoryPath
    let names = try FileManager.default.contentsOfDirectory(atPath: here).filter { $0.hasSuffix(".longtake") }.sorted()
    let places = names.map { Workspace(directory: "\(here)/\($0)") }
      .filter { FileManager.default.fileExists(atPath: $0.ledgerPath) }
    guard !places.isEmpty else {
      throw UsageError("there is no workspace in this folder; name a storyboard or --workspace", status: .inputNotFound)
    }
    return places
  }

  private func show(_ place: Workspace) throws {
    let ledger = try Ledger(readingWorkspace: place.directory)
    let entries = try ledger.generations()
    if json {
      for entry in entries { try Output.json(JobLine(entry, in: place)) }
      return
    }
    let spending = try ledger.spent()
    Terminal.note("\(place.directory): \(entries.count) generation\(entries.count == 1 ? "" : "s")")
    for entry in entries {
      let cost = entry.costMicroUSD.map { "\(USD(micro: $0))" } ?? "price not known"
      let parts = [
        entry.remoteID ?? "no id",
        entry.isSuperseded ? "\(entry.state.rawValue), to be replaced" : entry.state.rawValue,
        cost, entry.clip?.path, entry.error,
      ]
      Terminal.note("  \(entry.shot) take \(entry.take): \(parts.compactMap { $0 }.joined(separator: ", "))")
    }
    Terminal.note("  paid \(USD(micro: spending.paid)), perhaps \(USD(micro: spending.uncertain)) more")
  }

  // MARK: - Cancelling

  private func cancelJob(_ id: String, in places: [Workspace]) async throws {
    for place in places {
      guard let entry = try Ledger(readingWorkspace: place.directory).generation(remoteID: id) else { continue }
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
      Terminal.note("\(entry.shot) take \(entry.take): \(job.state.rawValue)")
      if job.state != .cancelled { throw ExitStatus.no }
      return
    }
    throw UsageError("no ledger here knows the generation \(quoted(id))", status: .inputNotFound)
  }
}

/// `jobs --json` of the contract.
struct JobLine: Encodable {
  let schema = "longtake.job/1"
  private let entry: GenerationEntry
  private let place: Workspace

  private enum Key: String, CodingKey {
    case schema, shot, take, id, provider, model, state, superseded, submitted, completed, cost, file, error
  }

  init(_ entry: GenerationEntry, in place: Workspace) {
    self.entry = entry
    self.place = place
  }

  /// What never came to anything costs nothing that is known.
  private var cost: Int64? {
    [.abandoned, .failed, .cancelled].contains(entry.state) ? nil : entry.costMicroUSD
  }

  /// Every member is always there; what is not known is `null`.
  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(schema, forKey: .schema)
    try fields.encode(entry.shot, forKey: .shot)
    try fields.encode(entry.take, forKey: .take)
    try fields.encode(entry.remoteID, forKey: .id)
    try fields.encode(entry.provider, forKey: .provider)
    try fields.encode(entry.model, forKey: .model)
    try fields.encode(entry.state.rawValue, forKey: .state)
    try fields.encode(entry.isSuperseded, forKey: .superseded)
    try fields.encode(entry.submittedAt, forKey: .submitted)
    try fields.encode(entry.completedAt, forKey: .completed)
    try fields.encode(cost.map { Double($0) / 1_000_000 }, forKey: .cost)
    try fields.encode(entry.clip.map { place.path($0.path) }, forKey: .file)
    try fields.encode(entry.error, forKey: .error)
  }
}
