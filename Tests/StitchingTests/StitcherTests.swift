import Foundation
import Stitching
import Support
import Testing
import Timing

@Suite(.media) struct StitcherTests {
  private func stitch(
    _ paths: [String], to output: String, _ change: (inout StitchOptions) -> Void = { _ in }
  ) throws -> StitchReport {
    var options = StitchOptions()
    change(&options)
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    return try Stitcher(plan, options: options).write(to: output)
  }

  /// For every kind of stream: the shared frame is shown once, time is uniform, and all frames except the re-encoded
  /// ones are bit for bit the sources'.
  @Test(arguments: ChainClips.Style.all)
  func joinsAChainWithoutARepeatedFrame(_ style: ChainClips.Style) throws {
    let chain = try ChainClips(style: style)
    let output = chain.folder.path("master.mp4")
    let report = try stitch(chain.paths, to: output)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.frames == 3 * chain.length - 2)
    #expect(report.frames == master.frames)
    #expect(master.deltas.count == 1)
    #expect(master.decodingDeltas.count == 1)
    #expect(master.videoStart == 0)
    let aacFrame = 1024.0 / 48_000
    #expect(abs(try #require(master.audioStart)) <= aacFrame)
    #expect(abs(try #require(master.audioEnd) - master.videoEnd) <= aacFrame)
    let kept = try chain.paths.enumerated().flatMap { number, path in
      try MasterReference.frames(of: path).dropLast(number < 2 ? 1 : 0)
    }
    let changed = zip(master.digests, kept).count { $0 != $1 }
    let encoded = report.shots.reduce(0) { $0 + $1.framesEncoded }
    #expect(changed <= encoded)
    #expect(encoded <= 2 * Self.mostEncodedPerJoin)
  }

  /// Frames re-encoded at one join of ordinary streams: the B-pyramid before the dropped frame.
  private static let mostEncodedPerJoin = 5

  @Test func reencodedFramesAreIndistinguishableFromTheirSource() throws {
    let chain = try ChainClips(count: 2)
    let output = chain.folder.path("master.mp4")
    _ = try stitch(chain.paths, to: output)
    let last = chain.length - 2
    let end = "trim=start_frame=\(last - 2):end_frame=\(last + 1),setpts=N"
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-i", output, "-i", chain.paths[0], "-lavfi",
        "[0:v]\(end)[a];[1:v]\(end)[b];[a][b]psnr",
        "-f", "null", "-",
      ])
    let average = result.errors.split(separator: " ").first { $0.hasPrefix("average:") }.flatMap {
      Double($0.dropFirst("average:".count))
    }
    #expect(try #require(average) > 45)
  }

  @Test(arguments: [0, 1, 2, 5])
  func measuresTheNumberOfSharedFrames(overlap: Int) throws {
    let chain = try ChainClips(count: 2, overlap: overlap, extraAudio: nil)
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0) }, options: StitchOptions())
    #expect(plan.joins[0].overlap == overlap, "\(plan.joins[0].reason)")
  }

  @Test func recognizesARedrawnSharedFrame() throws {
    let chain = try ChainClips(overlap: 1, extraAudio: nil, redrawn: true)
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0) }, options: StitchOptions())
    #expect(plan.joins.map(\.overlap) == [1, 1], "\(plan.joins.map(\.reason))")
    #expect(plan.joins[0].deltaE > 0.5)
  }

  @Test func findsNoOverlapInARedrawnShotThatContinues() throws {
    let chain = try ChainClips(overlap: 0, extraAudio: nil, redrawn: true)
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0) }, options: StitchOptions())
    #expect(plan.joins.map(\.overlap) == [0, 0], "\(plan.joins.map(\.reason))")
  }

  @Test func findsNoOverlapAtACut() throws {
    let folder = try ScratchFolder()
    let one = try folder.make(
      "1.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-c:v", "libx264", "-preset",
      "veryfast")
    let two = try folder.make(
      "2.mp4", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=24", "-t", "1", "-pix_fmt", "yuv420p", "-c:v",
      "libx264", "-preset", "veryfast")
    let plan = try StitchPlan([StitchShot(path: one), StitchShot(path: two)], options: StitchOptions())
    #expect(plan.joins[0].overlap == 0)
  }

  @Test func obeysKeepAndFixedOverlaps() throws {
    let chain = try ChainClips(count: 2, extraAudio: nil)
    let kept = try stitch(chain.paths, to: chain.folder.path("keep.mp4")) { $0.overlap = .keep }
    #expect(kept.frames == 2 * chain.length)
    let fixed = try stitch(chain.paths, to: chain.folder.path("fixed.mp4")) { $0.overlap = .fixed(4) }
    #expect(fixed.frames == 2 * chain.length - 4)
    #expect(try MasterReference(chain.folder.path("fixed.mp4")).complaints.isEmpty)
  }

  @Test func copyModeRefusesJoinsThatNeedEncoding() throws {
    let chain = try ChainClips(count: 2, extraAudio: nil)
    let output = chain.folder.path("master.mp4")
    let error = #expect(throws: StitchError.self) { try stitch(chain.paths, to: output) { $0.mode = .copy } }
    #expect(error?.code == .needsEncoding)
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func encodeModeEncodesEverything() throws {
    let chain = try ChainClips(count: 2)
    let output = chain.folder.path("master.mp4")
    let report = try stitch(chain.paths, to: output) { $0.mode = .encode }
    #expect(report.shots.allSatisfy { $0.framesCopied == 0 })
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.frames == 2 * chain.length - 1 && master.deltas.count == 1)
  }

  @Test func shotsWithDifferentParameterSetsAreCopied() throws {
    let folder = try ScratchFolder()
    let source = "testsrc2=size=320x180:rate=24:duration=2"
    for (name, options) in [("1.mp4", "ref=2:bframes=2"), ("2.mp4", "ref=4:bframes=0:cabac=0")] {
      _ = try folder.make(name, "-f", "lavfi", "-i", source, "-c:v", "libx264", "-x264-params", options)
    }
    let output = folder.path("master.mp4")
    let report = try stitch([folder.path("1.mp4"), folder.path("2.mp4")], to: output) { $0.overlap = .keep }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty)
    #expect(master.frames == 96)
    #expect(report.shots.allSatisfy { $0.framesEncoded == 0 })
    let sources = try ["1.mp4", "2.mp4"].flatMap { try MasterReference.frames(of: folder.path($0)) }
    #expect(master.digests == sources)
  }

  @Test func sixtyShotsKeepAnExactTimeBase() throws {
    let chain = try ChainClips(count: 2, length: 12, style: .fixture)
    let paths = (0..<30).flatMap { _ in chain.paths }
    let output = chain.folder.path("long.mp4")
    _ = try stitch(paths, to: output) { $0.overlap = .fixed(1) }
    let master = try MasterReference(output)
    #expect(master.frames == 60 * 12 - 59)
    #expect(master.deltas == [1001])
    #expect(master.complaints.isEmpty)
  }
}

