import ArgumentParser
import Foundation
import Ledger
import Pipeline
import Presets

/// What commands take that change the takes of a workspace without generating.
struct WorkspaceArguments: ParsableArguments {
  @Option(help: "sandbox, oxen or fal; the one of the last run without it.")
  var provider: ProviderName?

  @Option(help: "Where everything is kept.", completion: .directory)
  var workspace: String?

  @Flag(name: .customLong("yes"), help: "Agree to what it will cost without being asked.")
  var agrees = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func place(of storyboard: String) -> Workspace {
    workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
  }

  /// The storyboard in its workspace, at the provider it was last run with.
  /// - Parameter place: the workspace; nil for the one named, or the usual one.
  func production(_ storyboard: String, in place: Workspace? = nil) throws -> StoryboardRun {
    let library = try presets.library()
    let place = place ?? self.place(of: storyboard)
    let last = try? Ledger(readingWorkspace: place.directory).storyboard()?.provider
    let plan = try Planner(library: library).plan(storyboard, provider: provider?.rawValue ?? last ?? nil)
    return StoryboardRun(plan, workspace: place, options: RunOptions(), library: library) { _ in }
  }

  /// Tells what a change would have generated again, and asks when that costs money.
  /// - Throws: ``UsageError`` when it is not agreed to.
  func agree(to renewal: Renewal, doing what: String) async throws {
    if !renewal.regained.isEmpty {
      Terminal.note("counts again without being paid: \(renewal.regained.joined(separator: ", "))")
    }
    guard !renewal.shots.isEmpty else { return }
    let list = renewal.shots.joined(separator: ", ")
    let price = renewal.cost.map { "\($0)" } ?? "an amount that is not published"
    guard renewal.isPaid else {
      Terminal.note("the next run generates again: \(list)")
      return
    }
    Terminal.note("the next run generates again at \(renewal.provider): \(list), for \(price)")
    if agrees { return }
    guard Consent.canAsk else {
      throw UsageError("\(what) has \(list) generated again for \(price); add --yes to agree. Nothing was changed.")
    }
    guard await Consent.ask("\(what) has \(list) generated again for \(price) by the next run. Go on?") else {
      throw UsageError("not agreed to, so nothing was changed")
    }
  }
}

/// Where the workspaces of a folder are.
enum WorkspaceSearch {
  /// Workspaces (`*.longtake`) in the current folder that have a ledger, by name.
  static func here() throws -> [Workspace] {
    let here = FileManager.default.currentDirectoryPath
    return try FileManager.default.contentsOfDirectory(atPath: here).filter { $0.hasSuffix(".longtake") }.sorted()
      .map { Workspace(directory: "\(here)/\($0)") }
      .filter { FileManager.default.fileExists(atPath: $0.ledgerPath) }
  }
}
