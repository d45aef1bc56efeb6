import ArgumentParser
import Files
import Foundation
import Review

struct DecisionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions", abstract: "Work with the decisions that review pages export.",
    subcommands: [DecisionsMergeCommand.self])
}

struct DecisionsMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merge the decisions of several reviewers about one master.",
    discussion: """
      Of several decisions of one reviewer about a shot, the latest counts. What reviewers disagree about is listed, and \
      neither 'pick --decisions' nor 'redo --decisions' acts on it.
      """)

  @Argument(help: "Files exported by review pages.", completion: .file())
  var files: [String]

  @Option(name: .shortAndLong, help: "Output file, JSON.", completion: .file())
  var output: String?

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @Flag(help: "Print the merged decisions as a JSON object.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    if let output { try OutputPaths.requireDistinct([output], from: files) }
    let destination = try output.map { try OutputFile($0, overwrite: overwrite) }
    let merged = try Decisions.merged(try files.map { ($0, try Decisions(path: $0)) }, at: Date())
    let text = try merged.json()
    if let destination {
      try destination.write(Array(text))
      try destination.commit()
    }
    if json { try Answer.json(merged) } else { Answer.lines(Self.lines(merged)) }
  }

  private static func lines(_ merged: Decisions) -> [String] {
    let shots = Set(merged.shots.map(\.shot)).count
    return [
      "\(counted(shots, "shot")) decided by \(merged.reviewers.joined(separator: ", ")); "
        + "\(counted(merged.notes.count, "note")), \(counted(merged.conflicts.count, "conflict"))"
    ]
      + merged.conflicts.map { conflict in
        "\(conflict.shot): \(conflict.field): "
          + conflict.values.map { "\($0.reviewer) \($0.value)" }.joined(separator: ", ")
      }
  }
}
