import ArgumentParser
import Files
import Foundation
import Generation
import Ledger
import Pipeline
import Presets

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "Show the ledger: every request, its id, state, cost and file.",
    discussion: """
      And what was really paid, by day and for the whole storyboard. Without a storyboard, all workspaces (*.longtake) in \
      the current folder.
      """)

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
    var spendings: [Spending] = []
    for place in places { spendings.append(try show(place)) }
    if spendings.count > 1 { Terminal.note("together \(Self.words(spendings))") }
  }

  private func places() throws -> [Workspace] {
    if let workspace { return [Workspace(directory: workspace)] }
    if let storyboard { return [Workspace(besideStoryboard: storyboard)] }
    let places = try WorkspaceSearch.here()
    guard !places.isEmpty else {
      throw UsageError("there is no workspace in this folder; name a storyboard or --workspace", status: .inputNotFound)
    }
    return places
  }

  /// - Returns: what the workspace has paid.
  private func show(_ place: Workspace) throws -> Spending {
    let ledger = try Ledger(readingWorkspace: place.directory)
    let entries = try ledger.generations()
    if json {
      for entry in entries { try Output.json(JobLine(entry, in: place)) }
    }
    let title = try ledger.storyboard().map { $0.title ?? $0.path }.map { " (\($0))" } ?? ""
    Terminal.note("\(place.directory)\(title): \(entries.count) generation\(entries.count == 1 ? "" : "s")")
    for entry in json ? [] : entries {
      let cost = entry.costMicroUSD.map { "\(USD(micro: $0))" } ?? "price not known"
      let parts = [
        entry.shownID ?? "no id",
        entry.isSuperseded ? "\(entry.state.rawValue), to be replaced" : entry.state.rawValue,
        cost, entry.clip?.path, entry.error,
      ]
      Terminal.note("  \(entry.shot) take \(entry.take): \(parts.compactMap { $0 }.joined(separator: ", "))")
    }
    let days = try ledger.spentByDay()
    for day in days { Terminal.note("  \(day.day) (UTC): \(Self.words([day.spending]))") }
    let spending = try ledger.spent()
    Terminal.note("  this storyboard: \(Self.words([spending]))")
    return spending
  }

  private static func words(_ spendings: [Spending]) -> String {
    func sum(_ amount: (Spending) -> Int64) -> USD { spendings.reduce(.zero) { $0 + USD(micro: amount($1)) } }
    let (paid, uncertain) = (sum(\.paid), sum(\.uncertain))
    let unpriced = spendings.reduce(0) { $0 + $1.unpriced }
    return "paid \(paid)" + (uncertain == .zero ? "" : ", perhaps \(uncertain) more")
      + (unpriced == 0 ? "" : ", and \(unpriced) whose price is not known")
  }

  // MARK: - Cancelling

  private func cancelJob(_ id: String, in places: [Workspace]) async throws {
    for place in places {
      let entries = try Ledger(readingWorkspace: place.directory).generations()
      guard let entry = entries.first(where: { $0.remoteID == id || $0.shownID == id }), let whole = entry.remoteID
      else { continue }
      let state = try await Cancellation(place: place, baseURL: baseURL).cancel(entry, whole)
      Terminal.note("\(entry.shot) take \(entry.take): \(state.rawValue)")
      if state != .cancelled { throw ExitStatus.no }
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
    try fields.encode(entry.shownID, forKey: .id)
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
