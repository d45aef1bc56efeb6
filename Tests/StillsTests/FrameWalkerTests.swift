import Foundation
import Libav
import Probing
import Stills
import Support
import Testing

/// Frames that the walker decodes from random access points, against a full decode.
@Suite(.media) struct FrameWalkerTests {
  struct Source: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    /// Whether every frame can be decoded from a random access point.
    var isSeekable = true
    var testDescription: String { name }

    init(_ name: String, _ arguments: String..., isSeekable: Bool = true) {
      self.name = name
      self.arguments = arguments
      self.isSeekable = isSeekable
    }
  }

  static let sources: [Source] = [
    Source("idr.mp4", "-c:v", "libx264", "-g", "10", "-bf", "3"),
    Source("idr.mov", "-c:v", "libx264", "-g", "10", "-bf", "3"),
    Source("idr.mkv", "-c:v", "libx264", "-g", "10", "-bf", "3"),
    Source("idr.ts", "-c:v", "libx264", "-g", "10", "-bf", "3"),
    Source("idr.flv", "-c:v", "libx264", "-g", "10", "-bf", "3"),
    Source("fragments.mp4", "-c:v", "libx264", "-g", "10", "-movflags", "frag_keyframe+empty_moov"),
    Source(
      "recovery.mp4", "-c:v", "libx264", "-x264-params", "open-gop=1:keyint=10:bframes=3:b-pyramid=none:scenecut=0"),
    Source("pyramid.mkv", "-c:v", "libx264", "-x264-params", "open-gop=1:keyint=10:bframes=5:b-pyramid=2:scenecut=0"),
    Source("cra.mp4", "-c:v", "libx265", "-x265-params", "open-gop=1:keyint=10:bframes=4:log-level=none"),
    Source("cra.mkv", "-c:v", "libx265", "-x265-params", "open-gop=1:keyint=10:bframes=4:log-level=none"),
    Source("cra.ts", "-c:v", "libx265", "-x265-params", "open-gop=1:keyint=10:bframes=4:log-level=none"),
    Source("radl.mp4", "-c:v", "libx265", "-x265-params", "open-gop=0:radl=2:keyint=10:bframes=4:log-level=none"),
    Source("refresh.mp4", "-c:v", "libx264", "-x264-params", "intra-refresh=1:keyint=10:bframes=0"),
    Source("prores.mov", "-c:v", "prores_ks"),
    Source("dnxhr.mov", "-c:v", "dnxhd", "-profile:v", "dnxhr_sq"),
    Source("jpeg.mov", "-c:v", "mjpeg"),
    Source("raw.avi", "-c:v", "rawvideo", "-pix_fmt", "yuv420p"),
    Source("png.mov", "-c:v", "png", "-pix_fmt", "gray"),
    Source("ffv1.mkv", "-c:v", "ffv1", "-g", "5"),
    Source("vp9.webm", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-g", "10"),
    Source("av1.mp4", "-c:v", "libsvtav1", "-preset", "12", "-g", "10"),
    Source("mpeg2.ts", "-c:v", "mpeg2video", "-bf", "2", "-g", "10", "-q:v", "4"),
    Source("raw.h264", "-c:v", "libx264", "-bf", "2", "-g", "10", isSeekable: false),
    Source("untold.mxf", "-c:v", "libx264", "-bf", "3", "-g", "10", isSeekable: false),
  ]

  private func video(_ path: String) throws -> PacketIndex {
    try #require(try MediaIndex(path: path, videoOnly: true, glancing: true).video)
  }

  private func make(_ source: Source, in folder: ScratchFolder) throws -> String {
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=1.6"] + source.arguments + [source.name],
      in: folder.url)
    return folder.path(source.name)
  }

  private func expect(
    _ path: String, wanted: [Int], damage: FrameWalker.DamagePolicy = .fail, restarts: Bool = true,
    equals reference: FullDecode
  ) throws {
    var walker = try FrameWalker(
      path: path, video: try video(path), wanted: wanted, onDamage: damage, restarts: restarts)
    let frame = try Frame()
    var found: [Int] = []
    while let position = try walker.next(into: frame) {
      #expect(FrameDigest.of(frame) == reference.digests[position], "frame #\(position)")
      found.append(position)
    }
    #expect(found == wanted)
  }

  @Test(arguments: sources)
  func decodesTheFramesOfAFullDecode(_ source: Source) throws {
    let folder = try ScratchFolder()
    let path = try make(source, in: folder)
    let reference = try FullDecode(path)
    let damage: FrameWalker.DamagePolicy = source.isSeekable ? .fail : .accept
    try expect(path, wanted: [0, 9, 10, 11, 25, 38, 39], damage: damage, equals: reference)
    try expect(path, wanted: Array(17..<24), damage: damage, equals: reference)
    try expect(path, wanted: Array(0..<40), damage: damage, equals: reference)
  }

  /// Without the fall-back, what is decoded from a random access point must be right as well.
  @Test(arguments: sources.filter { $0.isSeekable && !["pyramid.mkv", "refresh.mp4"].contains($0.name) })
  func decodesFromRandomAccessPoints(_ source: Source) throws {
    let folder = try ScratchFolder()
    let path = try make(source, in: folder)
    let reference = try FullDecode(path)
    for position in [5, 19, 31, 39] { try expect(path, wanted: [position], restarts: false, equals: reference) }
  }

  @Test func framesOutsideTheVideoAreRefused() throws {
    let folder = try ScratchFolder()
    let path = try make(Self.sources[0], in: folder)
    let video = try video(path)
    for wanted in [[40], [-1], [3, 3], [5, 4]] {
      #expect(throws: LibavError.self) { _ = try FrameWalker(path: path, video: video, wanted: wanted) }
    }
    var walker = try FrameWalker(path: path, video: video, wanted: [])
    #expect(try walker.next(into: try Frame()) == nil)
  }

  /// The index of another file of the same shape must not lead to a wrong frame.
  @Test func packetsThatDifferFromTheIndexAreNotTrusted() throws {
    let folder = try ScratchFolder()
    let path = try make(Self.sources[0], in: folder)
    let other = try folder.make(
      "other.mp4", "-f", "lavfi", "-i", "testsrc=size=256x144:rate=25:duration=1.6", "-c:v", "libx264", "-g", "10",
      "-bf", "3")
    let reference = try FullDecode(other)
    var walker = try FrameWalker(path: other, video: try video(path), wanted: [25])
    let frame = try Frame()
    #expect(try walker.next(into: frame) == 25)
    #expect(FrameDigest.of(frame) == reference.digests[25])
    var strict = try FrameWalker(path: other, video: try video(path), wanted: [25], restarts: false)
    #expect(throws: LibavError.self) { _ = try strict.next(into: frame) }
  }

  @Test func damageIsAnErrorOrIsAcceptedAsAFullDecodeDeliversIt() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=1.6", "-c:v", "libx264", "-preset",
      "medium", "-g", "10",
      "-bf",
      "0")
    let entry = try video(path).entries[25]
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let list = try MediaTool.run(
      "ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pos", "-of", "csv=p=0", path])
    let position = try #require(Int(String(decoding: list.output, as: UTF8.self).split(separator: "\n")[25]))
    for index in position + 8..<position + entry.size { bytes[index] = 0xFF }
    let damaged = try folder.write("damaged.mp4", Data(bytes))
    let reference = try FullDecode(damaged)
    let frame = try Frame()
    var strict = try FrameWalker(path: damaged, video: try video(damaged), wanted: [5, 25, 35])
    #expect(try strict.next(into: frame) == 5)
    #expect(throws: LibavError.self) { while try strict.next(into: frame) != nil {} }
    // Other GOPs are not concerned.
    try expect(damaged, wanted: [5, 15, 35], restarts: false, equals: try FullDecode(path))
    var tolerant = try FrameWalker(path: damaged, video: try video(damaged), wanted: [5, 25, 35], onDamage: .accept)
    var found: [Int] = []
    while let position = try tolerant.next(into: frame) {
      found.append(position)
      if reference.digests.count == 40 { #expect(FrameDigest.of(frame) == reference.digests[position]) }
    }
    #expect(found.contains(5) && found.contains(35))
  }

  /// The container has times in decoding order although the stream reorders its frames: they are counted.
  @Test(arguments: ["mp4", "mkv", "flv"], ["libx264", "libx265"])
  func timesInDecodingOrderAreNotTrusted(container: String, codec: String) throws {
    guard container != "flv" || codec == "libx264" else { return }
    let folder = try ScratchFolder()
    let log = codec == "libx265" ? ["-x265-params", "log-level=none"] : []
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=1.6", "-c:v", codec, "-bf", "3", "-g", "20"] + log
        + ["plain.mp4"], in: folder.url)
    try MediaTool.ffmpeg(
      ["-i", "plain.mp4", "-c", "copy", "-bsf:v", "setts=pts=DTS", "a.\(container)"], in: folder.url)
    let path = folder.path("a.\(container)")
    let reference = try FullDecode(path)
    let last = try FrameFinder.frame(.last, of: path)
    #expect(FrameDigest.of(last.frame) == reference.digests.last)
    for index in [0, 7, 21, 39] where index < reference.digests.count {
      #expect(
        FrameDigest.of(try FrameFinder.frame(.index(index), of: path).frame) == reference.digests[index], "#\(index)")
    }
  }
}
