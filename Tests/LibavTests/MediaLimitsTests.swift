import Foundation
import Libav
import Support
import Testing

/// Headers that ask for more than any real file needs end in an error that names the limit.
@Suite(.media) struct MediaLimitsTests {
  private static let clip = [
    "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=1", "-c:v", "libx264", "-bf", "0",
  ]

  private func refusal(_ name: String = "a.mp4", _ change: (inout BoxEditor) -> Void) throws -> LibavError? {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(Self.clip + ["whole.mp4"], in: folder.url)
    var editor = try BoxEditor(folder.path("whole.mp4"))
    change(&editor)
    let path = folder.path(name)
    try editor.write(path)
    return #expect(throws: LibavError.self) {
      let demuxer = try Demuxer(path: path)
      let packet = try Packet()
      while try demuxer.read(into: packet) {}
    }
  }

  @Test func hugeFramesAreRefused() throws {
    let error = try refusal { editor in
      // Width and height of the sample entry.
      editor.set(16_384, bytes: 2, at: 8 + 8 + 24, of: BoxEditor.table("stsd"))
      editor.set(16_384, bytes: 2, at: 8 + 8 + 26, of: BoxEditor.table("stsd"))
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("16384x16384") == true && error?.message.contains("--limits pixels=") == true)
  }

  @Test func longDurationsAreRefused() throws {
    let error = try refusal { editor in
      editor.set(1, bytes: 4, at: 12, of: ["moov", "mvhd"])
      editor.set(Int(Int32.max), bytes: 4, at: 16, of: ["moov", "mvhd"])
      editor.set(1, bytes: 4, at: 12, of: ["moov", "trak", "mdia", "mdhd"])
      editor.set(Int(Int32.max), bytes: 4, at: 16, of: ["moov", "trak", "mdia", "mdhd"])
      editor.set(Int(Int32.max) / 10, bytes: 4, at: 12, of: BoxEditor.table("stts"))
    }
    #expect(error?.code == .tooLarge && error?.message.contains("--limits duration=") == true)
  }

  /// One chunk of 2³¹ samples of a constant size: a table of 51 GB.
  @Test func tablesBeyondTheMemoryAreRefused() throws {
    let error = try refusal { editor in
      let count = Int(Int32.max)
      editor.set(1, bytes: 4, at: 4, of: BoxEditor.table("stsz"))
      editor.set(count, bytes: 4, at: 8, of: BoxEditor.table("stsz"))
      editor.set(count, bytes: 4, at: 12, of: BoxEditor.table("stsc"))
      editor.set(count, bytes: 4, at: 8, of: BoxEditor.table("stts"))
    }
    #expect(error?.code == .tooLarge && error?.message.contains("--limits packets=") == true)
  }

  @Test func manyStreamsAreRefused() throws {
    let folder = try ScratchFolder()
    let maps = (0...MediaLimits().streams).flatMap { _ in ["-map", "0"] }
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "0.1"] + maps + ["-c", "pcm_s16le", "a.mov"],
      in: folder.url)
    let error = #expect(throws: LibavError.self) { _ = try Demuxer(path: folder.path("a.mov")) }
    #expect(error?.code == .tooLarge && error?.message.contains("--limits streams=") == true)
  }
}
