import ArgumentParser
import Logging
import Pipeline
import Presets
import Sandbox

struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "Serve the offline generation API on loopback until it is stopped.",
    discussion: """
      Speaks the hub's protocol and fal's, and renders real clips, but is a stand-in: no model is behind it. Any key is \
      taken. The hub's base URL is printed on stdout; use it as OXEN_BASE_URL or --base-url. The variables that stand for \
      fal's hosts are printed on stderr.

      --faults plays what goes wrong in the real world, by a file (YAML or JSON, schema presets/schema/faults.json):

        schema: longtake.faults/1
        faults:
          - {fault: status, status: 429, retry_after: 2, path: /api/ai/queue, times: 2}
          - {fault: lost_answer, path: /api/ai/queue, skip: 1}
          - {fault: truncated_body, bytes: 100000}

      fault: status (status, retry_after, retry_after_form seconds|date, body), lost_answer, dropped_request, \
      dropped_stream (after: seconds), mute_stream, expired_link, truncated_body (bytes), corrupted_body (from, bytes), \
      failed_generation (message), slow (seconds, bytes_per_second). Each takes method and path (* stands for anything; \
      what the fault is usually about without them), skip (matching requests let through first) and times (how many are \
      hit: 1 without it, or always). The first fault that is due hits a request.
      """)

  @Option(help: "The port; 0 takes a free one.")
  var port: Int

  @Option(help: "Where generations and uploads are kept; a temporary folder without it.", completion: .directory)
  var directory: String?

  @Option(help: "Seconds that each generation waits before it is rendered.")
  var latency: Double = 0

  @Option(help: "A script of what shall go wrong.", completion: .file())
  var faults: String?

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
    configuration.faults = try faults.map { try FaultScript(path: $0) }
    configuration.log = LogDestination.logger("longtake.sandbox")
    let server = try SandboxServer(configuration)
    try await server.start()
    Output.line(server.baseURL)
    let fal = server.falBaseURL
    Terminal.note("For fal: FAL_RUN_HOST=\(fal)/run FAL_QUEUE_RUN_HOST=\(fal)/queue FAL_REST_HOST=\(fal)/rest")
    Terminal.note("A stand-in for a generation service: no model is behind it. Stop it with Ctrl-C.")
    await withTaskCancellationHandler {
      await server.wait()
    } onCancel: {
      Task { await server.stop() }
    }
    try Task.checkCancellation()
  }
}
