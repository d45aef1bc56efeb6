import Foundation
import Stitching
import Support
import Testing
import Timing

@Suite(.media) struct ConformTests {
  /// A second shot that differs from the first in one thing.
  struct Odd: Sendable, CustomTestStringConvertible {
    var name: String
    /// The field a refusal must name; nil when the shot fits as it is.
    var field: String?
    var size = "320x180"
    var rate = "24"
    var matrix = "bt709"
    var filter = ""
    var codec = ["-c:v", "libx264", "-preset", "veryfast"]
    var audio: [String]? = ["-ac", "2", "-ar", "48000"]
    var after: [String] = []
    /// Frames in the master of one second.
    var frames = 24
    var testDescription: String { name }
  }

  static let odd: [Odd] = [
    Odd(name: "nothing"),
    Odd(
      name: "profile and level",
      codec: ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "baseline", "-level", "4.0"]),
    Odd(name: "time base", codec: ["-c:v", "libx264", "-preset", "veryfast", "-video_track_timescale", "90000"]),
    Odd(name: "sample rate", audio: ["-ac", "2", "-ar", "22050"]),
    Odd(name: "mono", audio: ["-ac", "1", "-ar", "48000"]),
    Odd(name: "5.1", audio: ["-ac", "6", "-ar", "48000"]),
    Odd(name: "no audio", audio: nil),
    Odd(
      name: "codec", field: "video codec",
      codec: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]),
    Odd(name: "an older codec", field: "video codec", codec: ["-c:v", "mpeg4", "-q:v", "2"]),
    Odd(name: "size", field: "size", size: "640x360"),
    Odd(name: "odd size", field: "size", size: "322x182", filter: ",format=yuv444p,crop=321:181:0:0"),
    Odd(name: "pixel format", field: "pixel format", filter: ",format=yuv444p"),
    Odd(name: "bit depth", field: "pixel format", filter: ",format=yuv420p10le"),
    Odd(name: "pixel shape", field: "sample aspect ratio", filter: ",setsar=4/3"),
    Odd(
      name: "range", field: "colour range", filter: ",scale=in_range=tv:out_range=pc,format=yuv420p",
      codec: ["-c:v", "libx264", "-color_range", "pc"]),
    Odd(name: "matrix", field: "colour matrix", matrix: "smpte170m"),
    Odd(name: "rotation", field: "rotation", after: ["-metadata:s:v", "rotate=180"]),
    Odd(name: "25 frames a second", field: "frame rate", rate: "25"),
    Odd(name: "30000/1001 frames a second", field: "frame rate", rate: "30000/1001"),
    Odd(name: "60 frames a second", field: "frame rate", rate: "60"),
  ]

  /// The first shot of every case.
  private func makeFirst(in folder: ScratchFolder) throws -> String {
    try make(Odd(name: "first"), "a.mp4", in: folder)
  }

  private func make(_ odd: Odd, _ name: String, in folder: ScratchFolder) throws -> String {
    var arguments = ["-f", "lavfi", "-i", "testsrc2=size=\(odd.size):rate=\(odd.rate):duration=1"]
    if odd.audio != nil { arguments += ["-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000:duration=1"] }
    let matrix = odd.matrix
    arguments += [
      "-vf", "scale=out_color_matrix=\(matrix):out_range=tv,format=yuv420p\(odd.filter)", "-colorspace", matrix,
      "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    ]
    arguments += odd.codec + (odd.audio.map { $0 + ["-c:a", "aac"] } ?? [])
    try MediaTool.ffmpeg(arguments + [odd.after.isEmpty ? name : "plain-\(name)"], in: folder.url)
    if !odd.after.isEmpty {
      try MediaTool.ffmpeg(["-i", "plain-\(name)", "-c", "copy"] + odd.after + [name], in: folder.url)
    }
    return folder.path(name)
  }

  /// Each odd shot: refused by field name with nothing written, and joined correctly once conforming is allowed.
  @Test(arguments: odd)
  func conformsOrRefuses(_ odd: Odd) throws {
    let folder = try ScratchFolder()
    let first = try makeFirst(in: folder)
    let second = try make(odd, "b.mp4", in: folder)
    let shots = [first, second].map { StitchShot(path: $0) }
    let output = folder.path("master.mp4")
    if let field = odd.field {
      let error = #expect(throws: StitchError.self) { _ = try stitched(shots, to: output) { $0.overlap = .keep } }
      #expect(error?.code == .mismatch && error?.file == second)
      #expect(error?.message.contains(field) == true, "\(error?.message ?? "")")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
    let report = try stitched(shots, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
      options.video.conform?.fit = .stretch
      if odd.field == "frame rate" { options.video.conform?.rateConversion = .duplicate }
    }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.frames == 48 && master.deltas.count == 1 && master.videoStart == 0)
    let end = try #require(master.audioEnd)
    #expect(abs(end - master.videoEnd) <= 1024.0 / 48_000)
    #expect(report.shots[0].framesEncoded == 0)
    #expect(report.shots[1].conformed.isEmpty == (odd.field == nil))
    #expect((report.shots[1].framesEncoded > 0) == (odd.field != nil))
    #expect(master.size == [320, 180] && master.codec == "h264" && master.pixelFormat == "yuv420p")
    // Colours and shape: ffmpeg shows the odd shot alike in its own file and in the master.
    let difference = FrameReference.difference(
      try FrameReference.grid(of: second, frame: 0), try FrameReference.grid(of: output, frame: 24))
    #expect(difference < 3, "\(difference)")
  }

  /// A rate conversion fills gaps with frames; one of days must not fill the memory.
  @Test func refusesToFillAGapOfDays() throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=24:duration=1", "-vf",
        "setpts='if(gt(N,11),PTS+200000/TB,PTS)'", "-fps_mode", "passthrough", "-c:v", "libx264", "gap.mkv",
      ], in: folder.url)
    var options = StitchOptions()
    options.video.conform = ConformOptions()
    options.video.conform?.rate = FrameRate(24)
    options.video.conform?.rateConversion = .duplicate
    let error = #expect(throws: StitchError.self) {
      _ = try StitchPlan([StitchShot(path: folder.path("gap.mkv"))], options: options)
    }
    #expect(error?.code == .unusableShot && error?.message.contains("too long to convert") == true)
  }

  @Test func convertedFrameRatesKeepTime() throws {
    let folder = try ScratchFolder()
    let first = try makeFirst(in: folder)
    // Luma rises by 4 with each of 48 frames.
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "color=black:size=320x180:rate=48:duration=1", "-vf",
        "format=yuv420p,geq=lum='20+4*N':cb=128:cr=128", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc", "bt709", "-color_range", "tv", "-c:v", "libx264", "-qp", "4", "b.mp4",
      ], in: folder.url)
    let shots = [first, folder.path("b.mp4")].map { StitchShot(path: $0) }
    func lumas(_ conversion: ConformOptions.RateConversion) throws -> [Int] {
      let output = folder.path("\(conversion.rawValue).mp4")
      _ = try stitched(shots, to: output) { options in
        options.overlap = .keep
        options.video.conform = ConformOptions()
        options.video.conform?.rateConversion = conversion
      }
      return Array(try FrameReference.luma(of: output)[24...])
    }
    let (repeated, blended) = (try lumas(.duplicate), try lumas(.blend))
    #expect(repeated.count == 24 && blended.count == 24)
    for number in 0..<24 {
      #expect([20 + 8 * number, 24 + 8 * number].contains { abs($0 - repeated[number]) <= 1 })
      #expect(abs(blended[number] - (22 + 8 * number)) <= 1, "\(number): \(blended[number])")
    }
  }

  /// A frame of another shape is padded, cropped or stretched; non-square pixels count by their display shape.
  @Test(arguments: [
    (ConformOptions.Fit.pad, "180x180", "1", 70, 250), (.crop, "180x180", "1", 0, 320),
    (.stretch, "180x180", "1", 0, 320),
    (.pad, "240x180", "4/3", 0, 320), (.pad, "160x180", "1/2", 120, 200),
  ])
  func fitsOtherShapes(fit: ConformOptions.Fit, size: String, aspect: String, left: Int, right: Int) throws {
    let folder = try ScratchFolder()
    let first = try makeFirst(in: folder)
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "color=white:size=\(size):rate=24:duration=0.25", "-vf",
        "scale=out_color_matrix=bt709,format=yuv420p,setsar=\(aspect)", "-colorspace", "bt709", "-color_primaries",
        "bt709", "-color_trc", "bt709", "-color_range", "tv", "-c:v", "libx264", "b.mp4",
      ], in: folder.url)
    let output = folder.path("master.mp4")
    _ = try stitched([first, folder.path("b.mp4")].map { StitchShot(path: $0) }, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
      options.video.conform?.fit = fit
    }
    let row = try FrameReference.grid(of: output, frame: 26, columns: 320, rows: 1)
    for x in stride(from: 0, to: 320, by: 10) where abs(x - left) > 6 && abs(x - right) > 6 {
      let isWhite = x > left && x < right || left == 0 && right == 320
      #expect(isWhite ? row[3 * x] > 245 : row[3 * x] < 10, "\(x): \(row[3 * x])")
    }
  }

  /// Rotated frames are stored in the master's display orientation.
  @Test func rotatesFramesToTheMastersOrientation() throws {
    let folder = try ScratchFolder()
    let portrait = try make(
      Odd(name: "rotated", size: "180x320", filter: ",hue=h=0", after: ["-metadata:s:v", "rotate=90"]), "b.mp4",
      in: folder)
    let first = try makeFirst(in: folder)
    let output = folder.path("master.mp4")
    _ = try stitched([first, portrait].map { StitchShot(path: $0) }, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
    }
    let difference = FrameReference.difference(
      try FrameReference.grid(of: portrait, frame: 3), try FrameReference.grid(of: output, frame: 27))
    #expect(difference < 3)
  }

  @Test func conformsEveryShotToAGivenSizeAndRate() throws {
    let folder = try ScratchFolder()
    let shots = [
      try make(Odd(name: "first"), "a.mp4", in: folder), try make(Odd(name: "x", size: "640x360"), "b.mp4", in: folder),
    ]
    let output = folder.path("master.mp4")
    let report = try stitched(shots.map { StitchShot(path: $0) }, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
      options.video.conform?.width = 480
      options.video.conform?.height = 270
      options.video.conform?.rate = FrameRate(30)
      options.video.conform?.rateConversion = .duplicate
    }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.frames == 60 && report.frameRate == "30/1")
    #expect(report.shots.allSatisfy { $0.framesCopied == 0 && !$0.conformed.isEmpty })
  }

  @Test func writesH264WhenTheFirstShotHasAnOlderCodec() throws {
    let folder = try ScratchFolder()
    let first = try make(Odd(name: "old", codec: ["-c:v", "mpeg4", "-q:v", "2"]), "a.mp4", in: folder)
    let second = try make(Odd(name: "plain"), "b.mp4", in: folder)
    let output = folder.path("master.mp4")
    let report = try stitched([first, second].map { StitchShot(path: $0) }, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
    }
    #expect(report.shots.map(\.mode) == ["encode", "copy"])
    #expect(try MasterReference(output).complaints.isEmpty)
  }

  @Test func refusesAVariableRateUnlessAConversionIsChosen() throws {
    let folder = try ScratchFolder()
    let first = try makeFirst(in: folder)
    try MediaTool.ffmpeg(
      [
        "-i", "a.mp4", "-vf", "settb=1/24000,setpts=1000*N+400*mod(N\\,3)", "-fps_mode", "passthrough",
        "-enc_time_base", "1:24000", "-video_track_timescale", "24000", "-an", "b.mp4",
      ], in: folder.url)
    let shots = [first, folder.path("b.mp4")].map { StitchShot(path: $0) }
    let output = folder.path("master.mp4")
    let error = #expect(throws: StitchError.self) {
      _ = try stitched(shots, to: output) { $0.video.conform = ConformOptions() }
    }
    #expect(error?.file == shots[1].path && error?.message.contains("not constant") == true)
    _ = try stitched(shots, to: output) { options in
      options.overlap = .keep
      options.video.conform = ConformOptions()
      options.video.conform?.rateConversion = .duplicate
    }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.deltas.count == 1 && abs(master.frames - 48) <= 1)
  }

  /// Properties that no conversion handles are refused even when conforming is allowed.
  @Test(arguments: [
    ("colour transfer", ["-color_trc", "smpte2084", "-c:v", "libx264"]),
    ("field order", ["-c:v", "libx264", "-x264-params", "tff=1", "-flags", "+ildct+ilme"]),
  ])
  func refusesGradesAndFields(field: String, arguments: [String]) throws {
    let folder = try ScratchFolder()
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=0.5", "-pix_fmt", "yuv420p"]
    try MediaTool.ffmpeg(source + ["-c:v", "libx264", "a.mp4"], in: folder.url)
    try MediaTool.ffmpeg(source + arguments + ["b.mp4"], in: folder.url)
    let output = folder.path("master.mp4")
    let error = #expect(throws: StitchError.self) {
      _ = try stitched(["a.mp4", "b.mp4"].map { StitchShot(path: folder.path($0)) }, to: output) {
        $0.video.conform = ConformOptions()
      }
    }
    #expect(error?.code == .mismatch && error?.message.contains(field) == true, "\(error?.message ?? "")")
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
