import ArgumentParser
import Files
import Presets

struct ApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Decide about a run of many machines: approve its takes, order a shot anew, pick another take, cancel.",
    discussion: """
      Without options the takes are approved and the master is made. --redo pays for a new take of each shot, and of the \
      shots made from it. A shot whose request may have been paid and was not found is ordered anew only with \
      --accept-double-payment. Asks the workflow engine through longtake-temporal; see 'longtake help submit'.
      """)

  @Argument(help: "Run.")
  var name: String

  @Option(
    name: .customLong("redo"), help: ArgumentHelp("Order these shots anew; repeat for several.", valueName: "shot"))
  var redone: [String] = []

  @Option(name: .customLong("pick"), help: ArgumentHelp("Use this take; repeat for several.", valueName: "shot=take"))
  var picks: [VariableAssignment] = []

  @Flag(name: .customLong("accept-double-payment"), help: "Order anew also what may have been paid already.")
  var acceptsDoublePayment = false

  @Flag(help: "Cancel the run; what was generated stays in the store.")
  var cancel = false

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard [!redone.isEmpty, !picks.isEmpty, cancel].filter(\.self).count <= 1 else {
      throw ValidationError("--redo, --pick and --cancel are different decisions; give one.")
    }
    guard picks.allSatisfy({ Int($0.value).map { $0 > 0 } ?? false }) else {
      throw ValidationError("--pick takes a shot and the number of a take, e.g. --pick two=3.")
    }
    guard !acceptsDoublePayment || !redone.isEmpty else {
      throw ValidationError("--accept-double-payment belongs to --redo.")
    }
  }

  func run() async throws {
    common.apply()
    let action = cancel ? "cancel" : !redone.isEmpty ? "redo" : !picks.isEmpty ? "pick" : "approve"
    var fields = engine.fields
    fields["run"] = .string(name)
    fields["action"] = .string(action)
    fields["shots"] = .array(redone.map(JSONValue.string))
    fields["picks"] = .object(
      Dictionary(picks.compactMap { pick in Int64(pick.value).map { (pick.name, .integer($0)) } }) { $1 })
    fields["accept_double_payment"] = .bool(acceptsDoublePayment)
    let answer = try await EngineCommand.run(["signal"], input: .object(fields))
    if json {
      Answer.json(text: answer.canonicalJSON)
    } else {
      Answer.line("\(name): \(action), \(answer["status"]?.stringValue ?? "sent")")
    }
  }
}
