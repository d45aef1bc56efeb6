import Foundation
import Stitching
import Support
import Testing

/// Masters of shots whose parameter sets differ: one sample entry, no sets in the packets, copied frames unchanged.
@Suite(.media) struct SampleEntryTests {
  struct Mix: Sendable, CustomTestStringConvertible {
    let name: String
    let tag: String
    /// An encoder for each shot.
    let codecs: [[String]]
    var pixelFormat = "yuv420p"
    var container = "mp4"
    var testDescription: String { name }
  }

  private static func x264(_ options: String) -> [String] {
    ["-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-x264-params", options]
  }
  private static func x265(_ options: String) -> [String] {
    ["-c:v", "libx265", "-preset", "veryfast", "-crf", "26", "-x265-params", "log-level=none:" + options]
  }

  static let mixes = [
    Mix(
      name: "H.264, CABAC beside CAVLC in slices and weighted prediction", tag: "avc1",
      codecs: [x264("ref=4"), x264("cabac=0:ref=2:slices=3"), x264("bframes=0:weightp=2:8x8dct=0")]),
    Mix(
      name: "H.264 with buffering periods and delimiters", tag: "avc1",
      codecs: [
        x264("ref=2"), x264("nal-hrd=vbr:vbv-maxrate=3000:vbv-bufsize=3000:aud=1:ref=3"),
        x264("nal-hrd=vbr:vbv-maxrate=2000:vbv-bufsize=2000:ref=1:bframes=0"),
      ]),
    Mix(
      name: "H.264 from transport streams", tag: "avc1",
      codecs: [x264("ref=4"), x264("cabac=0:ref=2"), x264("bframes=0")], container: "ts"),
    Mix(
      name: "H.264 of 10 bits", tag: "avc1", codecs: [x264("ref=4"), x264("ref=1:bframes=2"), x264("cabac=0")],
      pixelFormat: "yuv420p10le"),
    Mix(
      name: "HEVC with other tools", tag: "hvc1",
      codecs: [x265("ref=4"), x265("ref=2:bframes=2:sao=0:wpp=0"), x265("amp=1:rect=1:slices=2")]),
    Mix(
      name: "HEVC with buffering periods and delimiters", tag: "hvc1",
      codecs: [
        x265("ref=3"), x265("hrd=1:vbv-maxrate=3000:vbv-bufsize=3000:aud=1"),
        x265("bframes=0:hrd=1:vbv-maxrate=2000:vbv-bufsize=2000"),
      ]),
    Mix(
      name: "HEVC of 10 bits from transport streams", tag: "hvc1",
      codecs: [x265("ref=3"), x265("ref=1:bframes=2"), x265("open-gop=1:keyint=20")], pixelFormat: "yuv420p10le",
      container: "ts"),
  ]

