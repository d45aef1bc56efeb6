import ArgumentParser
import Settings
import Files
import Foundation
import Generation
import Ledger
import Pipeline
import Presets

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "Show the ledger: every request with its id, state, cost and file.",
    discussion: """
      Followed by the cost per day (UTC) and per storyboard. Without a storyboard, shows all workspaces (*.longtake) of \
      the current folder. --cancel needs the provider's key: OXEN_API_KEY or FAL_KEY.
      """)

  @Argument(help: "Storyboard, YAML or JSON.", completion: .file())
  var storyboard: String?

  @Option(
    help: ArgumentHelp("Workspace folder (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Option(help: ArgumentHelp("Cancel the generation with this id.", valueName: "id"))
  var cancel: String?

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address for --cancel (default: the provider's own, or OXEN_BASE_URL).", valueName: "url"))
  var baseURL: String?

  @Flag(help: "Print one JSON object per generation; times in Unix seconds, cost in US dollars.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let workspaces = try workspaces()
    if let cancel { return try await cancelGeneration(cancel, in: workspaces) }
    var spendings: [Spending] = []
    for workspace in workspaces {
      let ledger = try Ledger(readingWorkspace: workspace.directory)
      if json {
        for entry in try ledger.generations() { try Answer.json(JobReport(entry, in: workspace)) }
      } else {
        Answer.lines(try lines(of: ledger, in: workspace))
        spendings.append(try ledger.spending())
      }
    }
    if spendings.count > 1 { Answer.line("total: \(Self.text(spendings.reduce(.zero, +)))") }
  }

  private func workspaces() throws -> [Workspace] {
    if let workspace { return [Workspace(directory: workspace)] }
    if let storyboard { return [Workspace(besideStoryboard: storyboard)] }
    let workspaces = try WorkspaceSearch.here()
    guard !workspaces.isEmpty else {
      throw UsageError("no workspace in this folder; name a storyboard or --workspace", status: .inputNotFound)
    }
    return workspaces
  }

  private func lines(of ledger: Ledger, in workspace: Workspace) throws -> [String] {
    let entries = try ledger.generations()
    let title = try ledger.storyboard().map { $0.title ?? $0.path }.map { " (\($0))" } ?? ""
    var lines = ["\(workspace.directory)\(title): \(counted(entries.count, "generation"))"]
    for entry in entries {
      let parts = [
        entry.shownID ?? "no id",
        entry.isSuperseded ? "\(entry.state.rawValue), superseded" : entry.state.rawValue,
        Self.cost(entry), entry.clip?.path, entry.error,
      ]
      lines.append("  \(entry.shot) take \(entry.take): \(parts.compactMap(\.self).joined(separator: ", "))")
    }
    lines += try ledger.spendingByDay().map { "  \($0.day): \(Self.text($0.spending))" }
    lines.append("  this storyboard: \(Self.text(try ledger.spending()))")
    return lines
  }

  private static func cost(_ entry: GenerationEntry) -> String {
    switch entry.payment {
    case .none: "\(USD.zero)"
    case .paid: entry.cost.map { "\($0)" } ?? "unknown price"
    case .uncertain: entry.cost.map { "uncertain \($0)" } ?? "unknown price, uncertain"
    }
  }

  private static func text(_ spending: Spending) -> String {
    "paid \(spending.paid)" + (spending.uncertain == .zero ? "" : ", up to \(spending.uncertain) more uncertain")
      + (spending.unpriced == 0 ? "" : ", \(counted(spending.unpriced, "generation")) of unknown price")
  }

  // MARK: - Cancelling

  private func cancelGeneration(_ id: String, in workspaces: [Workspace]) async throws {
    for workspace in workspaces {
      let entries = try Ledger(readingWorkspace: workspace.directory).generations()
      guard let entry = entries.first(where: { $0.remoteID == id || $0.shownID == id }), let remoteID = entry.remoteID
      else { continue }
      let configuration = try EffectiveConfiguration(besides: storyboard)
      let state = try await Cancellation(workspace: workspace, baseURL: baseURL, configuration: configuration)
        .cancel(entry, remoteID)
      if json {
        let ledger = try Ledger(readingWorkspace: workspace.directory)
        for entry in try ledger.generations() where entry.remoteID == remoteID {
          try Answer.json(JobReport(entry, in: workspace))
        }
      } else {
        Answer.line("\(entry.shot) take \(entry.take): \(state.rawValue)")
      }
      if state != .cancelled { throw ExitStatus.no }
      return
    }
    throw UsageError("no ledger here has a generation \(quoted(id))", status: .inputNotFound)
  }
}
