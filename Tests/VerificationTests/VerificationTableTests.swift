import Foundation
import Presets
import Support
import Testing
import Timing
import Verification

/// The messages of findings, and their table for people.
@Suite(.media) struct VerificationTableTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let rules: [String: DeliverableRule] = [
    "video.frame_rate": DeliverableRule(condition: .anyOf(["25/1", "30/1"])),
    "video.gop.max": DeliverableRule(condition: .atMost(12), severity: .warn),
    "audio.true_peak": DeliverableRule(condition: .atMost(-30)),
    "audio.length": DeliverableRule(condition: .atMost(0.05), severity: .warn),
    "audio.sample_rate": DeliverableRule(condition: .anyOf([44_100, 96_000]), severity: .info),
    "video.size": DeliverableRule(condition: .equals("320x240")),
    "audio.present": DeliverableRule(condition: .equals(true)),
    "audio.codec": DeliverableRule(condition: .equals("mp3"), when: ["audio_requested": true]),
    "audio.silence": DeliverableRule(condition: .equals(0), when: ["video.codec": "hevc"]),
  ]

  @Test("A finding is a fact with the measured and the expected value")
  func facts() throws {
    let report = try TestClip.report(try TestClip.make(folder, audio: 1), TestClip.spec(Self.rules))
    func message(_ check: String) -> String? { report.finding(check)?.message }
    #expect(message("video.frame_rate") == "frame rate 24/1, expected 25/1 | 30/1")
    #expect(message("video.gop.max") == "GOP length 48 frames, expected ≤ 12 frames")
    #expect(message("audio.sample_rate") == "sample rate 48000 Hz, expected 44100 | 96000 Hz")
    #expect(message("video.size") == "frame size 320x240")
    #expect(message("audio.present") == "audio present")
    #expect(message("audio.codec") == "not run: applies only where audio_requested = true")
    #expect(message("audio.true_peak")?.wholeMatch(of: /true peak −[0-9.]+ dBTP, expected ≤ −30 dBTP/) != nil)
    #expect(
      message("audio.length")?.wholeMatch(
        of: /A\/V end offset [0-9.]+ s, expected ≤ 0.05 s: audio ends before the video/)
        != nil)
    #expect(report.finding("video.frame_rate")?.advice?.isEmpty == false)
    #expect(report.finding("video.size")?.advice == nil)
  }

  @Test(
    "No message, title or advice uses words that the field does not",
    arguments: ["picture", "sound", "anew", " a audio"])
  func words(_ word: String) throws {
    let report = try TestClip.report(try TestClip.make(folder, audio: 1))
    for check in CheckCatalogue.all {
      let texts = [check.title, check.detail, check.advice, check.unit, report.finding(check.id)?.message ?? ""]
      for text in texts { #expect(!text.contains(word), "\(check.id): \(text)") }
    }
  }

  @Test("Broken rules come first; passed and skipped checks are one line each, or one row each when verbose")
  func folding() throws {
    let report = try TestClip.report(try TestClip.make(folder, audio: 1), TestClip.spec(Self.rules))
    let lines = VerificationTable(report).lines
    func first(_ line: String) -> String { line.split(separator: " ").first.map(String.init) ?? "" }
    let rows = lines.filter { ["fail", "warn", "info", "pass", "not_run"].contains(first($0)) }
    #expect(rows.map(first) == ["fail", "fail", "warn", "warn", "info"])
    #expect(first(lines[1]) == "status" && lines[1].hasSuffix("where"))
    #expect(lines.contains("  3 checks passed"))
    #expect(lines.last?.hasPrefix("  2 checks not run: ") == true)
    #expect(lines.last?.contains("1 applies only where video.codec = hevc") == true)
    let offset = try #require(rows.first { $0.contains("audio.length") })
    #expect(offset.contains("≤ 0.05 s") && offset.contains("–2 s"))

    let all = VerificationTable(report, verbose: true).lines
    #expect(all.count { first($0) == "pass" } == 3)
    #expect(all.count { first($0) == "not_run" } == 2)
    #expect(!all.contains { $0.contains("checks passed") })
  }

  @Test("The limits of the native estimate are printed once below the table, or not at all")
  func limits() throws {
    let path = try TestClip.make(folder, seconds: 0.2, audio: nil)
    let spec = TestClip.spec(["video.native_resolution": DeliverableRule(condition: nil)])
    let report = try TestClip.report(path, spec)
    func count(_ table: VerificationTable) -> Int { table.lines.count { $0.contains("super-resolution") } }
    #expect(count(VerificationTable(report)) == 1)
    #expect(count(VerificationTable(report, verbose: true)) == 1)
    #expect(count(VerificationTable(report, showsNotes: false)) == 0)
  }

  @Test("The place of a defect names its time range and frame")
  func place() throws {
    let path = try TestClip.make(
      folder, audio: nil, extra: ["-vf", "drawbox=c=black:t=fill:enable='between(n,12,23)'"])
    let spec = TestClip.spec(["video.black": DeliverableRule(condition: nil)])
    let report = try TestClip.report(path, spec)
    #expect(report.finding("video.black")?.message == "longest black section 0.5 s, expected 0 s")
    #expect(VerificationTable(report).lines.contains { $0.hasSuffix("0.5–1 s, frame 12") })
  }
}
