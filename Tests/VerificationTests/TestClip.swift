import Foundation
import Presets
import Support
import Verification

/// Small clips that ffmpeg makes, and specs to hold them against.
enum TestClip {
  static let frame = ["-f", "lavfi", "-i"]

  /// A plain clip: 320x240, 24/1, two seconds with audio, unless told otherwise.
  static func make(
    _ folder: ScratchFolder, _ name: String = "clip.mp4", size: String = "320x240", rate: String = "24",
    seconds: Double = 2, audio: Double? = 2, audioSource: String = "sine=sample_rate=48000", extra: [String] = []
  ) throws -> String {
    var arguments = frame + ["testsrc2=size=\(size):rate=\(rate):duration=\(seconds)"]
    if let audio { arguments += ["-f", "lavfi", "-i", "\(audioSource):duration=\(audio)"] }
    arguments += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    if audio != nil { arguments += ["-c:a", "aac", "-ac", "2"] }
    try MediaTool.ffmpeg(arguments + extra + [name], in: folder.url)
    return folder.path(name)
  }

  static func spec(_ rules: [String: DeliverableRule]) -> DeliverableSpec {
    DeliverableSpec(id: "test", title: "test", source: "test", extends: nil, rules: rules)
  }

  /// Every check at its own ideal.
  static let everything = spec(
    Dictionary(uniqueKeysWithValues: CheckCatalogue.all.map { ($0.id, DeliverableRule(condition: nil)) }))

  static func report(
    _ path: String, _ spec: DeliverableSpec = everything, _ expectation: Expectation? = nil
  ) throws -> VerificationReport {
    try Verifier(spec: spec).verify(path, expectation: expectation)
  }
}
