import Foundation
import Stitching
import Support
import Testing

/// Shots cut out of open GOPs: they start with a frame that is no IDR, followed by frames that cannot be decoded.
@Suite(.media) struct OpeningTests {
  struct Stream: Sendable, CustomTestStringConvertible {
    let name: String
    let codec: [String]
    let pixelFormat: String
    /// The cut leaves `ffmpeg` with decoding errors, so that the shot may be refused.
    var mayBeRefused = false
    var testDescription: String { name }
  }

  private static let cra = "log-level=none:open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=4"
  private static let recovery = "open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=3"

  static let streams = [
    Stream(
      name: "HEVC of 8 bits", codec: ["-c:v", "libx265", "-x265-params", cra + ":b-pyramid=0"], pixelFormat: "yuv420p"),
    Stream(
      name: "HEVC of 10 bits with a B-pyramid", codec: ["-c:v", "libx265", "-x265-params", cra + ":b-pyramid=1"],
      pixelFormat: "yuv420p10le"),
    Stream(
      name: "H.264 of 8 bits", codec: ["-c:v", "libx264", "-x264-params", recovery + ":b-pyramid=none"],
      pixelFormat: "yuv420p"),
    Stream(
      name: "H.264 of 8 bits with a B-pyramid",
      codec: ["-c:v", "libx264", "-x264-params", recovery + ":b-pyramid=normal"],
      pixelFormat: "yuv420p", mayBeRefused: true),
    Stream(
      name: "H.264 of 10 bits with a B-pyramid",
      codec: ["-c:v", "libx264", "-x264-params", recovery + ":b-pyramid=normal"],
      pixelFormat: "yuv420p10le", mayBeRefused: true),
  ]

  /// As first, middle and last shot: a correct master, or a refusal that names the shot if it has decoding errors.
  @Test(arguments: streams)
  func reencodesOrRefusesAShotWithoutAnIDR(_ stream: Stream) throws {
    let folder = try ScratchFolder()
    let source = ["-f", "lavfi", "-i", "mandelbrot=size=192x108:rate=24:maxiter=60,format=\(stream.pixelFormat)"]
    try MediaTool.ffmpeg(source + ["-frames:v", "37"] + stream.codec + ["whole.mp4"], in: folder.url)
    try MediaTool.ffmpeg(["-ss", "1", "-i", "whole.mp4", "-c", "copy", "cut.mp4"], in: folder.url)
    let whole = folder.path("whole.mp4")
    let cut = folder.path("cut.mp4")
    let paths = [cut, whole, cut, whole, cut]
    let output = folder.path("master.mp4")
    var options = StitchOptions()
    options.overlap = .keep
    let report: StitchReport
    do {
      let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
      report = try Stitcher(plan, options: options).write(to: output)
    } catch {
      #expect(stream.mayBeRefused, "\(error)")
      #expect(try !MasterReference(cut).complaints.isEmpty, "only a shot with decoding errors may be refused")
      #expect(String(describing: error).contains(cut), "\(error)")
      #expect(!FileManager.default.fileExists(atPath: output))
      return
    }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.deltas.count == 1 && master.decodingDeltas.count == 1 && master.videoStart == 0)
    let (wholeFrames, cutCount) = (try MasterReference.frames(of: whole), try MasterReference.frames(of: cut).count)
    #expect(master.frames == 2 * wholeFrames.count + 3 * cutCount)
    for start in [cutCount, 2 * cutCount + wholeFrames.count] {
      #expect(Array(master.digests[start..<start + wholeFrames.count]) == wholeFrames)
    }
    #expect(report.shots.map(\.mode) == ["encode", "copy", "encode", "copy", "encode"])
  }
}

/// Damage inside a frame's data is found by decoding, and no file remains.
@Suite(.media) struct HiddenDamageTests {
  @Test(arguments: ["libx264", "libx265"])
  func namesTheShotWithDamageInsideAFrame(encoder: String) throws {
    let folder = try ScratchFolder()
    let quiet = ["-preset", "veryfast"] + (encoder == "libx265" ? ["-x265-params", "log-level=none"] : [])
    let source = ["-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=24:maxiter=100,format=yuv420p", "-frames:v", "48"]
    for name in ["good.mp4", "bad.mp4"] {
      try MediaTool.ffmpeg(source + ["-c:v", encoder] + quiet + [name], in: folder.url)
    }
    let bad = folder.path("bad.mp4")
    let rows = try MediaTool.run(
      "ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pos,size", "-of", "csv=p=0", bad])
    let packets = String(decoding: rows.output, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",").compactMap { Int($0) }
    }
    // The largest packet after the opening frame; its length and kind stay whole.
    let largest = try #require(packets.dropFirst(4).max { $0[0] < $1[0] })
    var bytes = try Data(contentsOf: URL(fileURLWithPath: bad))
    let damage = largest[1] + 6..<largest[1] + largest[0]
    bytes.replaceSubrange(damage, with: damage.map { UInt8(truncatingIfNeeded: 17 + 31 * $0) | 4 })
    try bytes.write(to: URL(fileURLWithPath: bad))
    let output = folder.path("master.mp4")
    var options = StitchOptions()
    options.overlap = .keep
    let plan = try StitchPlan([StitchShot(path: folder.path("good.mp4")), StitchShot(path: bad)], options: options)
    let error = #expect(throws: StitchError.self) { try Stitcher(plan, options: options).write(to: output) }
    #expect(error?.file == bad, "\(String(describing: error))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["bad.mp4", "good.mp4"])
  }
}
