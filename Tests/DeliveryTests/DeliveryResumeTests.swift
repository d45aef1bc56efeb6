import Delivery
import Foundation
import Support
import Synchronization
import Testing

/// Interrupted deliveries.
@Suite(.media) struct DeliveryResumeTests {
  /// Also that a damaged part is re-encoded.
  @Test func goesOnWithTheChunksThatAreWhole() async throws {
    let fixture = try DeliveryFixture(seconds: "21")
    let cancelled = Task {
      try fixture.deliver("h264-uhd-web", options: { $0.workers = 1 }, recipe: Self.slow) { event in
        if case .encoded(_, let frames, _, _, _) = event, frames > 200 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.output)
    let work = try #require(names.first { $0.hasPrefix(".longtake-deliver-") })
    #expect(names.count == 1)
    let parts = try FileManager.default.contentsOfDirectory(atPath: "\(fixture.output)/\(work)")
    try #require(parts.contains("chunk-00000.mp4.json"))
    let resumed = Mutex(0)
    let file = try #require(
      try fixture.deliver("h264-uhd-web", options: { $0.workers = 1 }, recipe: Self.slow) { event in
        if case .resumed(_, let chunks, _) = event { resumed.withLock { $0 = chunks } }
      }.first)
    #expect(file.isDelivered && file.resumedChunks > 0 && resumed.withLock { $0 } == file.resumedChunks)
    #expect(try MediaTool.decode(file.file).frames == 504)
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.output)
    #expect(left == [URL(filePath: file.file).lastPathComponent])
  }

  /// Slow enough that there is a middle, on any machine.
  private static func slow(_ recipe: inout [String: Any]) {
    var video = recipe["video"] as? [String: Any] ?? [:]
    var options = video["options"] as? [String: Any] ?? [:]
    options["preset"] = "medium"
    video["options"] = options
    recipe["video"] = video
  }
}
