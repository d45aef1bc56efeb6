import CLibav
import Foundation
import Support
import Testing
import Timing

@testable import Libav

@Suite(.media) struct MessageLogTests {
  /// Errors quote the newest messages, however many came before; the first ones stay too.
  @Test func theFirstAndTheNewestMessagesAreKept() {
    var entry = MessageLog.Entry()
    for number in 1...200 {
      entry.append(LogMessage(severity: number.isMultiple(of: 4) ? .warning : .error, text: "message \(number)"))
    }
    #expect(entry.errors == 150 && entry.warnings == 50)
    #expect(entry.messages.count == MessageLog.firstCapacity + MessageLog.newestCapacity)
    #expect(entry.messages.first?.text == "message 1" && entry.messages.last?.text == "message 200")
    let numbers = entry.messages.compactMap { Int($0.text.dropFirst(8)) }
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
  }

  /// Two decoders with frame threads side by side: each message belongs to the stream that is damaged.
  @Test func messagesBelongToTheHandleThatLoggedThem() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=1", "-c:v", "libx264", "-g", "5")
    let demuxer = try Demuxer(path: path)
    let main = demuxer.mainVideo
    let stream = try #require(main)
    let first = try Decoder(try demuxer.parameters(ofStream: stream.index), timeBase: stream.timeBase)
    let second = try Decoder(try demuxer.parameters(ofStream: stream.index), timeBase: stream.timeBase)
    let packet = try Packet()
    let frame = try Frame()
    while try demuxer.read(into: packet) {
      let damaged = try Packet(bytes: packet.bytes.prefix(20) + [UInt8](repeating: 0xFF, count: packet.size))
      _ = try first.send(packet)
      _ = try? second.send(damaged)
      while try first.receive(into: frame) == .frame {}
      while (try? second.receive(into: frame)) == .frame {}
    }
    #expect(first.log.errorCount == 0 && first.log.messages.isEmpty)
    #expect(second.log.errorCount > 0)
  }

  @Test func aLogCollectsMessagesWithoutAnOwnerOnItsThreadOnly() throws {
    let (outer, inner) = (MessageLog(), MessageLog())
    func log(_ text: String) { withVaList([]) { av_vlog(nil, AV_LOG_ERROR, text, $0) } }
    log("dropped")
    try outer.collecting { () throws(LibavError) in
      log("outer")
      try inner.collecting { () throws(LibavError) in log("inner") }
      log("outer again")
    }
    log("dropped too")
    #expect(outer.messages.map(\.text) == ["outer", "outer again"])
    #expect(inner.messages.map(\.text) == ["inner"])
  }
}

@Suite(.media) struct LibavErrorTests {
  @Test func keepsLibavsReturnCode() throws {
    let missing = #expect(throws: LibavError.self) { _ = try Demuxer(path: "/nowhere/clip.mp4") }
    #expect(missing?.averror == -ENOENT && missing?.code == .fileNotFound)
    #expect(missing?.about("/other").averror == -ENOENT && missing?.about("/other").file == "/nowhere/clip.mp4")
    #expect(LibavError(.invalidData, "found by us").averror == nil)
    let folder = try ScratchFolder()
    let text = try folder.write("clip.mp4", "no video")
    let invalid = #expect(throws: LibavError.self) { _ = try Demuxer(path: text) }
    #expect(invalid?.averror == lt_error_invalid_data)
  }
}
