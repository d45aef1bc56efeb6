import Captions
import Foundation
import Stitching
import Support
import Testing
import Timing

/// The same frames at another rate, judged by ffmpeg and ffprobe.
@Suite(.media) struct RetimeTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// Two seconds with B-frames, a tone of 1000 Hz, and a click at 1.5 s.
  private func clip(_ rate: String, codec: String = "libx264") throws -> String {
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=\(rate):duration=2", "-f", "lavfi", "-i",
        "aevalsrc='if(between(t,1.5,1.5+0.5/1000),0.9,0.1*sin(1000*2*PI*t))':s=48000:d=2", "-c:v", codec, "-preset",
        "ultrafast", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "a.mov",
      ], in: folder.url)
    return folder.path("a.mov")
  }

  private func stitch(
    _ path: String, to name: String, rate: FrameRate?, _ change: (inout StitchOptions) -> Void = { _ in }
  ) throws -> StitchReport {
    var options = StitchOptions()
    options.overlap = .keep
    options.mode = .copy
    options.audio.codec = .pcm
    options.retime = rate.map { RetimeOptions(rate: $0) }
    change(&options)
    let plan = try StitchPlan([StitchShot(path: path), StitchShot(path: path)], options: options)
    return try Stitcher(plan, options: options).write(to: folder.path(name))
  }

  private func packets(_ name: String) throws -> [String] {
    let result = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", folder.path(name), "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"])
    return MediaTool.frameDigests(inReport: result.output)
  }

  private func samples(_ name: String) throws -> [Float] {
    let result = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", folder.path(name), "-map", "0:a", "-f", "f32le", "-ac", "1", "-"])
    return result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// Rising zero crossings a second, between 0.2 and 1.2 s.
  private func frequency(_ samples: [Float]) -> Int {
    let part = samples[9600..<57_600]
    return zip(part, part.dropFirst()).count { $0 < 0 && $1 >= 0 }
  }

  @Test(
    arguments: [
      ("24", Rational(24_000, 1001)), ("30", Rational(30_000, 1001)), ("60", Rational(60_000, 1001)),
      ("24000/1001", Rational(24)), ("24", Rational(25)), ("25", Rational(24)), ("24000/1001", Rational(25)),
    ], ["libx264", "libx265"])
  func everyPacketIsTheSameAndAllLengthsAreExact(pair: (String, Rational), codec: String) throws {
    let rate = try #require(FrameRate(pair.1))
    let path = try clip(pair.0, codec: codec)
    _ = try stitch(path, to: "plain.mov", rate: nil)
    let report = try stitch(path, to: "retimed.mov", rate: rate)
    #expect(report.frameRate == rate.description)
    #expect(Rational(parsing: report.sourceFrameRate ?? "") == Rational(parsing: pair.0))
    let own = try packets("plain.mov")
    #expect(try packets("retimed.mov") == own && own.count == report.frames)
    let streams = try #require(try MediaTool.ffprobe(folder.path("retimed.mov"))?["streams"] as? [[String: Any]])
    let video = try #require(streams.first { $0["codec_type"] as? String == "video" })
    #expect(video["avg_frame_rate"] as? String == rate.description)
    let base = try #require(Rational(parsing: video["time_base"] as? String ?? ""))
    let ticks = try #require(video["duration_ts"] as? Int)
    #expect(base * Int64(ticks) == rate.duration(frames: report.frames))
    let length = try #require((rate.duration(frames: report.frames) * 48_000).rounded)
    #expect(try samples("retimed.mov").count == Int(length))
    #expect(try MediaTool.decode(folder.path("retimed.mov")).errors == [])
  }

  @Test(arguments: [false, true]) func audioFollowsItsFramesWithOrWithoutItsPitch(keepsPitch: Bool) throws {
    let rate = try #require(FrameRate(25))
    _ = try stitch(try clip("24"), to: "m.mov", rate: rate) { $0.retime?.keepsPitch = keepsPitch }
    let samples = try samples("m.mov")
    // 1000 Hz, or 25/24 of that.
    #expect(abs(frequency(samples) - (keepsPitch ? 1000 : 1042)) <= 3)
    for start in [0.0, 2.0] {
      let click = try #require(
        samples.enumerated().filter { $0.element > 0.5 && Double($0.offset) > start * 46_080 }.first)
      let wanted = (1.5 + start) * 24 / 25
      // Keeping the pitch moves pieces of the audio, of at most 50 ms.
      #expect(abs(Double(click.offset) / 48_000 - wanted) < (keepsPitch ? 0.05 : 0.001))
    }
  }

  @Test func captionsMoveWithTheFrames() throws {
    try folder.write("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n")
    let rate = try #require(FrameRate(24_000, 1001))
    _ = try stitch(try clip("24"), to: "m.mov", rate: rate) {
      $0.captions = [CaptionSource(file: folder.path("a.srt"), language: "deu")]
    }
    let read = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", folder.path("m.mov"), "-map", "0:s", "-f", "srt", "-"])
    #expect(read.text.contains("00:00:01,001 --> 00:00:02,002"), "\(read.text)")
    // German is a language in MOV too.
    let streams = try MediaTool.ffprobe(folder.path("m.mov"))?["streams"] as? [[String: Any]]
    let text = streams?.first { $0["codec_type"] as? String == "subtitle" }
    #expect((text?["tags"] as? [String: Any])?["language"] as? String == "deu")
  }

  @Test func aRateTooFarAwayIsRefused() throws {
    let path = try clip("24")
    #expect { try stitch(path, to: "m.mov", rate: FrameRate(30)) } throws: { error in
      (error as? StitchError)?.code == .badRequest && "\(error)".contains("5 %")
    }
  }
}