@Suite(.media) struct StitchRefusalTests {
  struct Odd: Sendable, CustomTestStringConvertible {
    let field: String
    let arguments: [String]
    var testDescription: String { field }
  }

  private static let h264 = ["-c:v", "libx264", "-preset", "veryfast"]

  static let odd: [Odd] = [
    Odd(field: "size", arguments: ["-vf", "scale=160:90"] + h264),
    Odd(field: "frame rate", arguments: ["-r", "25"] + h264),
    Odd(field: "pixel format", arguments: ["-pix_fmt", "yuv444p"] + h264),
    Odd(
      field: "video codec", arguments: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]),
    Odd(field: "sample aspect ratio", arguments: ["-vf", "setsar=4/3"] + h264),
    Odd(field: "colour matrix", arguments: ["-colorspace", "bt2020nc"] + h264),
    Odd(field: "colour range", arguments: ["-color_range", "pc"] + h264),
    Odd(field: "colour transfer", arguments: ["-color_trc", "arib-std-b67"] + h264),
  ]

  /// A shot that does not fit is refused with the field's name before anything is written.
  @Test(arguments: odd)
  func refusesAShotThatDoesNotFit(_ odd: Odd) throws {
    let folder = try ScratchFolder()
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1"]
    try MediaTool.ffmpeg(source + ["-c:v", "libx264", "-preset", "veryfast", "a.mp4"], in: folder.url)
    try MediaTool.ffmpeg(source + odd.arguments + ["b.mp4"], in: folder.url)
    let error = #expect(throws: StitchError.self) {
      _ = try StitchPlan(
        [StitchShot(path: folder.path("a.mp4")), StitchShot(path: folder.path("b.mp4"))], options: StitchOptions())
    }
    #expect(error?.code == .mismatch)
    #expect(error?.file == folder.path("b.mp4"))
    #expect(error?.message.contains(odd.field) == true, "\(error?.message ?? "")")
  }

  @Test func writesNoMasterForADamagedShot() throws {
    let chain = try ChainClips(count: 2, extraAudio: nil)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: chain.paths[0]))
    let damage = bytes.count / 4..<bytes.count * 3 / 4
    bytes.replaceSubrange(damage, with: Data(repeating: 0xFF, count: damage.count))
    let broken = try chain.folder.write("broken.mp4", bytes)
    let output = chain.folder.path("master.mp4")
    var thrown: (any Error)?
    do {
      let options = StitchOptions()
      let plan = try StitchPlan([StitchShot(path: broken), StitchShot(path: chain.paths[1])], options: options)
      _ = try Stitcher(plan, options: options).write(to: output)
    } catch { thrown = error }
    #expect(thrown.map { String(describing: $0) }?.contains("broken.mp4") == true, "\(String(describing: thrown))")
    #expect(!FileManager.default.fileExists(atPath: output))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: chain.folder.path).allSatisfy { !$0.hasSuffix(".part") })
  }

  /// Damage far from any join is found too, wherever the file ends.
  @Test(arguments: ["cut.mp4", "cut.mkv"], [35, 60, 85])
  func namesATruncatedShotAndWritesNothing(name: String, percent: Int) throws {
    let folder = try ScratchFolder()
    let source = [
      "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=4", "-c:v", "libx264", "-preset", "veryfast", "-g",
      "24",
    ]
    let whole = name.hasSuffix("mkv") ? "whole.mkv" : "whole.mp4"
    let layout = name.hasSuffix("mkv") ? [] : ["-movflags", "+frag_keyframe+empty_moov"]
    try MediaTool.ffmpeg(source + ["good.mp4"], in: folder.url)
    try MediaTool.ffmpeg(source + layout + [whole], in: folder.url)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path(whole)))
    let cut = try folder.write(name, bytes.prefix(bytes.count * percent / 100))
    let output = folder.path("master.mp4")
    var options = StitchOptions()
    options.overlap = .keep
    let error = #expect(throws: (any Error).self) {
      let plan = try StitchPlan([StitchShot(path: folder.path("good.mp4")), StitchShot(path: cut)], options: options)
      _ = try Stitcher(plan, options: options).write(to: output)
    }
    #expect(error.map { String(describing: $0) }?.contains(cut) == true, "\(String(describing: error))")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func joinsShotsOfOneFrame() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "one.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24", "-frames:v", "1", "-c:v", "libx264")
    let options = StitchOptions()
    let plan = try StitchPlan([StitchShot(path: path), StitchShot(path: path)], options: options)
    #expect(try Stitcher(plan, options: options).write(to: folder.path("two.mp4")).frames == 2)
  }

  @Test func namesACodecThatTheContainerCannotHold() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "a.mkv", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=1", "-c:v", "ffv1")
    var options = StitchOptions()
    options.overlap = .keep
    let error = #expect(throws: StitchError.self) {
      let plan = try StitchPlan([StitchShot(path: path)], options: options)
      _ = try Stitcher(plan, options: options).write(to: folder.path("m.mp4"))
    }
    #expect(error?.file == path && error?.message.contains("ffv1") == true)
  }

  @Test(.enabled(if: RealClips.areThere), arguments: RealClips.paths)
  func joinsRealClipsOrNamesTheRefusedOne(_ path: String) throws {
    let folder = try ScratchFolder()
    let output = folder.path("master.mp4")
    do {
      let options = StitchOptions()
      let plan = try StitchPlan([StitchShot(path: path), StitchShot(path: path)], options: options)
      _ = try Stitcher(plan, options: options).write(to: output)
    } catch {
      #expect(String(describing: error).contains(path), "\(error)")
      #expect(!FileManager.default.fileExists(atPath: output))
      return
    }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.deltas.count == 1)
    #expect(master.videoStart == 0)
  }
}

