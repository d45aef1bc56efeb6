import ArgumentParser

/// Values for the variables of a storyboard.
struct VariableOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Value of one of the storyboard's variables; repeat for several.", valueName: "name=value"))
  var assignments: [VariableAssignment] = []

  var values: [String: String] { Dictionary(assignments.map { ($0.name, $0.value) }) { $1 } }
}

/// `name=value`.
struct VariableAssignment: ExpressibleByArgument {
  let name: String
  let value: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
    name = String(argument[..<sign])
    value = String(argument[argument.index(after: sign)...])
  }
}
