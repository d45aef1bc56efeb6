import Foundation
import Libav
import Support
import Testing
import Timing

@Suite(.media) struct DemuxerTests {
  @Test func aMissingFileIsNamed() throws {
    let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: "/nowhere/clip.mp4") }
    #expect(error?.code == .fileNotFound)
    #expect(error?.description.contains("/nowhere/clip.mp4") == true)
  }

  @Test func textNamedAsVideoIsRefusedWithLibavsWords() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("clip.mp4", "this is no video, whatever its name says")
    let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
    #expect(error?.code == .invalidData)
    #expect(error?.file == path)
  }

  /// A playlist named .mp4 must not make the program read another file or the network.
  @Test(arguments: [
    "ffconcat version 1.0\nfile 'secret.mp4'\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.mp4\n#EXT-X-ENDLIST\n",
  ])
  func playlistsAreNoMedia(text: String) throws {
    let folder = try ScratchFolder()
    _ = try folder.make("secret.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264")
    let path = try folder.write("clip.mp4", text)
    #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
  }

  /// A pipe would be waited for without end.
  @Test func pipesAndFoldersAreRefusedAtOnce() throws {
    let folder = try ScratchFolder()
    let pipe = folder.path("pipe.mp4")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, folder.path, "/dev/null"] {
      let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
      #expect(error?.code == .notAFile)
    }
  }

  @Test func pathsThatCannotBeAreNotFound() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("a.mp4", "text")
    for path in [file + "/x", folder.path(String(repeating: "n", count: 300))] {
      let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: path) }
      #expect(error?.code == .fileNotFound)
    }
  }

  @Test func namesThatLookLikeAddressesAreFiles() throws {
    let folder = try ScratchFolder()
    let plain = try folder.make(
      "a.mp4", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", "-c:v", "libx264")
    let path = folder.path("concat:a.mp4")
    try FileManager.default.moveItem(atPath: plain, toPath: path)
    #expect(try Demuxer(path: path).mainVideo?.video?.width == 64)
  }
}

@Suite(.media) struct StreamReaderTests {
  @Test func decodesEveryFrameOnce() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=25:duration=2", "-c:v", "libx264", "-bf", "3")
    let demuxer = try Demuxer(path: path)
    let stream = try #require(demuxer.mainVideo?.index)
    var reader = try StreamReader(demuxer, streams: [stream])
    let frame = try Frame()
    var times: [Int64] = []
    while try reader.next(into: frame) != nil { times.append(frame.pts ?? -1) }
    #expect(times.count == 50)
    #expect(times == times.sorted())
    #expect(reader.faults.isEmpty && reader.logErrorCount == 0)
  }

  /// Damage in the middle is told, and what lies behind it is still decoded.
  @Test func goesOnBehindDamage() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4", "-c:v", "libx264", "-g", "10")
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let mdat = try #require(bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == Array("mdat".utf8) })
    let middle = mdat + (bytes.count - mdat) / 3
    for index in middle..<middle + 600 { bytes[index] = 0xFF }
    let broken = try folder.write("broken.mp4", Data(bytes))
    let demuxer = try Demuxer(path: broken)
    let stream = try #require(demuxer.mainVideo?.index)
    var reader = try StreamReader(demuxer, streams: [stream])
    let frame = try Frame()
    var count = 0
    while try reader.next(into: frame) != nil { count += 1 }
    #expect(count > 60)
    #expect(!reader.faults.isEmpty || reader.logErrorCount > 0)
  }
}

@Suite(.media) struct MuxerTests {
  /// `/dev/full` takes nothing: the muxer must say so, at the latest when it finishes.
  @Test func aFullDiskIsAnError() throws {
    let settings = VideoEncoding(
      encoder: "libx264", width: 64, height: 64, pixelFormat: .yuv420p, timeBase: try #require(TimeBase(1, 24)))
    let encoder = try Encoder(settings)
    let error = #expect(throws: LibavError.self) {
      var muxer = try Muxer(path: "/dev/full", format: "mp4")
      _ = try muxer.addStream(try encoder.parameters(), timeBase: settings.timeBase)
      try muxer.writeHeader()
      try muxer.finish()
    }
    #expect(error?.code == .diskFull)
  }

  @Test func unknownOptionsAreErrors() throws {
    var settings = VideoEncoding(
      encoder: "libx264", width: 64, height: 64, pixelFormat: .yuv420p, timeBase: try #require(TimeBase(1, 24)))
    settings.options = ["no-such-option": "1"]
    let error = #expect(throws: LibavError.self) { _ = try Encoder(settings) }
    #expect(error?.description.contains("no-such-option") == true)
  }
}
