import Delivery
import Foundation
import Stitching
import Support
import Testing

/// One version per language, with the same video packets.
@Suite(.media) struct DeliveryLanguageTests {
  private func voice(_ fixture: DeliveryFixture, _ frequency: Int) throws -> VoiceOptions {
    VoiceOptions(
      file: try fixture.folder.make(
        "voice\(frequency).wav", "-f", "lavfi", "-i", "sine=frequency=\(frequency):sample_rate=44100:duration=2"))
  }

  private func packets(_ path: String) throws -> String {
    try MediaTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]).text
  }

  private func loudness(_ path: String) throws -> (integrated: Double, peak: Double) {
    let result = try MediaTool.run(
      "ffmpeg", ["-nostats", "-i", path, "-filter_complex", "ebur128=peak=true", "-f", "null", "-"])
    let summary = try #require(result.errors.components(separatedBy: "Summary:").last)
    let (loudness, peak) = (
      summary.firstMatch(of: /I: +(-?[0-9.]+) LUFS/), summary.firstMatch(of: /Peak: +(-?[0-9.]+)/)
    )
    return (try #require(loudness.flatMap { Double($0.1) }), try #require(peak.flatMap { Double($0.1) }))
  }

  @Test(arguments: ["ads-netflix-1080", "ads-dv360"]) func languagesShareTheVideoAndMeetTheLoudness(preset: String)
    throws
  {
    let fixture = try DeliveryFixture(seconds: "3")
    let versions = [
      LanguageVersion(language: "eng", voice: nil), LanguageVersion(language: "deu", voice: try voice(fixture, 500)),
      LanguageVersion(language: "fra", voice: try voice(fixture, 700)),
    ]
    let files = try fixture.deliver(preset, options: { $0.languages = versions })
    #expect(files.count == 3 && files.allSatisfy(\.isDelivered), "\(files.map(\.problems))")
    #expect(files.map(\.language) == ["eng", "deu", "fra"])
    #expect(files[0].voice == nil && files[1].voice?.hasSuffix("voice500.wav") == true)
    let own = try packets(files[0].file)
    for (file, language) in zip(files, ["eng", "deu", "fra"]) {
      #expect(file.file.contains("_\(language)."))
      #expect(try packets(file.file) == own)
      let audio = try #require(try DeliveryFixture.stream(file.file, "audio"))
      #expect((audio["tags"] as? [String: Any])?["language"] as? String == language)
      if preset == "ads-netflix-1080" {
        let measured = try loudness(file.file)
        #expect(abs(measured.integrated + 24) < 0.3 && measured.peak <= -1.9)
      }
    }
    #expect(Set(files.map(\.sha256)).count == 3)
  }

  @Test func stemsHaveTheVoiceInTheirMainTrack() throws {
    let fixture = try DeliveryFixture(seconds: "2")
    let version = LanguageVersion(language: "deu", voice: try voice(fixture, 500))
    let files = try fixture.deliver("audio-stems", options: { $0.languages = [version] })
    #expect(files.count == 1 && files[0].file.contains("_deu_1.wav"))
    #expect(files[0].voice != nil)
  }

  @Test func namesThatWouldBeTheSameAreRefused() throws {
    let fixture = try DeliveryFixture(seconds: "1")
    #expect(throws: DeliveryError.self) {
      try fixture.deliver(
        "proxy-1080p",
        options: {
          $0.nameTemplate = "{title}"
          $0.languages = [LanguageVersion(language: "eng", voice: nil), LanguageVersion(language: "deu", voice: nil)]
        })
    }
  }
}
