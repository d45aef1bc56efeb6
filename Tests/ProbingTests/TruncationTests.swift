import Foundation
import Libav
import Probing
import Support
import Testing

/// Files that are not whole are told from whole ones, in containers where libav reads to the end without an error too.
@Suite(.media) struct TruncationTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func clip(_ name: String, _ arguments: [String]) throws -> Data {
    let source = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=24:duration=1"]
    let audio = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.1:duration=1"]
    try MediaTool.ffmpeg(source + audio + arguments + [name], in: folder.url)
    return try Data(contentsOf: URL(filePath: folder.path(name)))
  }

  @Test(arguments: [
    ("fast.mp4", ["-c:v", "libx264", "-movflags", "+faststart"]),
    ("fragmented.mp4", ["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov", "-g", "6"]),
    ("clip.mkv", ["-c:v", "libx264"]),
    ("clip.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"]),
    ("clip.avi", ["-c:v", "mpeg4"]),
  ])
  func aCutFileIsReported(_ name: String, _ arguments: [String]) throws {
    let whole = try clip(name, arguments)
    #expect(try ProbeReport(path: folder.path(name)).readError == nil)
    let cut = try folder.write("cut-\(name)", whole.prefix(whole.count * 3 / 5))
    #expect(try ProbeReport(path: cut).readError?.contains("cut short") == true)
  }

  @Test func audioOfUnknownLengthIsWhole() throws {
    let arguments = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.1:duration=0.3", "-f", "wav"]
    try MediaTool.ffmpeg(arguments + ["clip.wav"], in: folder.url)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.path("clip.wav"))))
    let data = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("data".utf8)) })
    bytes.replaceSubrange(data + 4..<data + 8, with: [UInt8](repeating: 0xFF, count: 4))
    let path = try folder.write("open.wav", Data(bytes))
    #expect(try ProbeReport(path: path).readError == nil)
  }
}
