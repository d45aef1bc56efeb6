import Foundation
import Libav
import Support
import Testing

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

  /// Damage in the middle is reported, and the frames after it are still decoded.
  @Test func continuesAfterDamage() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4", "-c:v", "libx264", "-preset",
      "medium", "-g", "10")
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
