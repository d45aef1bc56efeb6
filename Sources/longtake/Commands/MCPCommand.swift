import ArgumentParser

struct MCPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp", abstract: "Serve the Model Context Protocol over stdio, for agents and editors.",
    discussion: """
      Tools: \(Tool.allCases.map(\.rawValue).joined(separator: ", ")). Resources: the reports of workspaces in the current \
      folder. Only run spends money; it needs the token of a quote of the same content and a maximum cost, and never \
      exceeds the max_cost of the configuration. See docs/agents.md.

      \(RunArguments.environmentHelp)
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    await ToolServer(ToolBox()).run()
    try Task.checkCancellation()
  }
}
