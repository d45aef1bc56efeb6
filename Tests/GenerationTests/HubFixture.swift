import Foundation
import Generation
import Logging
import Presets
import Support
import Testing

/// A scripted hub and a client of it on a clock that runs 100 times faster, for the time of one test.
struct HubFixture: Sendable {
  let hub: ScriptedHub
  let provider: OxenProvider

  /// - Parameters:
  ///   - script: generations take 0.05 s of real time unless it sets another.
  ///   - poll: in seconds of the fast clock, like the others.
  static func run(
    _ script: String = "{}", wait: WaitMode = .poll, key: String = ScriptedHub.key, namespace: String? = "team",
    poll: Duration = .seconds(2), safetyNet: Duration = .seconds(6000), silence: Duration = .seconds(4500),
    stall: Duration = .seconds(2000),
    syncTimeout: Duration = .seconds(3000), answerTime: Duration = .seconds(3000), clock: FastClock = FastClock(),
    logger: Logger? = nil,
    _ test: (HubFixture) async throws -> Void
  ) async throws {
    let hub = try await ScriptedHub.start(quick(script))
    defer { hub.stop() }
    var configuration = try OxenConfiguration(
      baseURL: hub.baseURL, key: APIKey(key, variable: "OXEN_API_KEY"), namespace: namespace)
    configuration.settings = configuration.settings.fast(clock)
    configuration.settings.pollInterval = poll
    configuration.settings.safetyNetInterval = safetyNet
    configuration.settings.streamSilence = silence
    configuration.settings.transferStall = stall
    configuration.settings.syncTimeout = syncTimeout
    configuration.settings.answerTime = answerTime
    let provider = try OxenProvider(configuration: configuration, waitMode: wait, logger: logger)
    do {
      try await test(HubFixture(hub: hub, provider: provider))
    } catch {
      try? await provider.close()
      throw error
    }
    try await provider.close()
  }

  /// The script with generations of 0.05 s, unless it sets `done_after`.
  static func quick(_ script: String) -> String {
    guard !script.contains("done_after") else { return script }
    let rest = script.dropFirst()
    return #"{"done_after": 0.05"# + (rest == "}" ? "" : ", ") + rest
  }

  static let request = GenerationRequest(
    model: "kling-video-o3-4k-reference-to-video",
    parameters: [
      "prompt": "A lighthouse", "duration": 3, "generate_audio": true, "aspect_ratio": "16:9",
      "input_image": ["https://images.example/a.png"],
      "elements": [["frontal_image_url": "https://images.example/b.png", "reference_image_urls": []]],
    ])

  func file(_ name: String) -> String { hub.folder.appendingPathComponent(name).path }

  /// - Parameter seconds: of the fast clock.
  func wait(_ id: String, seconds: Double = 20_000) async throws -> GenerationResult {
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

extension ClientSettings {
  /// For a clock that runs 100 times faster: 20 ms between polls, 10–50 ms of back-off.
  func fast(_ clock: FastClock) -> ClientSettings {
    var settings = self
    settings.clock = clock
    settings.pollInterval = .seconds(2)
    settings.retry = RetryPolicy(attempts: 4, firstPause: .seconds(1), longestPause: .seconds(5))
    settings.streamTimeout = .seconds(500)
    return settings
  }
}

/// Waits until a condition holds.
func until(_ condition: () throws -> Bool) async throws {
  while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
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
