import ArgumentParser
import Logging
import Pipeline
import Presets
import Sandbox

struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "Serve the offline generation API on loopback until it is stopped.",
    discussion: """
      A simulator of the hub's and fal's protocols that renders real clips without a model and accepts any key. Prints the \
      hub's base URL, for OXEN_BASE_URL or --base-url; the variables for fal's hosts go to stderr.

      --faults injects failures from a file (YAML or JSON, schema presets/schema/faults.json):

        schema: longtake.faults/1
        faults:
          - {fault: status, status: 429, retry_after: 2, path: /api/ai/queue, times: 2}
          - {fault: lost_answer, path: /api/ai/queue, skip: 1}
          - {fault: truncated_body, bytes: 100000}

      fault: status (status, retry_after, retry_after_form seconds|date, body), lost_answer, dropped_request, \
      dropped_stream (after: seconds), mute_stream, expired_link, truncated_body (bytes), corrupted_body (from, bytes), \
      failed_generation (message), slow (seconds, bytes_per_second). Each takes method and path (* matches anything; \
      default: what the fault usually hits), skip (matching requests let through first) and times (requests hit, or \
      always; default: 1). The first fault that is due hits a request.
      """)

  @Option(help: ArgumentHelp("Port; 0 picks a free one.", valueName: "n"))
  var port: Int

  @Option(
    help: ArgumentHelp("Folder for generations and uploads (default: a temporary folder).", valueName: "dir"),
    completion: .directory)
  var directory: String?

  @Option(help: ArgumentHelp("Time each generation waits before it is rendered, e.g. 90s.", valueName: "duration"))
  var latency = DurationArgument(seconds: 0)

  @Option(help: ArgumentHelp("Script of failures to inject.", valueName: "file"), completion: .file())
  var faults: String?

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
    guard latency.duration <= .seconds(24 * 3600) else { throw ValidationError("--latency must be at most 24h.") }
  }

  func run() async throws {
    common.apply()
    var configuration = SandboxServer.Configuration(directory: directory)
    configuration.port = port
    configuration.latency = latency.duration
    configuration.models = try presets.library().models()
    configuration.faults = try faults.map { try FaultScript(path: $0) }
    configuration.log = Log.logger("longtake.sandbox")
    let server = try SandboxServer(configuration)
    try await server.start()
    Answer.line(server.baseURL)
    let fal = server.falBaseURL
    Terminal.note("for fal: FAL_RUN_HOST=\(fal)/run FAL_QUEUE_RUN_HOST=\(fal)/queue FAL_REST_HOST=\(fal)/rest")
    Terminal.note("Simulator: no model is asked. Stop with Ctrl-C.")
    await withTaskCancellationHandler {
      await server.wait()
    } onCancel: {
      Task { await server.stop() }
    }
    try Task.checkCancellation()
  }
}
