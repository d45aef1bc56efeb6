import Foundation
import Libav
import Probing
import Stills
import Support
import Testing
import Timing

/// The reference is a full decode by `ffmpeg`; the finder must return the same frame.
@Suite(.media) struct FrameFinderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    var testDescription: String { name }
  }

  private static let frame = ["-f", "lavfi", "-i", "testsrc2=size=192x144:rate=25:duration=3"]
  private static let audio = ["-f", "lavfi", "-i", "sine=frequency=300:duration=5"]

  static let cases: [Case] = [
    Case(name: "b-frames.mp4", arguments: frame + ["-c:v", "libx264", "-bf", "4", "-g", "30"]),
    Case(name: "one-gop.mp4", arguments: frame + ["-c:v", "libx264", "-bf", "3", "-g", "999"]),
    Case(
      name: "open-gop.mp4",
      arguments: frame + ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=20:bframes=3:scenecut=0"]),
    Case(
      name: "cra.mp4",
      arguments: frame + ["-c:v", "libx265", "-x265-params", "open-gop=1:keyint=20:bframes=4:log-level=none"]),
    Case(name: "longer-audio.mp4", arguments: frame + audio + ["-c:v", "libx264", "-c:a", "aac"]),
    Case(
      name: "variable.mp4",
      arguments: frame + ["-vf", "select='not(mod(n\\,3))+gt(n\\,40)'", "-fps_mode", "vfr", "-c:v", "libx264"]),
    Case(name: "trimmed.mp4", arguments: ["-ss", "0.7"] + frame + ["-t", "1.5", "-c:v", "libx264"]),
    Case(name: "one-frame.mp4", arguments: frame + ["-frames:v", "1", "-c:v", "libx264"]),
    Case(name: "raw.h264", arguments: frame + ["-c:v", "libx264", "-bf", "2"]),
    Case(name: "raw.hevc", arguments: frame + ["-c:v", "libx265", "-x265-params", "log-level=none"]),
    Case(name: "raw-gops.h264", arguments: frame + ["-c:v", "libx264", "-bf", "3", "-g", "12"]),
    Case(
      name: "raw-open.h264", arguments: frame + ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12:bframes=3"]),
    Case(
      name: "raw-cra.hevc",
      arguments: frame + ["-c:v", "libx265", "-x265-params", "keyint=12:bframes=4:log-level=none"]),
    Case(
      name: "raw-radl.hevc",
      arguments: frame + ["-c:v", "libx265", "-x265-params", "keyint=12:bframes=4:radl=2:open-gop=0:log-level=none"]),
    Case(name: "matroska.mkv", arguments: frame + ["-c:v", "libx264", "-g", "25"]),
    Case(name: "transport.ts", arguments: frame + audio + ["-c:v", "libx264", "-g", "25", "-c:a", "aac"]),
    Case(name: "vp9.webm", arguments: frame + ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
    Case(name: "ten-bit.mp4", arguments: frame + ["-pix_fmt", "yuv420p10le", "-c:v", "libx264"]),
    Case(
      name: "open-pyramid.mp4",
      arguments: frame + ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=16:bframes=5:ref=6:b-pyramid=2"]),
    Case(
      name: "open-adaptive.mkv",
      arguments: frame + ["-c:v", "libx264", "-preset", "slow", "-x264-params", "open-gop=1:keyint=12:min-keyint=4"]),
    Case(name: "short-gops.mov", arguments: frame + ["-c:v", "libx264", "-g", "10", "-bf", "3"]),
    Case(name: "hevc-gops.mp4", arguments: frame + ["-c:v", "libx265", "-x265-params", "keyint=15:log-level=none"]),
    Case(
      name: "fragmented.mp4",
      arguments: frame + ["-c:v", "libx264", "-g", "10", "-movflags", "frag_keyframe+empty_moov"]),
    Case(
      name: "partly-fragmented.mp4",
      arguments: frame + ["-c:v", "libx264", "-g", "10", "-movflags", "frag_keyframe"]),
    Case(name: "mpeg2.ts", arguments: frame + ["-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-q:v", "4"]),
    Case(name: "mpeg4.avi", arguments: frame + ["-c:v", "mpeg4", "-bf", "2", "-g", "12", "-q:v", "4"]),
    // libav has no presentation times for MXF.
    Case(name: "no-times.mxf", arguments: frame + ["-c:v", "libx264", "-bf", "3", "-g", "20"]),
    Case(name: "wmv2.wmv", arguments: frame + ["-c:v", "wmv2", "-g", "20", "-q:v", "4"]),
    Case(name: "sorenson.flv", arguments: frame + ["-c:v", "flv", "-g", "20", "-q:v", "4"]),
    Case(name: "raw.avi", arguments: frame + ["-c:v", "rawvideo", "-pix_fmt", "yuv420p"]),
    Case(name: "prores.mov", arguments: frame + ["-c:v", "prores_ks"]),
    Case(
      name: "av1.mkv",
      arguments: frame + ["-c:v", "libsvtav1", "-preset", "12", "-g", "20"]),
    Case(name: "vp9-keys.webm", arguments: frame + ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-g", "15"]),
    Case(name: "jpeg.mov", arguments: frame + ["-c:v", "mjpeg"]),
    Case(
      name: "negative.mp4", arguments: frame + ["-c:v", "libx264", "-bf", "3", "-movflags", "negative_cts_offsets"]),
  ]

  @Test(arguments: cases)
  func findsTheFramesOfAFullDecode(_ sample: Case) throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(sample.arguments + [sample.name], in: folder.url)
    let path = folder.path(sample.name)
    let reference = try FullDecode(path)
    let finder = try FrameFinder(path: path)
    #expect(try digest(finder, .last) == reference.digests.last)
    #expect(try digest(finder, .first) == reference.digests.first)
    let count = reference.digests.count
    for index in Set([count / 4, count / 2, max(0, count - 2)]) {
      #expect(try digest(finder, .index(index)) == reference.digests[index], "frame #\(index)")
    }
    for (request, index) in [
      (FrameRequest.last, count - 1), (.first, 0), (.index(count / 3), count / 3), (.index(-1), count - 1),
      (.index(-count), 0),
    ] {
      let frame = try FrameFinder.frame(request, of: path)
      #expect(FrameDigest.of(frame.frame) == reference.digests[index], "\(request)")
      #expect(frame.facts.index == index)
    }
  }

  /// The container's table and the index of all packets give the same frame for the same time.
  @Test func timesAgreeByTableAndByIndex() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=24:duration=2", "-c:v", "libx264", "-g", "9", "-bf",
      "3")
    let finder = try FrameFinder(path: path)
    for time in [Rational.zero, Rational(3, 8), Rational(37, 100), Rational(1), Rational(199, 100), Rational(5)] {
      let quick = try FrameFinder.frame(.time(time), of: path)
      let full = try finder.find(.time(time))
      #expect(quick.facts == full.facts, "at \(time)")
      #expect(FrameDigest.of(quick.frame) == FrameDigest.of(full.frame), "at \(time)")
    }
  }

  @Test(arguments: ["clip.mp4", "clip.mov", "clip.mkv"], [6, 25])
  func walksARangeLikeAFullDecode(_ name: String, keys: Int) throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      name, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=3", "-c:v", "libx264", "-g", "\(keys)", "-bf",
      "3")
    let reference = try FullDecode(path)
    let video = try #require(try MediaIndex(path: path, videoOnly: true).video)
    for start in [0, 23, 25, 31, 50, 71] {
      var walker = try FrameWalker(path: path, video: video, wanted: Array(start..<min(start + 4, 75)))
      let frame = try Frame()
      var positions: [Int] = []
      while let position = try walker.next(into: frame) {
        #expect(FrameDigest.of(frame) == reference.digests[position])
        positions.append(position)
      }
      #expect(positions == Array(start..<min(start + 4, 75)))
    }
  }

  @Test func ignoresEditListsOnRequest() throws {
    let folder = try ScratchFolder()
    _ = try folder.make(
      "whole.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10:duration=3", "-c:v", "libx264", "-g", "10")
    let path = try folder.make("cut.mp4", "-ss", "1.5", "-i", "whole.mp4", "-c", "copy")
    let whole = try FullDecode(folder.path("whole.mp4"))
    let cut = try FullDecode(path)
    #expect(cut.digests.count < 20)
    let first = try FrameFinder.frame(.first, of: path)
    #expect(FrameDigest.of(first.frame) == cut.digests.first)
    let hidden = try FrameFinder.frame(.first, of: path, ignoringEdits: true)
    #expect(FrameDigest.of(hidden.frame) == whole.digests[10])
  }

  @Test(arguments: [
    ("25", "10:00:00:00", "10:00:01:05", 30), ("30000/1001", "00:59:59;28", "01:00:00;02", 4),
    ("30000/1001", "01:00:00;00", "01:00:01:00", 30), ("25", "23:59:59:10", "00:00:00:05", 20),
    ("30000/1001", "23:59:59;20", "00:00:00;10", 20),
  ])
  func timecodesCountFromTheFilesStartTimecode(rate: String, start: String, asked: String, index: Int) throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mov", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=\(rate):duration=2", "-c:v", "libx264", "-timecode",
      start)
    #expect(try FrameFinder.frame(.timecode(asked), of: path).facts.index == index)
    let error = #expect(throws: LibavError.self) { _ = try FrameFinder.frame(.timecode("00:10:00:00"), of: path) }
    #expect(error?.description.contains(start) == true)
  }

  @Test func timecodesCountFromZeroWithoutAStartTimecode() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mkv", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=24:duration=2", "-c:v", "libx264")
    #expect(try FrameFinder.frame(.timecode("00:00:01:06"), of: path).facts.index == 30)
    #expect(throws: LibavError.self) { _ = try FrameFinder.frame(.timecode("00:00:01:24"), of: path) }
  }

  @Test func rejectsAnIndexPastTheEnd() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264")
    let error = #expect(throws: LibavError.self) { _ = try FrameFinder(path: path).find(.index(10)) }
    #expect(error?.description.contains("#0 to #9") == true)
  }

  @Test func timesMeanTheFrameOnDisplay() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.ts", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=2", "-c:v", "libx264", "-g", "5")
    let finder = try FrameFinder(path: path)
    #expect(try finder.find(.time(.zero)).facts.index == 0)
    #expect(try finder.find(.time(Rational(119, 100))).facts.index == 11)
    #expect(try finder.find(.time(Rational(100))).facts.index == 19)
  }

  @Test func rejectsAFileWithAudioOnly() throws {
    let folder = try ScratchFolder()
    let path = try folder.make("audio.mp4", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    let error = #expect(throws: LibavError.self) { _ = try FrameFinder(path: path) }
    #expect(error?.code == .noSuchStream)
  }

  /// The facts carry a note about the missing end.
  @Test func findsTheLastDecodableFrameOfATruncatedFile() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4", "-c:v", "libx264", "-preset",
      "veryfast", "-g", "25",
      "-movflags", "+faststart")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let cut = try folder.write("cut.mp4", bytes.prefix(bytes.count * 2 / 3))
    let reference = try FullDecode(cut)
    let frame = try FrameFinder(path: cut).find(.last)
    #expect(FrameDigest.of(frame.frame) == reference.digests.last)
    #expect(frame.facts.note != nil)
  }

  /// An index means the same frame whether those before it can be decoded or not.
  @Test func undecodableFramesKeepTheirIndex() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2", "-c:v", "libx264", "-g", "10", "-bf",
      "0")
    let whole = try FullDecode(path)
    let packets = try MediaTool.run(
      "ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "packet=size,pos", "-of", "csv=p=0", path])
    let line = String(decoding: packets.output, as: UTF8.self).split(separator: "\n")[25]
    let numbers = line.split(separator: ",").compactMap { Int($0) }
    let (size, position) = (numbers[0], numbers[1])
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.replaceSubrange(position..<position + size, with: Data(repeating: 0xFF, count: size))
    let damaged = try folder.write("damaged.mp4", bytes)
    for index in [24, 30, 49] {
      #expect(FrameDigest.of(try FrameFinder.frame(.index(index), of: damaged).frame) == whole.digests[index])
    }
    let error = #expect(throws: LibavError.self) { _ = try FrameFinder.frame(.index(25), of: damaged) }
    #expect(error?.description.contains("#25 cannot be decoded") == true, "\(error?.description ?? "")")
  }

  @Test(.enabled(if: RealClips.areThere), arguments: RealClips.paths)
  func findsTheLastFrameOfRealClips(_ path: String) throws {
    guard let reference = try? FullDecode(path), let last = reference.digests.last else {
      #expect(throws: LibavError.self) { _ = try FrameFinder(path: path).find(.last) }
      return
    }
    #expect(try digest(FrameFinder(path: path), .last) == last)
    #expect(FrameDigest.of(try FrameFinder.frame(.last, of: path).frame) == last)
    // Undecodable frames keep their index, so only the first frames of broken files can be compared by index.
    let middle = path.contains("/broken/") ? 2 : reference.digests.count / 2
    #expect(FrameDigest.of(try FrameFinder.frame(.index(middle), of: path).frame) == reference.digests[middle])
  }

  private func digest(_ finder: FrameFinder, _ request: FrameRequest) throws -> String {
    let frame = try finder.find(request)
    return FrameDigest.of(frame.frame)
  }
}
