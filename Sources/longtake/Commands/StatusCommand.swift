import ArgumentParser
import Files
import Presets

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the runs of many machines: how far each is, what it waits for, what it cost.",
    discussion: "Asks the workflow engine through longtake-temporal; see 'longtake help submit'.")

  @Argument(help: "Runs (default: all).")
  var runs: [String] = []

  @Flag(help: "Print a JSON object for each run.")
  var json = false

  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let answer = try await EngineCommand.run(["status", "--json"] + engine.arguments + ["--"] + runs)
    for run in answer["runs"]?.arrayValue ?? [] {
      if json { Answer.json(text: run.canonicalJSON) } else { Answer.lines(Self.lines(of: run)) }
    }
  }

  private static func lines(of run: JSONValue) -> [String] {
    let cost = run["cost_usd"]?.stringValue.map { ", $\($0)" } ?? ""
    let wait = run["waiting_for"]?.stringValue.map { ", waiting for \($0)" } ?? ""
    let head =
      "\(run["run"]?.stringValue ?? "?"): \(run["status"]?.stringValue ?? "unknown"), "
      + "\(run["progress"]?.stringValue ?? "no progress known")\(cost)\(wait)"
    let shots = (run["shots"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.map { id, shot in
      let take = shot["take"]?.integerValue.map { " take \($0)" } ?? ""
      let error = shot["error"]?.stringValue.map { ": \($0)" } ?? ""
      return "  \(id)\(take): \(shot["state"]?.stringValue ?? "waiting")\(error)"
    }
    return [head] + shots
  }
}
