import Foundation
import Generation
import Presets
import Support

/// A scripted fal and a client of it on a clock that runs 100 times faster, for the time of one test.
struct FalFixture: Sendable {
  static let endpoint = "fal-ai/kling-video/o3/4k/reference-to-video"
  static let request = GenerationRequest(
    model: endpoint, parameters: ["prompt": "A lighthouse", "duration": "3", "generate_audio": true])

  let fal: ScriptedFal
  let provider: FalProvider

  static func run(
    _ script: String = "{}", wait: WaitMode = .poll, safetyNet: Duration = .seconds(6000),
    silence: Duration = .seconds(4500), _ test: (FalFixture) async throws -> Void
  ) async throws {
    let fal = try await ScriptedFal.start(HubFixture.quick(script))
    defer { fal.stop() }
    var configuration = try FalConfiguration.fromEnvironment(fal.environment)
    configuration.settings = configuration.settings.fast(FastClock())
    configuration.settings.safetyNetInterval = safetyNet
    configuration.settings.streamSilence = silence
    let provider = try FalProvider(configuration: configuration, waitMode: wait)
    do {
      try await test(FalFixture(fal: fal, provider: provider))
    } catch {
      try? await provider.close()
      throw error
    }
    try await provider.close()
  }

  static func faults(_ fault: String) -> String { #"{"faults": [{\#(fault)}]}"# }

  func file(_ name: String) -> String { fal.folder.appendingPathComponent(name).path }

  func wait(_ id: String, seconds: Double = 20_000) async throws -> GenerationResult {
    try await provider.wait(for: id, timeout: .seconds(seconds)) { _ in }
  }

  func fetch(_ result: GenerationResult, to name: String = "clip.mp4") async throws -> DownloadedFile {
    try await provider.download(result, to: file(name)) { _, _ in }
  }

  /// The requests that are paid.
  func paid() throws -> [ScriptedServer.Entry] {
    try fal.requests("POST", at: "queue") + fal.requests("POST", at: "run")
  }
}
