import Foundation
import Libav
import Probing
import Support
import Testing

/// The list of a file's packets is the same whether they are read whole or by their beginnings.
@Suite(.media) struct PrefixIndexTests {
  private func whole(_ path: String, ignoringEdits: Bool) throws -> MediaIndex {
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits)
    var builder = try MediaIndexBuilder(demuxer, openingDecoders: false)
    let packet = try Packet()
    var failure: String?
    do {
      while try demuxer.read(into: packet) { builder.add(packet) }
    } catch {
      failure = error.reason
    }
    return builder.finish(readError: failure, messages: demuxer.log.messages)
  }

  private func expectTheSame(_ path: String) throws {
    for ignoringEdits in [false, true] {
      let expected = try whole(path, ignoringEdits: ignoringEdits)
      let index = try MediaIndex(path: path, ignoringEdits: ignoringEdits)
      #expect(index.container.formatName == expected.container.formatName)
      #expect(index.container.size == expected.container.size)
      #expect(index.streams == expected.streams, "\(path)")
      #expect(index.packets.map(\.entries) == expected.packets.map(\.entries), "\(path)")
      #expect(index.readError == expected.readError && index.messages == expected.messages, "\(path)")
      #expect(index.mainVideo == expected.mainVideo && index.mainAudio == expected.mainAudio)
      let listed = try MediaIndex(path: path, videoOnly: true, ignoringEdits: ignoringEdits, glancing: true)
      #expect(listed.mainVideo == expected.mainVideo, "\(path)")
      #expect(listed.video?.stream.codecName == expected.video?.stream.codecName, "\(path)")
      #expect(listed.video?.stream.timeBase == expected.video?.stream.timeBase, "\(path)")
      #expect(listed.video?.entries == expected.video?.entries, "\(path)")
    }
  }

  /// Frames of some hundred kilobytes each, with audio between them.
  private static let loud = [
    "-f", "lavfi", "-i", "testsrc2=size=960x540:rate=24,noise=alls=60:allf=t,format=yuv420p", "-f", "lavfi", "-i",
    "sine=sample_rate=48000", "-frames:v", "12", "-t", "0.5", "-c:a", "aac",
  ]
  private static let openGOPs = "keyint=6:min-keyint=6:open-gop=1:bframes=3:scenecut=0"

  @Test(arguments: [
    ["-c:v", "libx264", "-qp", "10", "-x264-params", openGOPs, "a.mp4"],
    ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", openGOPs + ":qp=10:log-level=none", "a.mov"],
    ["-c:v", "libx264", "-qp", "10", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "a.mp4"],
    ["-c:v", "libx264", "-qp", "10", "-movflags", "frag_keyframe", "a.mp4"],
    ["-c:v", "prores_ks", "-c:a", "pcm_s24le", "a.mov"],
    ["-c:v", "mpeg4", "-q:v", "1", "a.mp4"],
    ["-c:v", "libx264", "-qp", "10", "a.mkv"],
  ])
  func listsLargeFramesAlike(arguments: [String]) throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(Self.loud + arguments, in: folder.url)
    let path = folder.path(arguments[arguments.count - 1])
    try expectTheSame(path)
    let index = try MediaIndex(path: path)
    #expect((index.video?.entries.map(\.size).max() ?? 0) > 1 << 16)
    #expect(index.video?.entries.count == 12 && index.audio?.entries.isEmpty == false)
  }

  /// A message before the frame may be longer than the bytes read at first.
  @Test func readsALongSEIMessageBeforeTheFrame() throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(Self.loud + ["-c:v", "libx264", "-qp", "10", "a.mp4"], in: folder.url)
    let text = String(repeating: "word", count: 20_000)
    try MediaTool.ffmpeg(
      [
        "-i", "a.mp4", "-c", "copy", "-bsf:v",
        "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+\(text)", "b.mp4",
      ], in: folder.url)
    let path = folder.path("b.mp4")
    try expectTheSame(path)
    #expect(try MediaIndex(path: path).video?.entries.first?.frame == .idr)
  }

  @Test func listsTruncatedFilesAlike() throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      Self.loud + ["-c:v", "libx264", "-qp", "10", "-movflags", "+faststart", "a.mp4"], in: folder.url)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("a.mp4")))
    for share in [1, 2, 3] {
      let path = try folder.write("cut\(share).mp4", bytes.prefix(bytes.count * share / 4))
      try expectTheSame(path)
    }
  }

  @Test(.enabled(if: RealClips.areThere), arguments: RealClips.paths)
  func listsRealClipsAlike(path: String) throws {
    // Some are broken on purpose and cannot be opened either way.
    guard (try? Demuxer(path: path)) != nil else {
      #expect(throws: LibavError.self) { try MediaIndex(path: path) }
      return
    }
    try expectTheSame(path)
  }
}
