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
    let audio = ["-f", "lavfi", "-i", "anoisesrc=amplitude=0.1:duration=1:seed=7"]
    try MediaTool.ffmpeg(source + audio + arguments + [name], in: folder.url)
    return try Data(contentsOf: URL(filePath: folder.path(name)))
  }

  private static let formats: [(String, [String])] = [
    ("fast.mp4", ["-c:v", "libx264", "-movflags", "+faststart"]),
    ("late.mov", ["-c:v", "libx264"]),
    ("fragmented.mp4", ["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov", "-g", "6"]),
    ("clip.mkv", ["-c:v", "libx264"]),
    ("clip.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"]),
    ("clip.avi", ["-c:v", "mpeg4"]),
    ("clip.flv", ["-c:v", "flv1", "-ar", "44100"]),
    ("clip.ts", ["-c:v", "mpeg2video"]),
    ("clip.m2ts", ["-c:v", "mpeg2video", "-c:a", "ac3", "-mpegts_m2ts_mode", "1"]),
    ("clip.mpg", ["-c:v", "mpeg2video"]),
    ("clip.mxf", ["-c:v", "mpeg2video", "-ar", "48000"]),
    ("clip.wmv", ["-c:v", "wmv2"]),
    ("clip.ogv", ["-c:v", "libtheora", "-c:a", "libvorbis"]),
    ("audio.ogg", ["-vn", "-c:a", "libvorbis"]),
    ("audio.flac", ["-vn"]),
    ("constant.mp3", ["-vn", "-b:a", "128k"]),
    ("variable.mp3", ["-vn", "-q:a", "4"]),
    ("audio.aac", ["-vn"]),
    ("audio.wav", ["-vn"]),
    ("audio.w64", ["-vn"]),
    ("audio.aiff", ["-vn"]),
  ]

  /// The places: in the first half, in the second, and in what comes after the media.
  @Test(arguments: formats) func aCutFileIsReported(_ name: String, _ arguments: [String]) throws {
    let whole = try clip(name, arguments)
    #expect(try ProbeReport(path: folder.path(name)).readError == nil)
    for size in [whole.count * 2 / 5 + 1, whole.count * 4 / 5 + 1, whole.count - 7] {
      let cut = try folder.write("cut-\(name)", whole.prefix(size))
      do {
        let error = try ProbeReport(path: cut).readError
        #expect(error?.contains("cut short") == true, "\(size) of \(whole.count) bytes: \(error ?? "whole")")
      } catch {
        // Without its header it is no media.
        #expect(["late.mov", "audio.ogg"].contains(name), "\(error)")
      }
    }
  }

  /// What is written to a pipe gives no sizes.
  @Test(arguments: [
    ("flv", ["-c:v", "flv1", "-ar", "44100"]), ("matroska", ["-c:v", "mpeg4"]), ("avi", ["-c:v", "mpeg4"]),
    ("wav", ["-vn"]), ("flac", ["-vn"]), ("mp3", ["-vn"]), ("ogg", ["-vn", "-c:a", "libvorbis"]),
    ("asf", ["-c:v", "wmv2"]), ("mxf", ["-c:v", "mpeg2video", "-ar", "48000"]),
  ])
  func aFileWithoutALengthIsWhole(_ format: String, _ arguments: [String]) throws {
    let folded = ["-f", format, "pipe:1"].joined(separator: " ")
    let source = "-v error -f lavfi -i testsrc2=size=160x96:rate=24:duration=1"
    let audio = "-f lavfi -i anoisesrc=amplitude=0.1:duration=1:seed=7"
    let path = folder.path("piped.\(format)")
    _ = try MediaTool.run(
      "sh", ["-c", "ffmpeg \(source) \(audio) \(arguments.joined(separator: " ")) \(folded) </dev/null >'\(path)'"])
    #expect(try ProbeReport(path: path).readError == nil)
  }

  /// Further bytes after the end are no defect of the media.
  @Test(arguments: ["clip.flv", "clip.ts", "clip.avi", "constant.mp3", "audio.ogg", "audio.wav"])
  func bytesAfterTheEndAreNoCut(_ name: String) throws {
    let arguments = try #require(Self.formats.first { $0.0 == name }).1
    let path = try folder.write("more-\(name)", try clip(name, arguments) + Data(repeating: 0, count: 100))
    let error = try ProbeReport(path: path).readError
    #expect(error?.contains("cut short") != true, "\(error ?? "")")
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
