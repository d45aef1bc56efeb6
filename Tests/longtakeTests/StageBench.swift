import Foundation
import Presets
import Support

/// A storyboard in a store, the stages of its run, and a hub that keeps a log of what it was asked to pay.
final class StageBench: Sendable {
  struct Outcome: Sendable {
    let status: Int32
    /// The last line of stdout; null when there is none.
    let result: JSONValue
    let output: String
    let errors: String
  }

  static let schema = "longtake.stage-job/1"

  let hub: ScriptedHub
  let board: SmallStoryboard
  let name: String
  let store: String
  let consent: String
  /// What `submit --json` printed.
  let submitted: String
  private let lease: String

  /// - Parameters:
  ///   - store: folder of the store; nil for a new one.
  ///   - lostAnswerWait: how long a lost request is looked for.
  init(
    _ name: String = "film", hub: ScriptedHub, board: SmallStoryboard, store: String? = nil, lease: String = "2s",
    arguments: [String] = []
  ) async throws {
    self.hub = hub
    self.board = board
    self.name = name
    self.lease = lease
    let folder = store ?? board.folder.path("store")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.store = folder
    let result = try await LongtakeProgram.run(
      [
        "submit", board.storyboard, "--store", "file://\(folder)", "--run", name, "--engine", "none", "--provider",
        "oxen", "--base-url", hub.baseURL, "--yes", "--json", "--presets", board.presets,
      ] + arguments, environment: Self.environment)
    guard result.status == 0 else { throw Failure(description: result.errors) }
    submitted = result.output
    let answer = try JSONDecoder().decode(JSONValue.self, from: Data(result.output.utf8))
    consent = answer["consent"]?.stringValue ?? ""
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  static let environment = [
    "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.05",
  ]

  static func hub(_ board: SmallStoryboard, doneAfter: Double = 0.05, faults: String = "", more: String = "")
    async throws -> ScriptedHub
  {
    try await ScriptedHub.start(
      #"{"clip_file": "\#(try board.clip(seconds: 1))", "done_after": \#(doneAfter), "faults": [\#(faults)]\#(more)}"#)
  }

  /// - Parameters:
  ///   - fields: further fields of the job.
  ///   - failpoint: where the process ends or stops.
  func start(
    _ stage: String, _ fields: [String: JSONValue] = [:], at failpoint: String? = nil
  ) throws -> LongtakeProgram.Running {
    var environment = Self.environment
    environment["LONGTAKE_FAILPOINT"] = failpoint
    environment["TMPDIR"] = board.folder.path("")
    return try LongtakeProgram.start(
      ["stage", stage, "--presets", board.presets, "--lease", lease, "--lost-answer-wait", "100ms"],
      environment: environment, input: Self.job(self, stage, fields))
  }

  static func job(_ bench: StageBench, _ stage: String, _ fields: [String: JSONValue]) -> String {
    var job = fields
    job["schema"] = .string(schema)
    job["store"] = .string("file://\(bench.store)")
    job["run"] = .string(bench.name)
    if stage == "submit", job["consent"] == nil { job["consent"] = .string(bench.consent) }
    return JSONValue.object(job).canonicalJSON
  }

  func outcome(_ running: LongtakeProgram.Running) async throws -> Outcome {
    let ended = try await running.result()
    let last = ended.output.split(separator: "\n").last.map(String.init) ?? "{}"
    let line = try? JSONDecoder().decode(JSONValue.self, from: Data(last.utf8))
    return Outcome(
      status: ended.status, result: line?["result"] ?? .null, output: ended.output, errors: ended.errors)
  }

  func run(
    _ stage: String, _ fields: [String: JSONValue] = [:], at failpoint: String? = nil
  ) async throws -> Outcome {
    try await outcome(try start(stage, fields, at: failpoint))
  }

  /// Runs a stage as an engine does: again after 69, 74, 75 and a kill.
  func retry(_ stage: String, _ fields: [String: JSONValue] = [:]) async throws -> Outcome {
    for _ in 0..<200 {
      let outcome = try await run(stage, fields)
      guard [69, 74, 75, 137].contains(outcome.status) else { return outcome }
      try await Task.sleep(for: .seconds(min(1, outcome.result["retry_after"]?.doubleValue ?? 0.1)))
    }
    throw Failure(description: "\(stage) did not end")
  }

  /// Brings a shot to its clip.
  func shot(_ id: String, _ fields: [String: JSONValue] = [:]) async throws -> Outcome {
    let fields = fields.merging(["shot": .string(id)]) { $1 }
    for stage in ["submit", "poll"] {
      let outcome = try await retry(stage, fields)
      guard outcome.status == 0 else { return outcome }
    }
    return try await retry("collect", fields)
  }

  /// Paid requests that the hub was sent, with a text in their body.
  func paid(_ text: String = "") throws -> Int {
    try hub.requests("POST", "/api/ai/queue").count { text.isEmpty || $0.body.contains(text) }
  }
}
