import Foundation
import Libav
import Probing
import Stills
import Support
import Testing

/// Files that are cut short, or whose tables say something odd: all that can be decoded is found, and what is missing is said.
@Suite(.media) struct DamagedFileTests {
  private static let video = [
    "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=24:duration=2", "-c:v", "libx264", "-g", "12",
  ]

  private func edited(
    _ folder: ScratchFolder, _ name: String, _ arguments: [String], _ change: (inout BoxEditor) -> Void
  ) throws -> String {
    try MediaTool.ffmpeg(arguments + ["whole-\(name)"], in: folder.url)
    var editor = try BoxEditor(folder.path("whole-\(name)"))
    change(&editor)
    try editor.write(folder.path(name))
    return folder.path(name)
  }

  /// libav's reading ends at the first missing packet, whichever track it belongs to.
  @Test func aMissingTimecodeEndsNoOtherTrack() throws {
    let folder = try ScratchFolder()
    let path = try edited(folder, "a.mov", Self.video + ["-timecode", "01:00:00:00", "-movflags", "faststart"]) {
      editor in
      editor.set(1 << 28, bytes: 4, at: 8, of: BoxEditor.table("stco"), track: 1)
    }
    let index = try MediaIndex(path: path)
    #expect(index.video?.presentationOrder.count == 48)
    #expect(index.readError?.contains("1 of 1 packets of stream 1 (data)") == true)
    #expect(try FrameFinder.frame(.last, of: path).facts.index == 47)
  }

  @Test func aCutFileNamesTheMissingPacketsOfEachTrack() throws {
    let folder = try ScratchFolder()
    let audio = ["-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac", "-movflags", "faststart"]
    let path = try edited(folder, "a.mp4", ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=24:duration=2"] + audio) {
      $0.truncate(to: $0.bytes.count * 2 / 3)
    }
    let index = try MediaIndex(path: path)
    let decoded = try MediaTool.decode(path).frames
    #expect(decoded > 0 && decoded < 48)
    #expect(index.readError?.contains("of 48 packets of stream 0 (video)") == true)
    #expect(index.readError?.contains("of stream 1 (audio)") == true)
    let last = try FrameFinder.frame(.last, of: path)
    #expect(last.facts.index >= decoded - 1)
    #expect(last.facts.note?.contains("ends early") == true)
  }

  /// Number N is the N-th frame of a full decode.
  @Test func emptySamplesAreNotCounted() throws {
    let folder = try ScratchFolder()
    let source = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=2", "-c:v", "mjpeg", "-q:v", "3"]
    let path = try edited(folder, "a.mov", source) { editor in
      for sample in stride(from: 4, to: 20, by: 5) {
        // The bytes go to the sample before, whose decoder ignores them.
        let (own, before) = (12 + 4 * sample, 8 + 4 * sample)
        let size = editor.number(bytes: 4, at: own, of: BoxEditor.table("stsz"))
        let sum = editor.number(bytes: 4, at: before, of: BoxEditor.table("stsz")) + size
        editor.set(sum, bytes: 4, at: before, of: BoxEditor.table("stsz"))
        editor.set(0, bytes: 4, at: own, of: BoxEditor.table("stsz"))
      }
    }
    let decode = try FullDecode(path)
    #expect(decode.digests.count == 16)
    for index in [0, 4, 9, 15] {
      let found = try FrameFinder.frame(.index(index), of: path)
      #expect(FrameDigest.of(found.frame) == decode.digests[index], "#\(index)")
    }
    #expect(try FrameFinder.frame(.last, of: path).facts.index == 15)
    #expect(throws: LibavError.self) { _ = try FrameFinder.frame(.index(16), of: path) }
    #expect(try Thumbnails(of: path, choose: .count(3)).frameCount == 16)
  }

  /// Sums and differences of such times would not fit.
  @Test func timesOutOfRangeAreErrors() throws {
    let folder = try ScratchFolder()
    let path = try edited(folder, "a.mp4", ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=1", "-bf", "0"])
    { editor in
      editor.hide(["moov", "trak", "edts"])
      editor.set(1, bytes: 4, at: 12, of: ["moov", "trak", "mdia", "mdhd"])
      editor.set(Int(Int32.max), bytes: 4, at: 12, of: BoxEditor.table("stts"))
    }
    let index = try MediaIndex(path: path)
    #expect(index.readError?.contains("out of range") == true)
    let report = ProbeReport(index, path: path)
    #expect(report.readError != nil)
  }
}
