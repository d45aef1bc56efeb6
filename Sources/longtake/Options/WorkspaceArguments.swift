import ArgumentParser
import Settings
import Files
import Foundation
import Ledger
import Pipeline
import Presets
import Storyboard

/// Options of commands that change the takes of a workspace without generating, beside ``LockOptions``, ``VariableOptions``,
/// ``PresetOptions`` and ``CommonOptions``.
struct WorkspaceArguments: ParsableArguments {
  @Option(help: "Provider (default: that of the last run).")
  var provider: ProviderKind?

  @Option(
    help: ArgumentHelp("Workspace folder (default: <storyboard name>.longtake).", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  @Flag(name: .customLong("yes"), help: "Accept the cost without asking.")
  var agrees = false

  func workspace(of storyboard: String) -> Workspace {
    workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
  }

  /// The storyboard in its workspace, at the provider of its last run where that was one for all shots.
  /// - Parameter workspace: nil for the one of the options.
  func storyboardRun(
    _ storyboard: String, in workspace: Workspace? = nil, variables: VariableOptions, presets: PresetOptions,
    lock: LockOptions
  ) throws -> StoryboardRun {
    let configuration = try presets.configuration(besides: storyboard)
    let library = try presets.library(configuration)
    let workspace = workspace ?? self.workspace(of: storyboard)
    let last = (try? Ledger(readingWorkspace: workspace.directory).storyboard()?.provider)
      .flatMap { $0.flatMap(ProviderKind.init)?.rawValue }
    let plan = try Planner(library: library, defaultProvider: configuration[.provider])
      .plan(storyboard, provider: provider?.rawValue ?? last, variables: variables.values)
    var options = RunOptions()
    options.stealsLock = lock.steals
    options.failpoint = try TestFailpoint.hook()
    return StoryboardRun(plan, workspace: workspace, options: options, library: library) { event in
      if case .notice(let text) = event { Terminal.warning(text) }
    }
  }

  /// Reports which shots a change makes the next run regenerate, and asks when that costs money.
  /// - Throws: ``UsageError`` when it is declined.
  func confirm(_ regeneration: Regeneration, for action: String) async throws {
    if !regeneration.restored.isEmpty {
      Terminal.note("restored without cost: \(regeneration.restored.joined(separator: ", "))")
    }
    guard !regeneration.shots.isEmpty else { return }
    let list = regeneration.shots.joined(separator: ", ")
    let price = regeneration.cost.map { "\($0)" } ?? "an unpublished price"
    guard regeneration.isPaid else {
      Terminal.note("the next run regenerates \(list)")
      return
    }
    Terminal.note("the next run regenerates \(list) at \(regeneration.provider) for \(price)")
    for take in regeneration.uncertain {
      let price = take.cost.map { " (\($0))" } ?? ""
      Terminal.warning("\(take.shot) take \(take.take)\(price) may have been paid as well")
    }
    if agrees { return }
    guard Consent.canAsk else {
      throw UsageError("\(action) makes the next run regenerate \(list) for \(price); add --yes. Nothing was changed.")
    }
    guard await Consent.ask("\(action) makes the next run regenerate \(list) for \(price). Continue?") else {
      try Task.checkCancellation()
      throw UsageError("declined; nothing was changed", status: .no)
    }
  }
}

/// What to do when another process has the workspace.
struct LockOptions: ParsableArguments {
  @Flag(
    name: .customLong("steal-lock"),
    help: """
      Take the workspace from a process on another machine that has ended for certain; if it still runs, requests may be \
      paid twice.
      """)
  var steals = false
}

/// Workspaces of a folder.
enum WorkspaceSearch {
  /// The workspace that was named, that of a storyboard, or the only one of the current folder.
  /// - Throws: ``UsageError``.
  static func one(_ directory: String?, of storyboard: String?) throws -> Workspace {
    if let directory { return Workspace(directory: directory) }
    if let storyboard { return Workspace(besideStoryboard: storyboard) }
    let found = try here()
    guard let workspace = found.first, found.count == 1 else {
      throw UsageError(
        found.isEmpty
          ? "no workspace in this folder; name a storyboard or --workspace"
          : "\(found.count) workspaces in this folder; name a storyboard or --workspace",
        status: found.isEmpty ? .inputNotFound : .usage)
    }
    return workspace
  }

  /// Workspaces (`*.longtake`) with a ledger in the current folder, by name.
  static func here() throws -> [Workspace] {
    let here = FileManager.default.currentDirectoryPath
    return try FileManager.default.contentsOfDirectory(atPath: here).filter { $0.hasSuffix(".longtake") }.sorted()
      .map { Workspace(directory: "\(here)/\($0)") }
      .filter { FileManager.default.fileExists(atPath: $0.ledgerPath) }
  }
}
