import Foundation
import Generation
import Pipeline
import Presets
import Support
import Testing

/// Checks of a clip against its request: start and end image, cuts, audio.
@Suite struct RequestCheckTests {
  private static let shots = """
      - id: one
        start: from.png
        end: to.png
        multi_prompt:
          - prompt: A quay.
            duration: 1
          - prompt: A boat.
            duration: 2
    """

  private func fixture() throws -> SmallStoryboard {
    let fixture = try SmallStoryboard(shots: Self.shots)
    for (name, source) in [("from.png", "testsrc2"), ("to.png", "smptehdbars")] {
      _ = try fixture.folder.make(
        name, "-f", "lavfi", "-i", "\(source)=size=\(SmallStoryboard.width)x\(SmallStoryboard.height)", "-frames:v", "1"
      )
    }
    return fixture
  }

  private func statuses(_ pipeline: PipelineFixture) throws -> [String: String] {
    let findings = try pipeline.report()["shots"]?.arrayValue?.first?["takes"]?.arrayValue?.first?["verification"]?[
      "findings"]?.arrayValue
    return Dictionary(
      try #require(findings).compactMap { finding in
        guard let check = finding["check"]?.stringValue, let status = finding["status"]?.stringValue else { return nil }
        return (check, status)
      }, uniquingKeysWith: { first, _ in first })
  }

  @Test func passesAClipThatMatchesItsRequest() async throws {
    let pipeline = PipelineFixture(try fixture())
    #expect(try await pipeline.storyboardRun().generate().isGood)
    let found = try statuses(pipeline)
    for check in [
      "request.start_image", "request.end_image", "request.cuts", "request.size", "request.duration", "request.audio",
      "audio.silent",
    ] {
      #expect(found[check] == "pass", "\(check)")
    }
  }

  /// A clip of the right size and length that shows something else, in one shot, and is silent.
  @Test func warnsAboutAClipThatDoesNotMatchItsRequest() async throws {
    let fixture = try fixture()
    let clip = try fixture.folder.make(
      "clip.mp4", "-f", "lavfi", "-i",
      "mandelbrot=size=\(SmallStoryboard.width)x\(SmallStoryboard.height):rate=24,trim=duration=3", "-f", "lavfi", "-i",
      "anullsrc=r=48000:cl=stereo", "-shortest", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
      "-c:a",
      "aac", "-t", "3")
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(clip)", "done_after": 0.1}"#)
    defer { hub.stop() }
    let pipeline = PipelineFixture(fixture)
    _ = try await pipeline.storyboardRun(hub: hub).generate()
    let found = try statuses(pipeline)
    for check in ["request.start_image", "request.end_image", "request.cuts", "audio.silent"] {
      #expect(found[check] == "warn", "\(check)")
    }
    #expect(found["request.size"] == "pass" && found["request.duration"] == "pass" && found["request.audio"] == "pass")
  }
}