  @Test(arguments: mixes)
  func mergesDifferentParameterSetsIntoOneEntry(_ mix: Mix) throws {
    let folder = try ScratchFolder()
    let length = 25
    var paths: [String] = []
    for (number, codec) in mix.codecs.enumerated() {
      let graph =
        "mandelbrot=size=192x108:rate=24:maxiter=60:start_scale=\(1.2 - 0.2 * Double(number)),format=\(mix.pixelFormat)"
      let name = "\(number).\(mix.container)"
      try MediaTool.ffmpeg(["-f", "lavfi", "-i", graph, "-frames:v", "\(length)"] + codec + [name], in: folder.url)
      paths.append(folder.path(name))
    }
    let output = folder.path("master.mp4")
    var options = StitchOptions()
    options.overlap = .fixed(1)
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    let report = try Stitcher(plan, options: options).write(to: output)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.tag == mix.tag)
    #expect(report.parameterSets == "merged")
    #expect(master.frames == 3 * length - 2)
    #expect(try Self.setsInPackets(of: output, isHEVC: mix.tag == "hvc1") == 0)
    let kept = try paths.enumerated().flatMap { number, path in
      try MasterReference.frames(of: path).dropLast(number < 2 ? 1 : 0)
    }
    let encoded = report.shots.reduce(0) { $0 + $1.framesEncoded }
    #expect(zip(master.digests, kept).count { $0 != $1 } <= encoded)
    #expect(encoded < length / 2, "most is copied")
  }

  /// The master keeps the SEI messages on light levels that all shots agree on.
  @Test(arguments: [true, false])
  func keepsLightLevelMessagesInTheEntry(agreeing: Bool) throws {
    let folder = try ScratchFolder()
    let display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    let paths = try (0..<2).map { number in
      let light = agreeing || number == 0 ? "1000,400" : "2000,300"
      return try folder.make(
        "\(number).mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24,format=yuv420p10le", "-frames:v", "6",
        "-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_range", "tv",
        "-c:v",
        "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params",
        "log-level=none:hdr10=1:ref=\(number + 1):\(display):max-cll=\(light)")
    }
    var options = StitchOptions()
    options.overlap = .keep
    let output = folder.path("master.mp4")
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    #expect(try Stitcher(plan, options: options).write(to: output).parameterSets == "merged")
    #expect(try MasterReference(output).complaints.isEmpty)
    let own = try Self.messages(of: paths[0])
    let kept = try Self.messages(of: output)
    // The third message names the encoder and its settings, which differ between shots.
    #expect(own.count == 3 && kept == own.filter { [137, agreeing ? 144 : 137].contains($0[2]) })
  }

  /// The SEI messages in the `hvcC` of a file, as NAL units.
  private static func messages(of path: String) throws -> [[UInt8]] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let name = try #require(data.firstRange(of: Data("hvcC".utf8)))
    let record = [UInt8](data[name.upperBound...])
    func number(_ start: Int) -> Int { Int(record[start]) << 8 | Int(record[start + 1]) }
    var (position, found) = (23, [[UInt8]]())
    for _ in 0..<record[22] {
      let (type, count) = (record[position] & 0x3F, number(position + 1))
      position += 3
      for _ in 0..<count {
        let end = position + 2 + number(position)
        if type == 39 { found.append(Array(record[position + 2..<end])) }
        position = end
      }
    }
    return found
  }

  /// Parameter set ids are few: more different sets than ids go into the packets, and the entry is `hev1`.
  @Test func writesTooManyDifferentSetsIntoThePackets() throws {
    let folder = try ScratchFolder()
    let paths = try (0..<18).map { number in
      try folder.make(
        "\(number).mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24", "-frames:v", "4", "-c:v", "libx265",
        "-preset",
        "ultrafast", "-x265-params", "log-level=none:bframes=0:ref=1:cbqpoffs=\(number - 9)")
    }
    var options = StitchOptions()
    options.overlap = .keep
    let output = folder.path("master.mp4")
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    let report = try Stitcher(plan, options: options).write(to: output)
    let master = try MasterReference(output)
    #expect(report.parameterSets == "in-band" && master.tag == "hev1")
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(try master.digests == paths.flatMap { try MasterReference.frames(of: $0) })
  }

  /// Parameter sets among the NAL units of the packets, as they stand in the file.
  private static func setsInPackets(of path: String, isHEVC: Bool) throws -> Int {
    let raw = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-nostdin", "-i", path, "-map", "0:v", "-c", "copy", "-f", "data", "-"])
    let bytes = [UInt8](raw.output)
    var (position, units, sets) = (0, 0, 0)
    while position + 4 < bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let header = bytes[position + 4]
      let type = isHEVC ? header >> 1 & 0x3F : header & 0x1F
      if isHEVC ? (32...34).contains(type) : (7...8).contains(type) { sets += 1 }
      units += 1
      position += 4 + length
    }
    #expect(position == bytes.count && units > 0, "the packets are whole units with lengths")
    return sets
  }
}
