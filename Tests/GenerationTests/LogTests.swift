import Generation
import Logging
import Support
import Synchronization
import Testing

/// Keeps everything that is logged.
private struct Recorder: LogHandler {
  final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.all.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
  }
}

@Suite struct LogTests {
  @Test(arguments: [WaitMode.sse, .sync]) func containsNeitherKeyNorSignature(_ mode: WaitMode) async throws {
    let lines = Recorder.Lines()
    let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
    let faults =
      #"[{"port": "files", "action": "status", "status": 503}, {"port": "files", "action": "truncate", "bytes": 9}]"#
    try await HubFixture.run(#"{"faults": \#(faults)}"#, wait: mode, logger: logger) { (bench) async throws in
      if mode == .sync {
        _ = try await bench.fetch(try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))[0])
      } else {
        _ = try await bench.fetch(try await bench.wait(try await bench.provider.enqueue(HubFixture.request)[0].id))
      }
      let signatures = try bench.hub.requests().compactMap { $0.query["X-Amz-Signature"] }
      #expect(!signatures.isEmpty)
      let text = lines.all.withLock { $0.joined(separator: "\n") }
      #expect(text.contains("/api/") && text.contains("retrying the download"))
      for secret in signatures + [ScriptedHub.key] { #expect(!text.contains(secret)) }
    }
  }
}
