import Libav
import Support
import Testing
import Timing

@Suite(.media) struct MuxerTests {
  /// `/dev/full` takes nothing: the muxer must fail, at the latest when it finishes.
  @Test func reportsAFullDisk() throws {
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

  @Test func rejectsUnknownOptions() throws {
    var settings = VideoEncoding(
      encoder: "libx264", width: 64, height: 64, pixelFormat: .yuv420p, timeBase: try #require(TimeBase(1, 24)))
    settings.options = ["no-such-option": "1"]
    let error = #expect(throws: LibavError.self) { _ = try Encoder(settings) }
    #expect(error?.description.contains("no-such-option") == true)
  }
}
