import Settings
import Files
import Foundation
import Pipeline
import Presets

/// Runs the tools of `mcp`: each is one command of this program, in a process of its own.
struct ToolBox: Sendable {
  typealias Progress = @Sendable (_ done: Double, _ total: Double?, _ message: String) -> Void

  /// Bytes of an image that is returned to the client.
  private static let imageBytes = 750_000

  private let quotes = QuoteBook()

  /// - Returns: a `CallToolResult`; a failure of the tool is one, too.
  /// - Throws: `CancellationError`.
  func call(_ tool: Tool, _ arguments: JSONValue, progress: @escaping Progress) async throws -> JSONValue {
    if let problem = tool.problem(with: arguments) { return Self.failure("\(tool.rawValue): \(problem)") }
    func text(_ name: String) -> String? { arguments[name]?.stringValue }
    let storyboard = text("storyboard") ?? ""
    let provider = text("provider").map { ["--provider", $0] } ?? []
    let variables = Self.assignments(arguments)
    let files = (arguments["files"]?.arrayValue ?? []).compactMap(\.stringValue)
    switch tool {
    case .plan: return try await command(["plan"] + provider + variables + ["--", storyboard])
    case .quote: return try await quote(storyboard, text("provider"), variables)
    case .run: return try await run(storyboard, arguments, variables, progress)
    case .status: return try await command(["jobs", "--", storyboard])
    case .verify:
      return try await command(
        ["verify"] + (text("preset").map { ["--preset=\($0)"] } ?? []) + ["--"] + files, progress: progress)
    case .native: return try await command(["native", "--"] + files, progress: progress)
    case .frame: return try await frame(text("file") ?? "", at: text("at") ?? "last", output: text("output"))
    case .joinSheet:
      let report = text("joins").map { ["--report=\($0)"] } ?? []
      return try await image("joins.jpg") { ["sheet", "--joins"] + report + ["-o", $0, "--", text("file") ?? ""] }
    case .stitch:
      let overlap = text("overlap").map { ["--overlap=\($0)"] } ?? []
      let loudness = arguments["loudness"]?.doubleValue.map { ["--loudness=\($0)"] } ?? []
      return try await command(
        ["stitch"] + overlap + loudness + ["--output=\(text("output") ?? "")", "--"] + files, progress: progress)
    }
  }

  // MARK: - Money

  /// `--set name=value` for each variable, in the order of their names.
  private static func assignments(_ arguments: JSONValue) -> [String] {
    (arguments["variables"]?.objectValue ?? [:]).sorted { $0.key < $1.key }
      .map { "--set=\($0.key)=\($0.value.stringValue ?? "")" }
  }

  private func quote(_ storyboard: String, _ provider: String?, _ variables: [String]) async throws -> JSONValue {
    let given = provider.map { ["--provider", $0] } ?? []
    let outcome = try await ToolProcess.run(["plan"] + given + variables + ["--", storyboard])
    guard outcome.status == 0, let plan = outcome.answers.first else { return Self.result(outcome) }
    let jobs = try await ToolProcess.run(["jobs", "--", storyboard])
    func sum(_ payment: String) -> JSONValue {
      .number(
        jobs.answers.filter { $0["payment"]?.stringValue == payment }
          .reduce(0) { $0 + ($1["cost"]?.doubleValue ?? 0) })
    }
    let token = quotes.token(for: plan, provider: provider, try Self.digest(of: storyboard, variables))
    return Self.success([
      "schema": "longtake.quote/1", "storyboard": .string(storyboard), "provider": plan["provider"] ?? .null,
      "model": plan["model"] ?? .null, "seconds": plan["seconds"] ?? .null, "cost_usd": plan["cost_usd"] ?? .null,
      "paid_usd": sum("paid"), "uncertain_usd": sum("uncertain"), "token": .string(token.text),
      "valid_until": .number(token.expires),
      "note": "cost_usd is the price of all shots; what paid_usd has bought in this workspace is not paid again",
    ])
  }

