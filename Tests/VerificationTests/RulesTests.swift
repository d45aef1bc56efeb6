import Foundation
import Presets
import Support
import Testing
import Verification

@Suite(.media) struct RulesTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("A check that does not exist is refused, with the nearest that does")
  func unknownCheck() {
    let spec = TestClip.spec([
      "video.frame_rat": DeliverableRule(condition: nil),
      "audio.present": DeliverableRule(condition: nil, when: ["audio_requestd": true]),
    ])
    let error = #expect(throws: VerificationError.self) { _ = try Verifier(spec: spec) }
    #expect(error?.code == .unknownCheck)
    #expect(error?.message.contains("'video.frame_rate'") == true)
    #expect(error?.message.contains("'audio_requested'") == true)
  }

  @Test("Rules of bundled presets name checks that exist")
  func bundledPresets() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let library = try PresetLibrary(directory: root.appending(path: "presets").path(percentEncoded: false))
    let names = library.names(of: .verify)
    #expect(names.contains("uhd-4k"))
    for name in names {
      #expect(CheckCatalogue.mistakes(in: try library.deliverableSpec(named: name)) == [])
    }
  }

  @Test(
    "A rule's severity determines the verdict",
    arguments: [
      (DeliverableRule.Severity.fail, Verdict.fail, Finding.Status.fail), (.warn, .warn, .warn), (.info, .pass, .warn),
    ])
  func severity(_ severity: DeliverableRule.Severity, _ verdict: Verdict, _ status: Finding.Status) throws {
    let path = try TestClip.make(folder, audio: nil)
    let rules = ["video.codec": DeliverableRule(condition: .equals("hevc"), severity: severity)]
    let report = try TestClip.report(path, TestClip.spec(rules))
    #expect(report.verdict == verdict)
    #expect(report.finding("video.codec")?.status == status)
  }

  @Test("A rule with a 'when' applies only if its conditions hold, measured or requested")
  func conditions() throws {
    let path = try TestClip.make(folder, audio: nil)
    let rules = [
      "audio.length": DeliverableRule(condition: .atMost(0.05), when: ["audio_present": true]),
      "audio.present": DeliverableRule(condition: .equals(true), when: ["audio_requested": true]),
      "video.gop.max": DeliverableRule(condition: .atMost(1), when: ["video.codec": "h264"]),
    ]
    let spec = TestClip.spec(rules)
    let report = try TestClip.report(path, spec)
    #expect(report.finding("audio.length")?.status == .notRun)
    #expect(report.finding("audio.present")?.status == .notRun)
    #expect(report.finding("video.gop.max")?.status == .fail)
    #expect(try TestClip.report(path, spec, Expectation(audio: true)).finding("audio.present")?.status == .fail)
  }

  @Test("An unmeasurable check is inconclusive and warns")
  func inconclusive() throws {
    let path = try folder.make(
      "clip.webm", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=0.5", "-c:v", "libvpx-vp9", "-deadline",
      "realtime")
    let report = try TestClip.report(path, TestClip.spec(["video.opens_with_idr": DeliverableRule(condition: nil)]))
    #expect(report.finding("video.opens_with_idr")?.status == .inconclusive)
    #expect(report.verdict == .warn)
  }

  @Test("The JSON has every member of the contract, null for missing values")
  func json() throws {
    let path = try TestClip.make(folder, audio: nil)
    let rules = ["video.size": DeliverableRule(condition: .between(1, 2))]
    let data = try TestClip.report(path, TestClip.spec(rules)).data()
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["schema"] as? String == "longtake.verify/1")
    #expect(object["file"] as? String == path)
    #expect(object["preset"] as? String == "test")
    #expect(object["verdict"] as? String == "fail")
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.map { $0["check"] as? String } == ["container.opens", "video.size"])
    for finding in findings {
      #expect(
        Set(finding.keys)
          == [
            "check", "status", "severity", "rule_severity", "expected", "actual", "start", "end", "intervals",
            "message", "advice",
          ])
    }
    #expect(findings[1]["start"] is NSNull)
    let measurements = try #require(object["measurements"] as? [String: [String: Any]])
    #expect(measurements["video.duration"]?["unit"] as? String == "s")
    #expect((measurements["video.duration"]?["value"] as? NSNumber)?.doubleValue == 2)
    #expect(!String(decoding: data, as: UTF8.self).contains("\n"))
  }

  @Test("The table puts failing rules first and lets no control character through")
  func table() throws {
    let path = try TestClip.make(folder, "a\u{1B}[31m.mp4", audio: nil)
    let rules = [
      "container.faststart": DeliverableRule(condition: .equals(false)),
      "video.codec": DeliverableRule(condition: .equals("hevc")),
    ]
    let lines = VerificationTable(try TestClip.report(path, TestClip.spec(rules))).lines
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("FAIL") && lines[0].contains("\\u{1b}"))
    #expect(lines[2].contains("fail") && lines[2].contains("video.codec  h264      hevc"))
    #expect(lines.joined().unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
  }

  @Test("Each check is listed once with its unit")
  func listing() {
    #expect(CheckCatalogue.listing.count == CheckCatalogue.all.count)
    #expect(Set(CheckCatalogue.all.map(\.id)).count == CheckCatalogue.all.count)
    #expect(CheckCatalogue.listing.contains { $0.hasPrefix("video.duration ") && $0.contains("[s]") })
  }

  @Test("Without audio, defect checks do not run and requirements fail")
  func noAudio() throws {
    let path = try TestClip.make(folder, audio: nil)
    let ids = ["audio.gaps", "audio.clipping", "audio.silence", "audio.channels.dead", "audio.length"]
    var rules = Dictionary(uniqueKeysWithValues: ids.map { ($0, DeliverableRule(condition: .equals(0))) })
    rules["audio.loudness.integrated"] = DeliverableRule(condition: .between(-24, -22))
    let report = try TestClip.report(path, TestClip.spec(rules))
    for id in ids { #expect(report.finding(id)?.status == .notRun, "\(id)") }
    #expect(report.finding("audio.loudness.integrated")?.status == .fail)
    #expect(
      report.finding("audio.loudness.integrated")?.message
        == "integrated loudness: no audio, expected −24 to −22 LUFS")
  }

  @Test("Rates are compared as exact fractions", arguments: ["24000/1001", "30", "60000/1001", "12"])
  func rates(_ rate: String) throws {
    let path = try TestClip.make(folder, rate: rate, seconds: 0.5, audio: nil)
    let rules = ["video.frame_rate": DeliverableRule(condition: .between(23, 60))]
    #expect(try TestClip.report(path, TestClip.spec(rules)).verdict == (rate == "12" ? .fail : .pass))
  }

  @Test("A container whose sample aspect ratio contradicts the bit stream fails")
  func sampleAspectRatioOfTheContainer() throws {
    let same = try TestClip.make(folder, "same.mp4", seconds: 0.5, audio: nil, extra: ["-vf", "setsar=4/3"])
    let other = try folder.make("other.mp4", "-i", same, "-c", "copy", "-aspect", "4:3")
    let spec = TestClip.spec(["video.wrapper": DeliverableRule(condition: .equals(true))])
    // x264 rounds this to 4095:4096.
    let rounded = try TestClip.make(
      folder, "rounded.mp4", seconds: 0.5, audio: nil, extra: ["-vf", "setsar=26363/26367"])
    #expect(try TestClip.report(same, spec).verdict == .pass)
    #expect(try TestClip.report(rounded, spec).verdict == .pass)
    let finding = try #require(try TestClip.report(other, spec).finding("video.wrapper"))
    #expect(finding.status == .fail && finding.message.contains("1:1") && finding.message.contains("4:3"))
  }
}
