import Foundation
import Loudness
import Support
import Testing

/// The weight of each channel by its position, against ffmpeg's `ebur128`.
@Suite(.media) struct ChannelWeightTests {
  private static let rate = 48_000

  @Test(arguments: [
    ("mono", 1), ("stereo", 2), ("2.1", 3), ("3.0(back)", 3), ("4.0", 4), ("quad", 4), ("quad(side)", 4), ("4.1", 5),
    ("5.1", 6), ("5.1(side)", 6), ("6.0", 6), ("6.0(front)", 6), ("hexagonal", 6), ("6.1", 7), ("6.1(back)", 7),
    ("7.0", 7), ("7.1", 8), ("7.1(wide)", 8), ("octagonal", 8),
  ])
  func agreesWithFFmpegForEachLayout(_ layout: String, _ channels: Int) async throws {
    // Later channels are louder, so that a wrong weight of any of them moves the sum by more than the tolerance.
    let tones = (0..<channels).map { "\(0.02 + 0.02 * Double($0))*sin(2*PI*\(400 + 130 * $0)*t)" }
    let folder = try ScratchFolder()
    let source = "aevalsrc=\(tones.joined(separator: "|")):c=\(layout):s=\(Self.rate):d=4"
    let raw = try folder.make("tones.f32", "-f", "lavfi", "-i", source, "-f", "f32le")
    let samples = try Data(contentsOf: URL(fileURLWithPath: raw)).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    let reference = try await OutsideProgram.run(
      "ffmpeg", ["-hide_banner", "-f", "lavfi", "-i", source, "-af", "ebur128", "-f", "null", "-"])
    let summary = try #require(reference.errors.components(separatedBy: "Summary:").last)
    let expected = try #require(summary.firstMatch(of: /I:\s+(-?[\d.]+) LUFS/).flatMap { Double($0.1) })
    var meter = try LoudnessMeter(
      sampleRate: Self.rate, roles: LoudnessMeter.Role.roles(layout: layout, channels: channels))
    try meter.add(samples.span)
    let integrated = try #require(meter.reading.integrated)
    #expect(abs(integrated - expected) <= 0.1, "\(layout)")
  }

  @Test func readsThePositionsOfALayoutWithoutAName() {
    let roles = LoudnessMeter.Role.roles(layout: "4 channels (FL+LFE+BC+TFL)", channels: 4)
    #expect(roles == [.left, .unused, .rightSurround, .other])
    #expect(LoudnessMeter.Role.roles(layout: "FL+LFE", channels: 2) == [.left, .unused])
  }

  @Test func countsAnUnknownLayoutAsTheDefaultOne() {
    let roles = LoudnessMeter.Role.roles(layout: "ambisonic 1", channels: 6)
    #expect(roles == [.left, .right, .center, .unused, .leftSurround, .rightSurround])
    #expect(LoudnessMeter.Role.roles(layout: "", channels: 9) == [LoudnessMeter.Role](repeating: .other, count: 9))
  }
}