  private func run(
    _ storyboard: String, _ arguments: JSONValue, _ variables: [String], _ progress: @escaping Progress
  ) async throws -> JSONValue {
    let limit = arguments["max_cost_usd"]?.doubleValue ?? 0
    guard let digest = try? Self.digest(of: storyboard, variables) else {
      return Self.failure("\(storyboard): cannot be read")
    }
    let quoted: QuoteBook.Quote
    do {
      quoted = try quotes.redeem(arguments["token"]?.stringValue ?? "", digest)
    } catch {
      return Self.failure(error.description)
    }
    // The plan must still be the quoted one: prices and images may have changed, too.
    let options = (quoted.provider.map { ["--provider", $0] } ?? []) + variables
    let plan = try await ToolProcess.run(["plan"] + options + ["--", storyboard])
    guard let current = plan.answers.first, plan.status == 0 else { return Self.result(plan) }
    guard QuoteBook.digest(of: current) == quoted.plan else {
      return Self.failure("the plan has changed since the quote; call quote again and tell the user the new price")
    }
    let configured = try? EffectiveConfiguration(besides: storyboard)[.maximumCost].flatMap { Double($0) }
    let most = min(limit, configured ?? limit)
    return try await command(
      ["run", "--yes", "--max-cost=\(Self.decimal(most))"] + options + ["--", storyboard], progress: progress)
  }

  /// Whole cents, never above the amount.
  private static func decimal(_ dollars: Double) -> String {
    let cents = Int64((min(max(dollars, 0), 1e9) * 100 + 1e-6).rounded(.down))
    return "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
  }

  private static func digest(of storyboard: String, _ variables: [String]) throws -> String {
    let file = try SHA256Text.ofFile(storyboard).sha256
    return variables.isEmpty ? file : SHA256Text.of(([file] + variables).joined(separator: "\0"))
  }

  // MARK: - Images

  private func frame(_ file: String, at: String, output: String?) async throws -> JSONValue {
    let place = at == "last" || at == "first" ? ["--\(at)"] : ["--at=\(at)"]
    guard let output else {
      return try await image("frame.jpg") {
        ["frame"] + place + ["--max-bytes", "\(Self.imageBytes)", "-o", $0, "--", file]
      }
    }
    return try await command(["frame"] + place + ["--output=\(output)", "--", file])
  }

  /// A command whose image is returned beside its answer.
  private func image(_ name: String, _ arguments: (String) -> [String]) async throws -> JSONValue {
    let folder = FileManager.default.temporaryDirectory.appending(path: "longtake-mcp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: name).path(percentEncoded: false)
    let outcome = try await ToolProcess.run(arguments(path))
    guard outcome.status == 0, let data = FileManager.default.contents(atPath: path) else {
      return Self.result(outcome)
    }
    let image: JSONValue = [
      "type": "image", "mimeType": "image/jpeg", "data": .string(data.base64EncodedString()),
    ]
    return Self.result(outcome, and: [image])
  }

  // MARK: - Answers

  private func command(_ arguments: [String], progress: @escaping Progress = { _, _, _ in }) async throws -> JSONValue {
    Self.result(try await ToolProcess.run(arguments, progress: progress))
  }

  /// Exit status 1 is an answer, too: a file that fails its preset, for example.
  private static func result(_ outcome: ToolProcess.Outcome, and content: [JSONValue] = []) -> JSONValue {
    let errors = outcome.answers.filter { $0["schema"] == "longtake.error/1" }
    let isAnswered = outcome.status <= 1 && !outcome.answers.isEmpty && errors.count < outcome.answers.count
    guard isAnswered else {
      let message = errors.first?["error"]?.stringValue ?? outcome.errors
      return failure(message.isEmpty ? "failed with exit status \(outcome.status)" : message, outcome.answers.first)
    }
    let value: JSONValue = outcome.answers.count == 1 ? outcome.answers[0] : ["results": .array(outcome.answers)]
    return success(value, and: content)
  }

  private static func success(_ value: JSONValue, and content: [JSONValue] = []) -> JSONValue {
    [
      "content": .array([["type": "text", "text": .string(value.canonicalJSON)]] + content),
      "structuredContent": value, "isError": false,
    ]
  }

  private static func failure(_ message: String, _ value: JSONValue? = nil) -> JSONValue {
    var result: [String: JSONValue] = [
      "content": [["type": "text", "text": .string(message)]], "isError": true,
    ]
    if let value { result["structuredContent"] = value }
    return .object(result)
  }
}
