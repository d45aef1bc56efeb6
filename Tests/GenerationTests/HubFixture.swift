import Foundation
import Generation
import Logging
import Presets
import Support
import Testing

/// A scripted hub and a quick client of it, for the time of one test.
struct HubFixture: Sendable {
  let hub: ScriptedHub
  let provider: OxenProvider

  /// - Parameter silence: of the event stream, before it is taken for dead.
  static func run(
    _ script: String = "{}", wait: WaitMode = .poll, key: String = ScriptedHub.key, namespace: String? = "team",
    safetyNet: Duration = .seconds(60), silence: Duration = .seconds(45), stall: Duration = .seconds(20),
    syncPatience: Duration = .seconds(30), logger: Logger? = nil, _ test: (HubFixture) async throws -> Void
  ) async throws {
    await Places.shared.take()
    do {
      try await runAlone(script, wait, key, namespace, safetyNet, silence, stall, syncPatience, logger, test)
    } catch {
      await Places.shared.give()
      throw error
    }
    await Places.shared.give()
  }

  private static func runAlone(
    _ script: String, _ wait: WaitMode, _ key: String, _ namespace: String?, _ safetyNet: Duration,
    _ silence: Duration, _ stall: Duration, _ syncPatience: Duration, _ logger: Logger?,
    _ test: (HubFixture) async throws -> Void
  ) async throws {
    let hub = try await ScriptedHub.start(script)
    defer { hub.stop() }
    var configuration = try OxenConfiguration(
      baseURL: hub.baseURL, key: APIKey(key, variable: "OXEN_API_KEY"), namespace: namespace,
      pollInterval: .milliseconds(80))
    configuration.retry = RetryPolicy(attempts: 4, firstPause: .milliseconds(20), longestPause: .milliseconds(100))
    configuration.safetyNetInterval = safetyNet
    configuration.streamSilence = silence
    configuration.streamPatience = .seconds(5)
    configuration.transferStall = stall
    configuration.syncPatience = syncPatience
    let provider = try OxenProvider(configuration: configuration, waitMode: wait, logger: logger)
    do {
      try await test(HubFixture(hub: hub, provider: provider))
    } catch {
      try? await provider.close()
      throw error
    }
    try await provider.close()
  }

  static let request = GenerationRequest(
    model: "kling-video-o3-4k-reference-to-video",
    parameters: [
      "prompt": "A lighthouse", "duration": 3, "generate_audio": true, "aspect_ratio": "16:9",
      "input_image": ["https://frames.example/a.png"],
      "elements": [["frontal_image_url": "https://frames.example/b.png", "reference_image_urls": []]],
    ])

  func file(_ name: String) -> String { hub.folder.appendingPathComponent(name).path }

  func wait(_ id: String, seconds: Double = 20) async throws -> GenerationResult {
    try await provider.wait(for: id, timeout: .seconds(seconds)) { _ in }
  }

  func fetch(_ result: GenerationResult, to name: String = "clip.mp4") async throws -> DownloadedFile {
    try await provider.download(result, to: file(name)) { _, _ in }
  }

  /// The bodies of the requests that create generations.
  func paid() throws -> [JSONValue] {
    try (hub.requests("POST", "/api/ai/queue") + hub.requests("POST", "/api/ai/videos")).map {
      try JSONDecoder().decode(JSONValue.self, from: Data($0.body.utf8))
    }
  }
}

/// How many hubs run at once: more of them would make the short times of the tests meaningless.
private actor Places {
  static let shared = Places()
  private var free = 4
  private var queue: [CheckedContinuation<Void, Never>] = []

  func take() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { queue.append($0) } }
  }

  func give() {
    if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() }
  }
}

/// The error with this code, or a failed expectation.
func expectError(
  _ code: GenerationError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ work: () async throws -> Void
) async -> GenerationError? {
  do {
    try await work()
    Issue.record("nothing was thrown, \(code) expected", sourceLocation: sourceLocation)
  } catch let error as GenerationError {
    #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
    #expect(!error.message.contains(ScriptedHub.key), sourceLocation: sourceLocation)
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
  return nil
}
