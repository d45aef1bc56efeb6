import ArgumentParser
import Logging
import Pipeline
import Presets
import Sandbox

struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "Serve the offline generation API on loopback until it is stopped.",
    discussion: """
      Speaks the hub's protocol and renders real clips, but is a stand-in: no model is behind it. Any key is taken. The \
      base URL is printed on stdout; use it as OXEN_BASE_URL or --base-url.
      """)

  @Option(help: "The port; 0 takes a free one.")
  var port: Int

  @Option(help: "Where generations and uploads are kept; a temporary folder without it.", completion: .directory)
  var directory: String?

  @Option(help: "Seconds that each generation waits before it is rendered.")
  var latency: Double = 0

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0 to 65535.") }
    guard (0...86_400).contains(latency) else { throw ValidationError("--latency takes 0 to 86400 seconds.") }
  }

  func run() async throws {
    common.apply()
    var configuration = SandboxServer.Configuration(directory: directory)
    configuration.port = port
    configuration.latency = .seconds(latency)
    configuration.models = try presets.library().models()
    configuration.log = LogDestination.logger("longtake.sandbox")
    let server = try SandboxServer(configuration)
    try await server.start()
    Output.line(server.baseURL)
    Terminal.note("A stand-in for a generation service: no model is behind it. Stop it with Ctrl-C.")
    await withTaskCancellationHandler {
      await server.wait()
    } onCancel: {
      Task { await server.stop() }
    }
    try Task.checkCancellation()
  }
}
