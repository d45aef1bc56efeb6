import Foundation
import Stitching
import Support
import Testing

/// What a sample entry and a track header say of the frames, from the shots to the master.
@Suite(.media) struct CarriedPropertiesTests {
  private static let x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]

  /// A clip whose header comes after its frames, so that it can be changed.
  private static func clip(
    _ folder: ScratchFolder, _ name: String, _ encoding: [String] = x264, hue: Int = 0
  ) throws -> String {
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=24:duration=1,hue=h=\(hue)"] + encoding + [name],
      in: folder.url)
    return folder.path(name)
  }

  private static func stitch(
    _ paths: [String], to output: String, _ change: (inout StitchOptions) -> Void = { _ in }
  ) throws -> StitchReport {
    var options = StitchOptions()
    options.overlap = .keep
    change(&options)
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    return try Stitcher(plan, options: options).write(to: output)
  }

  /// The video stream as `ffprobe` reports it.
  private static func stream(_ path: String) throws -> [String: Any] {
    let streams = try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])
    return try #require(streams.first { $0["codec_type"] as? String == "video" })
  }

  private static func displayMatrix(_ path: String) throws -> String? {
    (try stream(path)["side_data_list"] as? [[String: Any]])?.compactMap { $0["displaymatrix"] as? String }.first
  }

  // MARK: - Sample entries

  @Test(arguments: [
    (0, "yuv422p10le", "apco"), (1, "yuv422p10le", "apcs"), (2, "yuv422p10le", "apcn"), (3, "yuv422p10le", "apch"),
    (4, "yuv444p10le", "ap4h"), (5, "yuv444p10le", "ap4x"),
  ])
  func keepsTheSampleEntryOfEachProResProfile(profile: Int, format: String, tag: String) throws {
    let folder = try ScratchFolder()
    let path = try Self.clip(folder, "a.mov", ["-c:v", "prores_ks", "-profile:v", "\(profile)", "-pix_fmt", format])
    _ = try Self.stitch([path, path], to: folder.path("m.mov"))
    let stream = try Self.stream(folder.path("m.mov"))
    #expect(stream["codec_tag_string"] as? String == tag)
    #expect(stream["profile"] as? String == (try Self.stream(path)["profile"] as? String))
  }

  @Test func refusesToMixProResProfiles() throws {
    let folder = try ScratchFolder()
    let paths = try ["0", "3"].map {
      try Self.clip(folder, "\($0).mov", ["-c:v", "prores_ks", "-profile:v", $0, "-pix_fmt", "yuv422p10le"])
    }
    let error = #expect(throws: StitchError.self) { try Self.stitch(paths, to: folder.path("m.mov")) }
    #expect(error?.code == .mismatch && error?.file == paths[1])
    #expect(error?.message.contains("Proxy") == true && error?.message.contains("HQ") == true)
  }

  /// Packets that hold a sequence parameter set.
  private static func packetsWithSets(_ path: String, isHEVC: Bool) throws -> Int {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-bsf:v",
        "filter_units=pass_types=\(isHEVC ? 33 : 7)", "-f", "framecrc", "-",
      ])
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").count { !$0.hasPrefix("#") }
  }

  struct InBand: Sendable, CustomTestStringConvertible {
    let codec: String
    /// The container and the sample entry of the shots.
    let container: String
    let source: String
    let master: String
    var isHEVC: Bool { codec == "libx265" }
    var testDescription: String { "\(codec) in \(container) \(source)" }
  }

  /// `avc1` and `hvc1` promise that no packet holds parameter sets; `avc3` and `hev1` allow them.
  @Test(arguments: [
    InBand(codec: "libx264", container: "mp4", source: "avc3", master: "avc3"),
    InBand(codec: "libx264", container: "mp4", source: "avc1", master: "avc1"),
    InBand(codec: "libx264", container: "ts", source: "", master: "avc1"),
    InBand(codec: "libx265", container: "mp4", source: "hev1", master: "hev1"),
    InBand(codec: "libx265", container: "ts", source: "", master: "hvc1"),
  ])
  func keepsThePromiseOfTheSampleEntry(_ kind: InBand) throws {
    let folder = try ScratchFolder()
    let quiet = kind.isHEVC ? ["-x265-params", "log-level=error"] : []
    var path = try Self.clip(
      folder, "a.ts", ["-c:v", kind.codec, "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p"] + quiet)
    if kind.container == "mp4" {
      // The packets keep the sets that MPEG-TS has before each keyframe.
      path = try folder.make("b.mp4", "-i", "a.ts", "-c", "copy", "-tag:v", kind.source)
      #expect(try Self.packetsWithSets(path, isHEVC: kind.isHEVC) == 2)
    }
    let output = folder.path("m.mp4")
    let report = try Self.stitch([path, path], to: output)
    #expect(report.shots.allSatisfy { $0.framesEncoded == 0 })
    let master = try MasterReference(output)
    #expect(master.tag == kind.master && master.frames == 48 && master.complaints.isEmpty, "\(master.complaints)")
    let own = try MasterReference.frames(of: path)
    #expect(master.digests == own + own)
    let isInBand = ["avc3", "hev1"].contains(kind.master)
    #expect(report.parameterSets == (isInBand ? "in-band" : kind.container == "ts" ? "merged" : "shared"))
    #expect(try Self.packetsWithSets(output, isHEVC: kind.isHEVC) == (isInBand ? 4 : 0))
  }

  // MARK: - Pixel aspect ratio

  /// Overwrites bytes after the first box of a type.
  private static func patch(_ path: String, after type: String, at offset: Int, _ numbers: [UInt32]) throws {
    var data = try Data(contentsOf: URL(filePath: path))
    let box = try #require(data.range(of: Data(type.utf8)))
    let bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    let start = box.upperBound + offset
    data.replaceSubrange(start..<start + bytes.count, with: bytes)
    try data.write(to: URL(filePath: path))
  }

  /// The container's ratio counts, regardless of the bitstream.
  @Test(arguments: [(coded: "1/1", pasp: (4, 3)), (coded: "4/3", pasp: (1, 1)), (coded: "0/1", pasp: (4, 3))])
  func displaysLikeTheSource(coded: String, pasp: (Int, Int)) throws {
    let folder = try ScratchFolder()
    let path = try Self.clip(folder, "a.mp4", Self.x264 + ["-bsf:v", "h264_metadata=sample_aspect_ratio=\(coded)"])
    try Self.patch(path, after: "pasp", at: 0, [UInt32(pasp.0), UInt32(pasp.1)])
    let wanted = "\(pasp.0):\(pasp.1)"
    #expect(try Self.stream(path)["sample_aspect_ratio"] as? String == wanted)
    for mode in [StitchOptions.Mode.auto, .encode] {
      let output = folder.path("\(mode).mp4")
      _ = try Self.stitch([path, path], to: output) { $0.mode = mode }
      #expect(try Self.stream(output)["sample_aspect_ratio"] as? String == wanted)
      let bytes = try Data(contentsOf: URL(filePath: output))
      let box = try #require(bytes.range(of: Data("pasp".utf8)))
      #expect(bytes[box.upperBound + 3] == UInt8(pasp.0) && bytes[box.upperBound + 7] == UInt8(pasp.1))
    }
  }

  // MARK: - Display matrix and clean aperture

  private static let matrixOffset = 40
  private static let one: UInt32 = 1 << 16

  private static func setMatrix(_ path: String, _ linear: [UInt32]) throws {
    try patch(
      path, after: "tkhd", at: matrixOffset, [linear[0], linear[1], 0, linear[2], linear[3], 0, 0, 0, 1 << 30])
  }

  @Test(arguments: [
    [2 * one, 0, 0, one], [one / 2, 0, 0, one / 2], [0, one, UInt32(bitPattern: -Int32(one)), 0],
    [UInt32(bitPattern: -Int32(one)), 0, 0, one],
  ])
  func carriesTheDisplayMatrixWithItsScale(linear: [UInt32]) throws {
    let folder = try ScratchFolder()
    let path = try Self.clip(folder, "a.mp4")
    try Self.setMatrix(path, linear)
    let output = folder.path("m.mp4")
    _ = try Self.stitch([path, path], to: output)
    #expect(try Self.displayMatrix(output) == Self.displayMatrix(path) && Self.displayMatrix(path) != nil)
    let ratio = try Self.stream(path)["sample_aspect_ratio"] as? String
    #expect(try Self.stream(output)["sample_aspect_ratio"] as? String == ratio)
  }

  @Test func refusesShotsOfDifferentScale() throws {
    let folder = try ScratchFolder()
    let paths = [try Self.clip(folder, "a.mp4"), try Self.clip(folder, "b.mp4", hue: 90)]
    try Self.setMatrix(paths[1], [Self.one / 2, 0, 0, Self.one / 2])
    let error = #expect(throws: StitchError.self) { try Self.stitch(paths, to: folder.path("m.mp4")) }
    #expect(error?.code == .mismatch && error?.file == paths[1])
    #expect(error?.message.contains("display matrix is 0.5 0 0 0.5") == true, "\(error?.message ?? "")")
  }

  /// Inserts a box into the sample entry of a file whose header comes last, so that no offset changes.
  private static func insert(_ box: [UInt8], into path: String) throws {
    var data = try Data(contentsOf: URL(filePath: path))
    let table = try #require(data.range(of: Data("stsd".utf8)))
    let entry = try #require(data.range(of: Data("avc1".utf8), in: table.upperBound..<data.endIndex))
    func size(at start: Int) -> Int { data[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    let end = entry.lowerBound - 4 + size(at: entry.lowerBound - 4)
    for type in ["moov", "trak", "mdia", "minf", "stbl", "stsd"] {
      let start = try #require(data.range(of: Data(type.utf8))).lowerBound - 4
      grow(&data, at: start, by: box.count)
    }
    grow(&data, at: entry.lowerBound - 4, by: box.count)
    data.insert(contentsOf: box, at: end)
    try data.write(to: URL(filePath: path))
  }

  private static func grow(_ data: inout Data, at start: Int, by count: Int) {
    let size = data[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } + count
    data.replaceSubrange(start..<start + 4, with: (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) })
  }

  private static func cleanAperture(width: UInt8, height: UInt8) -> [UInt8] {
    let fractions: [[UInt8]] = [[0, 0, 0, width], [0, 0, 0, 1], [0, 0, 0, height], [0, 0, 0, 1]]
    return [0, 0, 0, 40] + Array("clap".utf8) + fractions.joined() + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
  }

  @Test func refusesACleanApertureThatHidesPixels() throws {
    let folder = try ScratchFolder()
    let path = try Self.clip(folder, "a.mp4")
    try Self.insert(Self.cleanAperture(width: 140, height: 120), into: path)
    let error = #expect(throws: StitchError.self) { try Self.stitch([path], to: folder.path("m.mp4")) }
    #expect(error?.code == .unusableShot && error?.file == path)
    #expect(
      error?.message.contains("140") == true && error?.message.contains("clap") == true, "\(error?.message ?? "")")
  }

  @Test func acceptsACleanApertureOfTheWholeFrame() throws {
    let folder = try ScratchFolder()
    let path = try Self.clip(folder, "a.mp4")
    try Self.insert(Self.cleanAperture(width: 160, height: 120), into: path)
    #expect(try Self.stitch([path], to: folder.path("m.mp4")).frames == 24)
  }
}
