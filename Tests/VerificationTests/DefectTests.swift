import Foundation
import Presets
import Support
import Testing
import Timing
import Verification

/// Defects that ffmpeg puts into moving video, and video without any.
@Suite(.media) struct DefectTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// A panning video: an image of noise that moves by `step` pixels per frame; 60 frames at 24 fps with steady audio.
  private func fixture(_ name: String, frame: String = "null", audio: String = "anull", step: Int = 2) throws -> String
  {
    try folder.make(
      name, "-f", "lavfi", "-i",
      "color=gray:size=640x480:rate=24:duration=2.5,noise=alls=90:all_seed=7,gblur=sigma=6,"
        + "lutyuv=y='clip((val-128)*8+128,16,235)',loop=loop=-1:size=1:start=0,"
        + "crop=320:240:x='20+\(step)*n':y=20,setpts=N/24/TB,\(frame)",
      "-f", "lavfi", "-i", "anoisesrc=color=pink:seed=3:sample_rate=48000:duration=2.5,asetnsamples=n=24:p=0,\(audio)",
      "-frames:v", "60",
      "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", "-b:a",
      "192k")
  }

  private static let join = Expectation.DeclaredJoin(frame: 30, time: Rational(30, 24))
  private static let ids = [
    "join.duplicates", "join.flashes", "join.gaps", "video.duplicates", "video.flashes", "audio.gaps",
  ]

  private func report(_ path: String, joined: Bool = true) throws -> VerificationReport {
    var expectation = Expectation()
    if joined { expectation.joins = [Self.join] }
    let rule = DeliverableRule(condition: nil, severity: .warn)
    let rules = Dictionary(uniqueKeysWithValues: Self.ids.map { ($0, rule) })
    return try TestClip.report(path, TestClip.spec(rules), expectation)
  }

  @Test("An uncut video has no defect, with and without declared joins", arguments: [true, false])
  func clean(_ joined: Bool) throws {
    let report = try report(try fixture("clean.mp4"), joined: joined)
    #expect(report.reasons.map(\.message) == [])
  }

  @Test("A repeated frame at a join is located")
  func duplicate() throws {
    let path = try fixture("twice.mp4", frame: "loop=loop=1:size=1:start=30,setpts=N/24/TB")
    let finding = try #require(try report(path).finding("join.duplicates"))
    #expect(finding.status == .warn && finding.actual == 1)
    #expect(finding.start == Rational(30, 24))
  }

  @Test("A single frame that is three code values brighter is located")
  func flash() throws {
    let path = try fixture("flash.mp4", frame: "lutyuv=y=val+3:enable='eq(n,30)'")
    let finding = try #require(try report(path).finding("join.flashes"))
    #expect(finding.status == .warn && finding.actual == 1)
    #expect(finding.start == Rational(30, 24))
  }

  @Test("A gap of ten milliseconds in the audio is located")
  func gap() throws {
    let path = try fixture("gap.mp4", audio: "volume=0:enable='between(t,1.25,1.2595)'")
    let report = try report(path)
    let finding = try #require(report.finding("join.gaps"))
    #expect(finding.status == .warn && finding.actual == 1)
    #expect(abs(try #require(finding.start).doubleValue - 1.25) < 0.005)
    #expect(abs(try #require(finding.end).doubleValue - 1.26) < 0.005)
  }

  @Test("Black, frozen and silent intervals agree with ffmpeg's detectors within a frame")
  func intervals() throws {
    let path = try fixture(
      "stretches.mp4", frame: "drawbox=c=black:t=fill:enable='between(n,10,19)',loop=loop=28:size=1:start=30",
      audio: "volume=0:enable='between(t,0.6,2.2)'")
    let ids = ["video.black", "video.frozen", "audio.silence"]
    let rules = Dictionary(uniqueKeysWithValues: ids.map { ($0, DeliverableRule(condition: nil)) })
    let report = try TestClip.report(path, TestClip.spec(rules))
    let reference = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-i", path, "-vf", "blackdetect=d=0.1,freezedetect=n=-60dB:d=1", "-af",
        "silencedetect=n=-60dB:d=1", "-f", "null", "-",
      ])
    for (id, start, end) in [
      ("video.black", /black_start:([0-9.]+)/, /black_end:([0-9.]+)/),
      ("video.frozen", /freeze_start: ([0-9.]+)/, /freeze_end: ([0-9.]+)/),
      ("audio.silence", /silence_start: ([0-9.]+)/, /silence_end: ([0-9.]+)/),
    ] {
      let intervals = try #require(report.finding(id)?.intervals)
      let starts = reference.errors.matches(of: start).compactMap { Double($0.output.1) }
      let ends = reference.errors.matches(of: end).compactMap { Double($0.output.1) }
      #expect(intervals.count == 1 && starts.count == 1, "\(id)")
      guard let interval = intervals.first, let from = starts.first else { continue }
      #expect(abs(interval.start.doubleValue - from) <= 1 / 24, "\(id)")
      // ffmpeg reports no end for an interval that lasts to the end of the file.
      let end: Double = interval.end?.doubleValue ?? 0
      if let to = ends.first { #expect(abs(end - to) <= 1 / 24 + 0.001, "\(id)") }
    }
  }

  @Test("Loudness and true peak agree with ffmpeg's meter")
  func loudness() throws {
    let path = try folder.make(
      "loud.mov", "-f", "lavfi", "-i",
      "sine=frequency=997:sample_rate=44100:duration=6,volume='if(lt(t,3),0.4,0.9)':eval=frame", "-ac", "2", "-c:a",
      "pcm_s16le")
    let ids = ["audio.loudness.integrated", "audio.true_peak", "audio.loudness.short_term_max"]
    let rules = Dictionary(uniqueKeysWithValues: ids.map { ($0, DeliverableRule(condition: nil)) })
    let report = try TestClip.report(path, TestClip.spec(rules))
    let reference =
      try MediaTool.run(
        "ffmpeg", ["-hide_banner", "-nostdin", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
      ).errors.components(separatedBy: "Summary:").last ?? ""
    let loudness = try #require(reference.firstMatch(of: /I: +(-?[0-9.]+) LUFS/).flatMap { Double($0.output.1) })
    let peak = try #require(reference.firstMatch(of: /Peak: +(-?[0-9.]+) dBFS/).flatMap { Double($0.output.1) })
    #expect(abs(try #require(report.measurements[ids[0]]?.value.doubleValue) - loudness) <= 0.15)
    #expect(abs(try #require(report.measurements[ids[1]]?.value.doubleValue) - peak) <= 0.25)
    #expect(try #require(report.measurements[ids[2]]?.value.doubleValue) > loudness)
  }

  @Test("Cuts, bars, combing, flashing and a dead channel are found only where they are")
  func visibleDefects() throws {
    let plain = try fixture("plain.mp4")
    let cut = try fixture("cut.mp4", frame: "negate=enable='gte(n,30)'")
    let boxed = try fixture("boxed.mp4", frame: "crop=320:180,pad=320:240:0:30,noise=c0s=6:allf=t")
    let combed = try fixture(
      "combed.mp4", frame: "tinterlace=interleave_top,setfield=prog,setpts=N/24/TB", step: 4)
    let strobe = try fixture(
      "strobe.mp4", frame: "drawbox=c=white:t=fill:enable='lt(mod(n,4),2)'", audio: "pan=stereo|c0=c0|c1=0*c0")
    let ids = ["video.cuts", "video.bars", "video.interlaced", "video.flash_risk", "audio.channels.dead"]
    let rules = Dictionary(uniqueKeysWithValues: ids.map { ($0, DeliverableRule(condition: nil, severity: .info)) })
    let all = try [plain, cut, boxed, combed, strobe].map { try TestClip.report($0, TestClip.spec(rules)) }
    func values(_ id: String) -> [JSONValue?] { all.map { $0.measurements[id]?.value } }
    #expect(values("video.cuts")[..<3] == [0, 1, 0])
    #expect(all[1].finding("video.cuts")?.start == Rational(30, 24))
    #expect(values("video.bars")[..<2] == [0, 0])
    #expect((28...30).contains(try #require(values("video.bars")[2]?.doubleValue)))
    #expect(values("video.interlaced") == [false, false, false, true, false])
    #expect(values("video.flash_risk")[..<3] == [false, false, false] && values("video.flash_risk")[4] == true)
    #expect(values("audio.channels.dead") == [0, 0, 0, 0, 1])
  }

  @Test("Requested cuts are found, or the missing ones are named")
  func requestedCuts() throws {
    let path = try fixture("two.mp4", frame: "negate=enable='gte(n,30)'")
    var expectation = Expectation()
    expectation.cuts = [Rational(3, 2)]
    #expect(try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.cuts")?.status == .pass)
    expectation.cuts = [Rational(1, 2), Rational(5, 4)]
    let finding = try #require(try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.cuts"))
    #expect(finding.status == .warn)
    #expect(finding.message.contains("0.5 s") && finding.intervals.count == 1)
  }

  @Test("The first frame resembles its start image, and no other")
  func startImage() throws {
    let path = try fixture("from.mp4")
    let image = try folder.make("start.png", "-i", path, "-frames:v", "1")
    let other = try folder.make("other.png", "-f", "lavfi", "-i", "testsrc2=size=320x240", "-frames:v", "1")
    var expectation = Expectation()
    expectation.startImage = image
    #expect(try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.start_image")?.status == .pass)
    // Models crop an image of another shape to its middle.
    let tall = try folder.make("tall.png", "-i", path, "-vf", "pad=320:480:0:120:gray", "-frames:v", "1")
    expectation.startImage = tall
    #expect(try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.start_image")?.status == .pass)
    expectation.startImage = try folder.make("line.png", "-f", "lavfi", "-i", "testsrc2=size=4000x10", "-frames:v", "1")
    let line = try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.start_image")
    #expect(line?.status == .inconclusive)
    expectation.startImage = other
    #expect(try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.start_image")?.status == .warn)
    expectation.startImage = folder.path("nothing.png")
    let missing = try TestClip.report(path, TestClip.spec([:]), expectation).finding("request.start_image")
    #expect(missing?.status == .inconclusive)
  }

  @Test("Decodes only what a rule needs")
  func onlyWhatIsNeeded() throws {
    let path = try fixture("lazy.mp4")
    let report = try TestClip.report(path, TestClip.spec(["video.size": DeliverableRule(condition: nil)]))
    #expect(report.measurements["video.size"] != nil && report.measurements["video.frame_count"]?.value == 60)
    for id in ["decode.clean", "video.black", "audio.peak", "audio.loudness.integrated", "video.bars"] {
      #expect(report.measurements[id] == nil, "\(id)")
    }
  }
}
