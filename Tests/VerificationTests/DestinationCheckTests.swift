import Foundation
import Presets
import Support
import Testing
import Timing
import Verification

/// What destinations of advertising ask for, on signals made for it.
@Suite(.media) struct DestinationCheckTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func measured(_ path: String, _ ids: String...) throws -> VerificationReport {
    let rule = DeliverableRule(condition: nil)
    return try TestClip.report(path, TestClip.spec(Dictionary(uniqueKeysWithValues: ids.map { ($0, rule) })))
  }

  private func value(_ path: String, _ id: String) throws -> JSONValue? { try measured(path, id).finding(id)?.actual }

  /// A tenth of the frame has other code values.
  @Test(
    arguments: [
      ("yuv420p", 250, 128, 128, 0.1, 0.1), ("yuv420p", 245, 128, 128, 0, 0), ("yuv420p", 3, 128, 128, 0.1, 0.1),
      ("yuv422p10le", 990, 512, 512, 0.1, 0.1), ("yuv422p10le", 980, 512, 512, 0, 0),
      // R is 128 + 1.5748 * 219/224 * 112 = 300.
      ("yuv444p", 128, 128, 240, 0, 0.1),
    ] as [(String, Int, Int, Int, Double, Double)])
  func levelsOutsideTheRangeAreCounted(
    format: String, y: Int, u: Int, v: Int, luma: Double, gamut: Double
  ) throws {
    let path = try folder.make(
      "levels.mkv", "-f", "lavfi", "-i",
      "color=gray:s=288x180:r=24:d=0.25,format=\(format)[a];color=gray:s=32x180:r=24:d=0.25,format=\(format),"
        + "lutyuv=y=\(y):u=\(u):v=\(v)[b];[a][b]hstack", "-c:v", "ffv1", "-color_range", "tv", "-colorspace", "bt709")
    let report = try measured(path, "video.levels.luma", "video.levels.gamut")
    let found = ["video.levels.luma", "video.levels.gamut"].map { report.finding($0)?.actual.doubleValue ?? -1 }
    #expect(abs(found[0] - luma) < 1e-6 && abs(found[1] - gamut) < 1e-6, "\(found)")
  }

  @Test func framesWithIllegalLevelsAreLocated() throws {
    let path = try folder.make(
      "part.mkv", "-f", "lavfi", "-i",
      "color=gray:s=64x64:r=24:d=0.5,format=yuv420p[a];color=gray:s=64x64:r=24:d=0.25,format=yuv420p,lutyuv=y=252[b];"
        + "color=gray:s=64x64:r=24:d=0.25,format=yuv420p[c];[a][b][c]concat=n=3", "-c:v", "ffv1", "-color_range", "tv")
    let finding = try #require(try measured(path, "video.levels.luma").finding("video.levels.luma"))
    #expect(finding.actual.doubleValue == 1 && finding.intervals.count == 1)
    #expect(abs((finding.start?.doubleValue ?? 0) - 0.5) < 0.002)
    #expect(abs((finding.end?.doubleValue ?? 0) - 0.75) < 0.002)
  }

  @Test(arguments: [("24", 240, 10, 0), ("24", 241, 10, 1), ("24000/1001", 239, 10, -1), ("25", 375, 15, 0)])
  func lengthsAreWholeSecondsAndADeviation(rate: String, frames: Int, seconds: Int, deviation: Int) throws {
    let path = try folder.make(
      "length.mp4", "-f", "lavfi", "-i", "color=gray:s=32x32:r=\(rate)", "-frames:v", "\(frames)", "-c:v", "libx264",
      "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    let report = try measured(path, "video.length", "video.length.deviation")
    #expect(report.finding("video.length")?.actual == .integer(Int64(seconds)))
    #expect(report.finding("video.length.deviation")?.actual == .integer(Int64(deviation)))
  }

  @Test func blackAndSilentEdgesAreCountedInFrames() throws {
    let path = try folder.make(
      "edges.mov", "-f", "lavfi", "-i",
      "testsrc2=s=160x90:r=24:d=1,format=yuv420p,drawbox=c=black:t=fill:enable='lt(n,3)+gt(n,21)'", "-f", "lavfi", "-i",
      "aevalsrc=0.3*sin(1000*2*PI*t)*between(t\\,0.25\\,0.75):s=48000:d=1", "-c:v", "libx264", "-preset", "veryfast",
      "-crf", "8", "-c:a", "pcm_s16le")
    let report = try measured(
      path, "video.black.head", "video.black.tail", "audio.silence.head", "audio.silence.tail")
    #expect(report.finding("video.black.head")?.actual == 3 && report.finding("video.black.tail")?.actual == 2)
    #expect(report.finding("audio.silence.head")?.actual == 6 && report.finding("audio.silence.tail")?.actual == 6)
  }

  @Test func barsAreAPartOfTheFrame() throws {
    let path = try folder.make(
      "bars.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x120:r=24:d=0.5,pad=320:240:0:60", "-c:v", "libx264", "-preset",
      "veryfast", "-pix_fmt", "yuv420p")
    #expect(abs((try value(path, "video.bars.share")?.doubleValue ?? 0) - 0.5) < 0.02)
  }

  @Test(arguments: [("null", "even"), ("fps=30", "5:1"), ("fps=25", "25:1")])
  func repeatedFramesAreACadence(filter: String, cadence: String) throws {
    let path = try folder.make(
      "cadence.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=6,\(filter)", "-c:v", "libx264", "-preset",
      "veryfast", "-crf", "12", "-pix_fmt", "yuv420p")
    #expect(try value(path, "video.cadence") == .string(cadence))
  }

  @Test func thePeakRateIsThatOfTheWorstSecond() throws {
    let path = try folder.make(
      "peak.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=4", "-c:v", "libx264", "-preset", "veryfast", "-bf",
      "2",
      "-pix_fmt", "yuv420p")
    let listed = try MediaTool.run(
      "ffprobe",
      ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time,size", "-of", "csv=p=0", path])
    let packets = listed.text.split(separator: "\n").compactMap { line -> (time: Double, size: Int)? in
      let fields = line.split(separator: ",")
      guard fields.count >= 2, let time = Double(fields[0]), let size = Int(fields[1]) else { return nil }
      return (time, size)
    }
    let peak = packets.map { first in
      packets.filter { $0.time >= first.time && $0.time < first.time + 0.9999 }.reduce(0) { $0 + 8 * $1.size }
    }.max()
    #expect(packets.count == 96)
    #expect(try value(path, "video.bit_rate.peak") == .integer(Int64(try #require(peak))))
    #expect(try value(path, "video.bit_rate.mode") == "vbr")
  }

  @Test func languageAndCaptionsAreFound() throws {
    try folder.write("text.srt", "1\n00:00:00,000 --> 00:00:00,500\nHello\n")
    let plain = try TestClip.make(folder, seconds: 1, audio: 1)
    let path = try folder.make(
      "tagged.mp4", "-i", plain, "-i", folder.path("text.srt"), "-c", "copy", "-c:s", "mov_text", "-metadata:s:a:0",
      "language=deu")
    #expect(try value(path, "audio.language") == "deu" && value(plain, "audio.language") == "und")
    #expect(try value(path, "captions.tracks") == 1 && value(plain, "captions.tracks") == 0)
  }
}
