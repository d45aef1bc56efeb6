import ArgumentParser
import Foundation
import Ledger
import Pipeline

struct PickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pick", abstract: "Choose which kept take of a shot goes into the master.",
    usage: "longtake pick [<storyboard>] <shot> <take> [--yes]",
    discussion: """
      'longtake jobs' lists the takes; one can be picked when it was checked and is good. Shots made from another take's \
      frames have to be generated again by the next run: which, and for how much, is told and asked before anything \
      changes. Going back to a take brings back what was made from it, without paying. Without a storyboard, the current \
      folder must hold just one workspace.
      """)

  @Argument(help: "The storyboard where it is not told by the folder, a shot's id and a take's number.")
  var words: [String]

  @OptionGroup var arguments: WorkspaceArguments

  private struct Choice {
    let storyboard: String
    /// Nil for the one named, or the usual one.
    let place: Workspace?
    let shot: String
    let take: Int
  }

  func validate() throws {
    guard words.count == 2 || words.count == 3 else {
      throw ValidationError("Name a storyboard, a shot and a take: longtake pick film.yaml boats 2")
    }
    guard let number = words.last.flatMap({ Int($0) }), number > 0 else {
      throw ValidationError("The take is a number from 1, not '\(words.last ?? "")'.")
    }
  }

  func run() async throws {
    arguments.common.apply()
    let choice = try choice()
    let production = try arguments.production(choice.storyboard, in: choice.place)
    let renewal = try production.renewal(picking: choice.shot, take: choice.take)
    try await arguments.agree(to: renewal, doing: "picking take \(choice.take) of \(choice.shot)")
    try production.pick(choice.shot, take: choice.take)
    Terminal.note("take \(choice.take) of \(choice.shot) counts; 'longtake run' makes the master with it")
  }

  private func choice() throws -> Choice {
    let take = words.last.flatMap { Int($0) } ?? 0
    if words.count == 3 { return Choice(storyboard: words[0], place: nil, shot: words[1], take: take) }
    let (storyboard, place) = try storyboardHere()
    return Choice(storyboard: storyboard, place: place, shot: words[0], take: take)
  }

  /// The storyboard of the workspace named, or of the only one in the current folder.
  private func storyboardHere() throws -> (String, Workspace) {
    let places = try arguments.workspace.map { [Workspace(directory: $0)] } ?? WorkspaceSearch.here()
    guard let place = places.first, places.count == 1 else {
      throw UsageError(
        places.isEmpty
          ? "there is no workspace in this folder; name the storyboard before the shot"
          : "there are \(places.count) workspaces in this folder; name the storyboard before the shot",
        status: places.isEmpty ? .inputNotFound : .usage)
    }
    guard let entry = try Ledger(readingWorkspace: place.directory).storyboard() else {
      throw UsageError("\(place.directory) does not say whose workspace it is; name the storyboard before the shot")
    }
    // The ledger may name it relative to where it was run.
    let beside = URL(filePath: place.directory).deletingLastPathComponent()
      .appending(path: URL(filePath: entry.path).lastPathComponent).path(percentEncoded: false)
    let found = [entry.path, beside].first { FileManager.default.fileExists(atPath: $0) }
    guard let found else {
      throw UsageError("the storyboard \(entry.path) is gone; name it before the shot", status: .inputNotFound)
    }
    Terminal.note("\(found), workspace \(place.directory)")
    return (found, place)
  }
}
