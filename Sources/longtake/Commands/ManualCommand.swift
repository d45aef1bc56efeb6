import ArgumentParser
import Files
import Foundation
import Presets

/// Writes the manual pages; for `scripts/install`.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Write manual pages (mdoc), one for each command.", shouldDisplay: false)

  @Option(name: .shortAndLong, help: "Folder to write to.", completion: .directory)
  var output: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    try OutputPaths.createFolder(output)
    let help = try JSONDecoder().decode(JSONValue.self, from: Data(Longtake._dumpHelp().utf8))
    guard let program = help["command"] else { throw UsageError("the help cannot be read", status: .internalError) }
    let commands = (program["subcommands"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false }
    for page in [ManualPage(program, commands: commands)] + commands.map({ ManualPage($0) }) {
      let path = "\(output)/\(page.name).1"
      try OutputFile.replace(path, with: page.text.utf8)
      Answer.line(path)
    }
  }
}

/// A manual page in mdoc(7), from the argument parser's description of a command.
struct ManualPage {
  private static let programName = "longtake"

  private let command: JSONValue
  private let commands: [JSONValue]
  private let isProgram: Bool

  /// Of a command.
  init(_ command: JSONValue) {
    self.command = command
    commands = command["subcommands"]?.arrayValue ?? []
    isProgram = false
  }

  /// Of the program.
  init(_ program: JSONValue, commands: [JSONValue]) {
    command = program
    self.commands = commands
    isProgram = true
  }

  private var commandName: String { command["commandName"]?.stringValue ?? "" }
  /// `longtake-run`.
  var name: String { isProgram ? Self.programName : "\(Self.programName)-\(commandName)" }
  private var arguments: [JSONValue] {
    (command["arguments"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false }
  }

  var text: String {
    var lines = [
      ".Dd \(Date().formatted(.iso8601.year().month().day()))", ".Dt \(name.uppercased()) 1", ".Os",
      ".Sh NAME", ".Nm \(name)", ".Nd \(Self.escaped(command["abstract"]?.stringValue ?? ""))", ".Sh SYNOPSIS",
      ".Nm \(isProgram ? Self.programName : "\(Self.programName) \(commandName)")",
    ]
    if isProgram { lines.append(".Ar command") }
    lines += arguments.map(Self.synopsis)
    lines += [".Sh DESCRIPTION"] + Self.paragraphs(command["discussion"]?.stringValue ?? "")
    let shown = arguments
    if !shown.isEmpty {
      lines += [".Sh OPTIONS", ".Bl -tag -width Ds"] + shown.flatMap(Self.item) + [".El"]
    }
    if !commands.isEmpty {
      lines += [".Sh COMMANDS", ".Bl -tag -width Ds"]
      for command in commands where command["shouldDisplay"]?.boolValue != false {
        let name = command["commandName"]?.stringValue ?? ""
        lines.append(isProgram ? ".It Xr longtake-\(name) 1" : ".It Cm \(name)")
        lines.append(Self.escaped(command["abstract"]?.stringValue ?? ""))
      }
      lines.append(".El")
    }
    if !isProgram { lines += [".Sh SEE ALSO", ".Xr longtake 1"] }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func names(_ argument: JSONValue) -> [String] {
    (argument["names"]?.arrayValue ?? []).map { name in
      (name["kind"]?.stringValue == "short" ? "-" : "--") + (name["name"]?.stringValue ?? "")
    }
  }

  /// `Fl Fl name Ar value`, for a macro's arguments.
  private static func usage(_ argument: JSONValue, _ name: String?) -> String {
    let value = "Ar \(escaped(argument["valueName"]?.stringValue ?? ""))"
    guard let name else { return value }
    let flag = "Fl \(escaped(String(name.dropFirst())))"
    return argument["kind"]?.stringValue == "flag" ? flag : "\(flag) \(value)"
  }

  private static func synopsis(_ argument: JSONValue) -> String {
    let repeats = argument["isRepeating"]?.boolValue == true ? " ..." : ""
    let text = usage(argument, names(argument).last) + repeats
    return argument["isOptional"]?.boolValue == true ? ".Op \(text)" : ".\(text)"
  }

  private static func item(_ argument: JSONValue) -> [String] {
    let names = names(argument)
    let head = names.isEmpty ? usage(argument, nil) : names.map { usage(argument, $0) }.joined(separator: " , ")
    var text = argument["abstract"]?.stringValue ?? ""
    let values = (argument["allValues"]?.arrayValue ?? []).compactMap(\.stringValue)
    if !values.isEmpty { text += " Values: \(values.joined(separator: ", "))." }
    if let value = argument["defaultValue"]?.stringValue { text += " Default: \(value)." }
    return [".It \(head)", escaped(text)]
  }

  /// Blank lines part paragraphs; indented lines are shown as they are.
  private static func paragraphs(_ text: String) -> [String] {
    var lines: [String] = []
    var isLiteral = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indented = line.hasPrefix("  ")
      if indented != isLiteral, !line.isEmpty {
        lines.append(indented ? ".Bd -literal" : ".Ed")
        isLiteral = indented
      }
      if line.isEmpty {
        if !isLiteral, !lines.isEmpty { lines.append(".Pp") }
      } else {
        lines.append(escaped(String(line)))
      }
    }
    if lines.last == ".Pp" { lines.removeLast() }
    return lines + (isLiteral ? [".Ed"] : [])
  }

  /// Text that roff does not take for its own.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
