import Foundation
import Libav
import Presets
import Support
import Testing
import Timing
import Verification

@Suite(.media) struct VerifierTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("A clip passes the request, with ffmpeg's frame count")
  func passes() throws {
    let path = try TestClip.make(folder, extra: ["-movflags", "+faststart"])
    let asked = Expectation(size: (320, 240), duration: Rational(2), audio: true, frameRate: FrameRate(24))
    let rules: [String: DeliverableRule] = [
      "video.size": DeliverableRule(condition: .anyOf(["320x240"])),
      "video.frame_rate": DeliverableRule(condition: .equals("24/1")),
      "video.frame_rate.constant": DeliverableRule(condition: .equals(true)),
      "video.frame_count.consistent": DeliverableRule(condition: nil),
      "video.opens_with_idr": DeliverableRule(condition: nil),
      "video.start_time": DeliverableRule(condition: .equals(0)),
      "decode.clean": DeliverableRule(condition: .equals(true)),
      "container.faststart": DeliverableRule(condition: nil),
      "container.trailing_bytes": DeliverableRule(condition: nil),
      "audio.length": DeliverableRule(condition: .atMost(0.05)),
      "audio.sample_rate": DeliverableRule(condition: .anyOf([44_100, 48_000])),
    ]
    let report = try TestClip.report(path, TestClip.spec(rules), asked)
    #expect(report.reasons == [])
    #expect(report.verdict == .pass)
    let decoded = try MediaTool.decode(path)
    #expect(report.measurements["video.frame_count"]?.value == .integer(Int64(decoded.frames)))
    #expect(report.findings.allSatisfy { $0.status == .pass })
    #expect(report.finding("request.size") != nil && report.finding("audio.silent") != nil)
  }

  @Test("An NTSC rate is measured as its exact fraction, not 24 or 23.976")
  func exactRate() throws {
    let path = try TestClip.make(folder, rate: "24000/1001", audio: nil)
    let report = try TestClip.report(path, TestClip.everything, Expectation(frameRate: FrameRate(24)))
    #expect(report.measurements["video.frame_rate"]?.value == "24000/1001")
    #expect(report.measurements["video.frame_rate.constant"]?.value == true)
    #expect(report.finding("request.frame_rate")?.status == .fail)
  }

  @Test("Dolby Vision profile 5 is reported, because plain players show it in wrong colours")
  func dolbyVisionOnly() throws {
    let plain = try TestClip.make(folder, seconds: 0.5, audio: nil)
    var editor = try BoxEditor(plain)
    editor.add(BoxEditor.dolbyVisionProfile5, in: BoxEditor.sampleEntry("avc1"))
    let path = folder.path("profile5.mp4")
    try editor.write(path)
    let rules = ["video.color.common": DeliverableRule(condition: nil)]
    let finding = try #require(try TestClip.report(path, TestClip.spec(rules)).finding("video.color.common"))
    #expect(finding.status == .fail && finding.message.contains("Dolby Vision profile 5"))
    #expect(try TestClip.report(plain, TestClip.spec(rules)).verdict == .pass)
  }

  @Test("A variable frame rate fails")
  func variableRate() throws {
    let path = try TestClip.make(
      folder, audio: nil,
      extra: [
        "-vf", "settb=1/12288,setpts='if(gt(N,20),PTS+0.03/TB,PTS)'", "-fps_mode", "passthrough", "-enc_time_base",
        "1/12288",
      ])
    let finding = try #require(try TestClip.report(path).finding("video.frame_rate.constant"))
    #expect(finding.status == .fail)
    #expect(finding.actual == false)
    #expect(finding.message.contains("off a constant rate"))
  }

  @Test("Audio that ends early or late is measured and located", arguments: [1.4, 2.6])
  func audioLength(_ seconds: Double) throws {
    let path = try TestClip.make(folder, audio: seconds)
    let rules = ["audio.length": DeliverableRule(condition: .atMost(0.05), severity: .warn)]
    let report = try TestClip.report(path, TestClip.spec(rules))
    let finding = try #require(report.finding("audio.length"))
    #expect(report.verdict == .warn)
    #expect(finding.status == .warn)
    #expect(abs((finding.actual.doubleValue ?? 0) - 0.6) < 0.03)
    let (start, end) = (try #require(finding.start).doubleValue, try #require(finding.end).doubleValue)
    #expect(abs(start - min(seconds, 2)) < 0.03 && abs(end - max(seconds, 2)) < 0.03)
    #expect(finding.message.contains(seconds < 2 ? "before the video" : "after the video"))
  }

  @Test("A wrong size fails the preset and the request, with both sizes in the message")
  func wrongSize() throws {
    let path = try TestClip.make(folder, audio: nil)
    let rules = ["video.size": DeliverableRule(condition: .anyOf(["3840x2160", "2160x3840"]))]
    let report = try TestClip.report(path, TestClip.spec(rules), Expectation(size: (3840, 2160)))
    #expect(report.verdict == .fail)
    for id in ["video.size", "request.size"] {
      let finding = try #require(report.finding(id))
      #expect(finding.status == .fail)
      #expect(finding.actual == "320x240")
      #expect(finding.message.contains("320x240") && finding.message.contains("3840x2160"))
    }
  }

  @Test("The size of a rotated video is its display size")
  func rotated() throws {
    let flat = try TestClip.make(folder, audio: nil)
    let path = try folder.make("rotated.mp4", "-i", flat, "-c", "copy", "-metadata:s:v:0", "rotate=90")
    let report = try TestClip.report(path)
    #expect(report.measurements["video.size"]?.value == "240x320")
    #expect(report.measurements["video.rotation"]?.value != 0)
  }

  @Test("The length may differ from the request by half a second and no more")
  func duration() throws {
    let path = try TestClip.make(folder, seconds: 2, audio: nil)
    for (asked, status) in [(Rational(5, 2), Finding.Status.pass), (Rational(51, 20), .fail), (Rational(7, 5), .fail)] {
      let report = try TestClip.report(path, TestClip.spec([:]), Expectation(duration: asked))
      #expect(report.finding("request.duration")?.status == status)
    }
  }

  @Test("Requested audio that is missing fails; silent audio warns; without a request neither matters")
  func requestedAudio() throws {
    let none = try TestClip.make(folder, "none.mp4", audio: nil)
    let silent = try TestClip.make(folder, "silent.mp4", audioSource: "anullsrc=r=48000:cl=stereo")
    let spec = TestClip.spec([:])
    #expect(try TestClip.report(none, spec, Expectation(audio: true)).verdict == .fail)
    #expect(try TestClip.report(none, spec, Expectation(audio: false)).verdict == .pass)
    #expect(try TestClip.report(none, spec).verdict == .pass)
    let report = try TestClip.report(silent, spec, Expectation(audio: true))
    #expect(report.verdict == .warn)
    #expect(report.reasons.map(\.check) == ["audio.silent"])
  }

  @Test("A clip of one frame passes")
  func oneFrame() throws {
    let path = try TestClip.make(folder, seconds: 0.04, audio: nil)
    let report = try TestClip.report(path)
    #expect(report.measurements["video.frame_count"]?.value == 1)
    #expect(report.finding("decode.clean")?.status == .pass)
    #expect(report.finding("video.frame_rate.constant")?.status == .pass)
  }

  @Test("Audio levels agree with ffmpeg's meter", arguments: ["aac", "pcm_s16le"])
  func levels(_ codec: String) throws {
    let path = try TestClip.make(
      folder, "clip.mov", audioSource: "sine=frequency=440:sample_rate=48000", extra: ["-c:a", codec])
    let reference = try MediaTool.run(
      "ffmpeg", ["-hide_banner", "-nostdin", "-i", path, "-map", "0:a", "-af", "volumedetect", "-f", "null", "-"])
    let mean = try #require(reference.errors.firstMatch(of: /mean_volume: (-?[0-9.]+) dB/)?.output.1)
    let peak = try #require(reference.errors.firstMatch(of: /max_volume: (-?[0-9.]+) dB/)?.output.1)
    let report = try TestClip.report(path)
    let (rms, loudest) = (report.measurements["audio.rms"], report.measurements["audio.peak"])
    #expect(abs(try #require(rms?.value.doubleValue) - (Double(mean) ?? 0)) < 0.1)
    #expect(abs(try #require(loudest?.value.doubleValue) - (Double(peak) ?? 0)) < 0.1)
  }

  @Test("Fast mode decodes keyframes at most and marks the other checks as not run")
  func fast() throws {
    let path = try TestClip.make(folder)
    let report = try Verifier(spec: TestClip.everything, mode: .fast).verify(path)
    // The header's count and the packets can be compared without decoding.
    for check in CheckCatalogue.all where check.needsDecoding && check.id != "video.frame_count.consistent" {
      #expect(report.finding(check.id)?.status == .notRun)
    }
    #expect(report.measurements["video.frame_count"]?.value == 48)
  }

  @Test("Progress ends at 1")
  func progress() throws {
    let path = try TestClip.make(folder)
    var seen: [VerificationProgress] = []
    let spec = TestClip.spec(["decode.clean": DeliverableRule(condition: nil)])
    _ = try Verifier(spec: spec).verify(path) { seen.append($0) }
    #expect(seen.last == seen.max { $0.frames < $1.frames })
    #expect(seen.last?.frames == 48)
    #expect(seen.last?.fraction == 1)
    #expect(seen.count > 4)
  }
}