@Suite(.media) struct StitchAudioTests {
  @Test(arguments: [0, -9, 30])
  func audioChangesWithTheVideoAtEveryJoin(extraMilliseconds: Int) throws {
    let chain = try ChainClips(count: 4, length: 25, style: .quick, extraAudio: extraMilliseconds)
    let output = chain.folder.path("master.mp4")
    let options = StitchOptions()
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0) }, options: options)
    let report = try Stitcher(plan, options: options).write(to: output)
    let samples = try MasterReference.samples(of: output)
    // Each clip has its own note: the note changes where the video does.
    for (number, join) in report.joins.enumerated() {
      let at = Int((join.time * 48_000).rounded())
      let before = Tone.strength(of: 220 + 110 * number, in: samples[(at - 4800)..<(at - 200)])
      let after = Tone.strength(of: 220 + 110 * (number + 1), in: samples[(at + 1200)..<(at + 6000)])
      #expect(before > 0.9 && after > 0.9, "join \(join.index): \(before) \(after)")
    }
  }

  /// No click: around a join the samples step no harder than they do elsewhere.
  @Test func joinsDoNotClick() throws {
    let chain = try ChainClips(count: 3, length: 25, style: .quick, extraAudio: 12)
    let output = chain.folder.path("master.mp4")
    let options = StitchOptions()
    let plan = try StitchPlan(chain.paths.map { StitchShot(path: $0) }, options: options)
    let report = try Stitcher(plan, options: options).write(to: output)
    let samples = try MasterReference.samples(of: output)
    let steps = zip(samples, samples.dropFirst()).map { abs($1 - $0) }
    let usual = steps.sorted()[steps.count * 999 / 1000]
    for join in report.joins {
      let at = Int(join.time * 48_000)
      let worst = steps[(at - 2400)..<(at + 2400)].max() ?? 0
      #expect(worst <= 1.5 * usual, "join \(join.index): \(worst) against \(usual)")
    }
  }

  @Test func aShotWithoutAudioIsSilentForItsExactLength() throws {
    let folder = try ScratchFolder()
    let frame = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24:duration=1"]
    let tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=1"]
    try MediaTool.ffmpeg(
      frame + tone + ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "a.mp4"], in: folder.url)
    try MediaTool.ffmpeg(
      frame + ["-vf", "hue=h=90", "-c:v", "libx264", "-preset", "ultrafast", "b.mp4"], in: folder.url)
    let mono = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=32000:duration=1"]
    try MediaTool.ffmpeg(
      frame + mono
        + ["-vf", "hue=h=180", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "1", "c.mp4"],
      in: folder.url)
    let output = folder.path("master.mp4")
    var options = StitchOptions()
    options.overlap = .keep
    let plan = try StitchPlan(["a.mp4", "b.mp4", "c.mp4"].map { StitchShot(path: folder.path($0)) }, options: options)
    _ = try Stitcher(plan, options: options).write(to: output)
    let samples = try MasterReference.samples(of: output)
    #expect(abs(samples.count - 3 * 48_000) <= 2048)
    #expect(samples[50_000..<94_000].allSatisfy { abs($0) < 0.001 })
    let (first, third) = (Tone.level(samples[12_000..<36_000]), Tone.level(samples[108_000..<132_000]))
    #expect(first > 0.05)
    #expect(abs(third / first - 1) < 0.05, "a mono shot keeps its level: \(third) against \(first)")
  }
}

enum Tone {
  static func level(_ samples: ArraySlice<Float>) -> Float {
    (samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)).squareRoot()
  }

  /// The share of one frequency in the level, 0 to 1, at 48 kHz.
  static func strength(of frequency: Int, in samples: ArraySlice<Float>) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for (index, sample) in samples.enumerated() {
      let angle = 2 * Double.pi * Double(frequency) * Double(index) / 48_000
      real += Double(sample) * cos(angle)
      imaginary += Double(sample) * sin(angle)
    }
    let amplitude = 2 * (real * real + imaginary * imaginary).squareRoot() / Double(samples.count)
    return amplitude / (Double(level(samples)) * 2.0.squareRoot())
  }
}
