import Foundation
import Libav
import Support
import Testing
import Timing

@Suite struct MessageLogTests {
  private func clip(_ folder: ScratchFolder) throws -> String {
    try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4", "-c:v", "libx264", "-g", "5")
  }

  /// A packet with the first bytes of another and nothing that can be decoded after them.
  private func damaged(_ packet: borrowing Packet) throws -> Packet {
    try Packet(bytes: packet.bytes.prefix(20) + [UInt8](repeating: 0xFF, count: packet.size))
  }

  /// Errors quote the newest messages, however many came before; the first ones stay too.
  @Test func keepsTheFirstAndTheNewestMessages() throws {
    let folder = try ScratchFolder()
    let demuxer = try Demuxer(path: try clip(folder))
    let main = demuxer.mainVideo
    let stream = try #require(main)
    let decoder = try Decoder(
      try demuxer.parameters(ofStream: stream.index), timeBase: stream.timeBase, threading: .slices(1))
    let packet = try Packet()
    let frame = try Frame()
    while try demuxer.read(into: packet) {
      _ = try? decoder.send(try damaged(packet))
      while (try? decoder.receive(into: frame)) == .frame {}
    }
    let before = decoder.log.messages
    #expect(decoder.log.errorCount > 100 && before.count <= 50)
    #expect(!before.contains { $0.text.contains("(200 ") })
    let error = #expect(throws: LibavError.self) {
      _ = try decoder.send(try Packet(bytes: [0, 0, 0, 200, 0x65]))
      while try decoder.receive(into: frame) == .frame {}
    }
    #expect(decoder.log.messages.first == before.first)
    #expect(decoder.log.messages.contains { $0.text.contains("(200 ") }, "\(decoder.log.messages.suffix(3))")
    #expect(error?.log.contains { $0.contains("(200 ") } == true)
  }

  /// Two decoders with frame threads side by side: each message belongs to the stream that is damaged.
  @Test func messagesBelongToTheHandleThatLoggedThem() throws {
    let folder = try ScratchFolder()
    let demuxer = try Demuxer(path: try clip(folder))
    let main = demuxer.mainVideo
    let stream = try #require(main)
    let first = try Decoder(try demuxer.parameters(ofStream: stream.index), timeBase: stream.timeBase)
    let second = try Decoder(try demuxer.parameters(ofStream: stream.index), timeBase: stream.timeBase)
    let packet = try Packet()
    let frame = try Frame()
    while try demuxer.read(into: packet) {
      let damaged = try damaged(packet)
      _ = try first.send(packet)
      _ = try? second.send(damaged)
      while try first.receive(into: frame) == .frame {}
      while (try? second.receive(into: frame)) == .frame {}
    }
    #expect(first.log.errorCount == 0 && first.log.messages.isEmpty)
    #expect(second.log.errorCount > 0)
  }
}

@Suite struct LibavErrorTests {
  @Test func keepsLibavsReturnCode() throws {
    let missing = #expect(throws: LibavError.self) { _ = try Demuxer(path: "/nowhere/clip.mp4") }
    #expect(missing?.averror == -ENOENT && missing?.code == .fileNotFound)
    #expect(missing?.about("/other").averror == -ENOENT && missing?.about("/other").file == "/nowhere/clip.mp4")
    #expect(LibavError(.invalidData, "found by us").averror == nil)
    let folder = try ScratchFolder()
    let text = try folder.write("clip.mp4", "no video")
    let invalid = #expect(throws: LibavError.self) { _ = try Demuxer(path: text) }
    // AVERROR_INVALIDDATA, the characters INDA.
    #expect(invalid?.averror == -1_094_995_529)
  }
}
