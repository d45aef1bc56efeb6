import Foundation
import Stitching
import Support
import Testing

/// Channel layouts, further tracks and timecodes, from the shots to the master; what is left out is said.
@Suite(.media) struct CarriedTracksTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// - Parameter tracks: the arguments that add and encode the audio tracks and the rest.
  private func clip(_ name: String, _ tracks: [String] = [], hue: Int = 0) throws -> String {
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:duration=1,hue=h=\(hue)"] + tracks + [
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", name,
      ], in: folder.url)
    return folder.path(name)
  }

  private func stitch(
    _ paths: [String], to name: String, _ change: (inout StitchOptions) -> Void = { _ in }
  ) throws -> (streams: [[String: Any]], report: StitchReport) {
    var options = StitchOptions()
    options.overlap = .keep
    change(&options)
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    let report = try Stitcher(plan, options: options).write(to: folder.path(name))
    let streams = try #require(try MediaTool.ffprobe(folder.path(name))?["streams"] as? [[String: Any]])
    return (streams, report)
  }

  private static func tone(_ layout: String) -> [String] {
    ["-f", "lavfi", "-i", "aevalsrc=0.1*sin(440*2*PI*t):c=\(layout):s=48000:d=1"]
  }

  @Test(arguments: [("5.1", "mp4"), ("5.1(side)", "mp4"), ("7.1", "mp4"), ("quad", "mp4"), ("5.1", "mov")])
  func keepsTheChannelLayout(layout: String, container: String) throws {
    let values = (0..<(layout == "7.1" ? 8 : layout == "quad" ? 4 : 6)).map { "0.1*sin(\(80 + 20 * $0)*2*PI*t)" }
    let source = ["-f", "lavfi", "-i", "aevalsrc=\(values.joined(separator: "|")):c=\(layout):s=48000:d=1"]
    let path = try clip("a.mov", source + ["-c:a", "pcm_s16le"])
    let (streams, report) = try stitch([path, path], to: "m.\(container)") {
      if container == "mov" { $0.audio.codec = .pcm }
    }
    let audio = try #require(streams.first { $0["codec_type"] as? String == "audio" })
    // AAC has one place for a pair of surround channels.
    #expect(audio["channel_layout"] as? String == (layout == "5.1(side)" ? "5.1" : layout))
    #expect(report.audio?.channels == values.count)
    #expect(report.notes.isEmpty)
    // Each channel keeps its own tone; AAC keeps only low ones in the LFE channel.
    for (channel, _) in values.enumerated() {
      let wanted = Double(80 + 20 * channel)
      #expect(abs(try Self.frequency(of: folder.path("m.\(container)"), channel: channel) - wanted) < 8)
    }
  }

  /// By counting zero crossings over one second.
  private static func frequency(of path: String, channel: Int) throws -> Double {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-ss", "0.2", "-t", "0.5", "-i", path, "-map", "0:a", "-af",
        "pan=mono|c0=c\(channel)", "-f", "f32le", "-",
      ])
    let samples = result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let crossings = zip(samples, samples.dropFirst()).count { $0 < 0 && $1 >= 0 }
    return Double(crossings) / (Double(samples.count) / 48_000)
  }

  @Test func differentLayoutsAreMixedDownAndThatIsSaid() throws {
    let paths = [
      try clip("a.mp4", Self.tone("stereo").map { $0.replacing("t):c", with: "t)|0.1:c") } + ["-c:a", "aac"]),
      try clip("b.mov", ["-f", "lavfi", "-i", "anullsrc=cl=5.1:r=48000", "-t", "1", "-c:a", "pcm_s16le"]),
    ]
    let (streams, report) = try stitch(paths, to: "m.mp4")
    #expect(streams.first { $0["codec_type"] as? String == "audio" }?["channels"] as? Int == 2)
    #expect(report.notes.contains { $0.contains("mixed down to stereo") })
  }

  @Test func keepsFurtherAudioTracksThatAllShotsHave() throws {
    let two = [
      "-f", "lavfi", "-i", "sine=frequency=400:sample_rate=48000:duration=1", "-f", "lavfi", "-i",
      "sine=frequency=900:sample_rate=48000:duration=1", "-map", "0", "-map", "1", "-map", "2", "-c:a", "aac",
      "-metadata:s:a:1", "language=fra",
    ]
    let path = try clip("a.mp4", two)
    let (streams, report) = try stitch([path, path], to: "m.mp4")
    let audio = streams.filter { $0["codec_type"] as? String == "audio" }
    #expect(audio.count == 2 && report.notes.isEmpty)
    #expect((audio[1]["tags"] as? [String: String])?["language"] == "fra")
    let samples = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-ss", "0.5", "-t", "1", "-i", folder.path("m.mp4"), "-map", "0:a:1",
        "-f", "f32le", "-ac", "1", "-",
      ]
    ).output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let crossings = zip(samples, samples.dropFirst()).count { $0 < 0 && $1 >= 0 }
    #expect(abs(Double(crossings) - 900) < 20)
  }

  @Test func saysWhichStreamsAreLeftOut() throws {
    let captions = try folder.write("c.srt", "1\n00:00:00,000 --> 00:00:00,900\nhello\n")
    let path = try clip("a.mp4", ["-i", captions, "-map", "0", "-map", "1", "-c:s", "mov_text"])
    let (_, report) = try stitch([path, path], to: "m.mp4")
    #expect(report.notes == ["\(path): subtitle stream #1 (mov_text) not in the master"])
  }

  @Test(arguments: [("01:00:00:00", "mov"), ("23:59:59:20", "mp4")])
  func keepsTheStartTimecode(start: String, container: String) throws {
    let path = try clip("a.mov", ["-timecode", start])
    let (streams, report) = try stitch([path, path], to: "m.\(container)")
    #expect((streams[0]["tags"] as? [String: String])?["timecode"] == start)
    #expect(report.notes.isEmpty)
  }

  @Test func theTimecodeIsThatOfTheFirstKeptFrame() throws {
    let path = try clip("a.mov", ["-timecode", "23:59:59:20"])
    var shot = StitchShot(path: path)
    shot.trim = StitchTrim(parsing: "#10..")
    var options = StitchOptions()
    options.overlap = .keep
    let plan = try StitchPlan([shot, StitchShot(path: path)], options: options)
    _ = try Stitcher(plan, options: options).write(to: folder.path("m.mov"))
    let streams = try #require(try MediaTool.ffprobe(folder.path("m.mov"))?["streams"] as? [[String: Any]])
    #expect((streams[0]["tags"] as? [String: String])?["timecode"] == "00:00:00:05")
  }

  /// Boxes that ffmpeg writes only on request, and only into MP4.
  @Test(arguments: ["mp4", "mov"])
  func carriesStereoAndSphericalRecordsOrSaysSo(container: String) throws {
    let path = try clip("a.mp4")
    var editor = try BoxEditor(path)
    let entry = BoxEditor.sampleEntry("avc1")
    editor.add(BoxEditor.box("st3d", [0, 0, 0, 0, 1]), in: entry)
    let header = BoxEditor.box("svhd", [0, 0, 0, 0] + Array("test\0".utf8))
    let angles = BoxEditor.number(0, 4) + BoxEditor.number(30 << 16, 4) + BoxEditor.number(0, 8)
    let projection = BoxEditor.box(
      "proj", BoxEditor.box("prhd", angles) + BoxEditor.box("equi", [UInt8](repeating: 0, count: 20)))
    editor.add(BoxEditor.box("sv3d", header + projection), in: entry)
    try editor.write(path)
    let source = try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])
    let wanted = try Self.records(source)
    #expect(wanted.count == 2)
    let (streams, report) = try stitch([path, path], to: "m.\(container)")
    if container == "mp4" {
      #expect(try Self.records(streams) == wanted)
      #expect(report.notes.isEmpty)
    } else {
      #expect(report.notes.contains { $0.hasPrefix("spherical mapping is not in the master") })
      #expect(report.notes.contains { $0.hasPrefix("stereo 3d is not in the master") })
    }
  }

  /// Stereo and spherical records as ffprobe prints them.
  private static func records(_ streams: [[String: Any]]) throws -> [String] {
    let all = streams.first?["side_data_list"] as? [[String: Any]] ?? []
    return try all.filter { ["Stereo 3D", "Spherical Mapping"].contains($0["side_data_type"] as? String) }.map {
      String(decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys), as: UTF8.self)
    }.sorted()
  }
}
