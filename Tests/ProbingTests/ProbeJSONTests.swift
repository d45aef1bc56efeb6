import Foundation
import Libav
import Probing
import Support
import Testing

/// What we print of a file against what ffprobe prints of it, field by field.
@Suite(.media) struct ProbeJSONTests {
  static let recipes: [(name: String, arguments: [String])] = [
    ("h264.mp4", ["-c:v", "libx264", "-c:a", "aac", "-shortest"]),
    (
      "tagged.mov",
      [
        "-c:v", "libx264", "-colorspace", "bt709", "-color_trc", "bt709", "-color_primaries", "bt709",
        "-color_range", "tv", "-bf", "2", "-c:a", "pcm_s16le",
      ]
    ),
    ("hevc.mkv", ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le", "-c:a", "flac"]),
    ("sar.mp4", ["-vf", "setsar=26363/26367", "-c:v", "libx264", "-an", "-movflags", "+faststart"]),
    ("plain.ts", ["-c:v", "libx264", "-c:a", "mp2"]),
    ("other.avi", ["-c:v", "mpeg4", "-c:a", "ac3"]),
    ("vp9.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"]),
    ("timecode.mov", ["-c:v", "libx264", "-c:a", "pcm_s24le", "-timecode", "01:00:00:00"]),
    ("adts.ts", ["-c:v", "libx264", "-c:a", "aac"]),
    ("service.mp4", ["-c:v", "libx264", "-c:a", "ac3"]),
    (
      "fields.mpg",
      [
        "-vf", "tinterlace=interleave_top,setfield=tff", "-r", "25", "-c:v", "mpeg2video", "-flags", "+ilme+ildct",
        "-an",
      ]
    ),
    ("surround.mkv", ["-c:v", "ffv1", "-pix_fmt", "yuv422p10le", "-c:a", "flac", "-ac", "8"]),
    ("fragments.mp4", ["-c:v", "libx264", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
    ("late.mp4", ["-c:v", "libx264", "-c:a", "aac", "-output_ts_offset", "0.4"]),
    ("alpha.mov", ["-c:v", "prores_ks", "-pix_fmt", "yuva444p10le", "-an"]),
  ]

  @Test("Every field that both print is equal, on generated media", arguments: recipes)
  func agreesOnGenerated(recipe: (name: String, arguments: [String])) throws {
    let folder = try ScratchFolder()
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24000/1001:duration=1", "-f", "lavfi", "-i",
        "sine=sample_rate=48000:duration=1", "-metadata", "title=tést\u{1}",
      ] + recipe.arguments + [recipe.name], in: folder.url)
    let path = folder.path(recipe.name)
    let differences = try #require(try ProbeComparison.differences(path))
    #expect(differences == [])
  }

  @Test(
    "Every field that both print is equal, and nothing is left out, on real clips", .enabled(if: RealClips.areThere))
  func agreesOnRealClips() throws {
    var compared = 0
    for path in RealClips.paths {
      guard let differences = try ProbeComparison.differences(path) else {
        #expect(throws: LibavError.self) { _ = try ProbeReport(path: path) }
        continue
      }
      compared += 1
      #expect(differences == [], "\(path)")
    }
    #expect(compared > 10)
  }

  @Test("A turned frame carries ffprobe's side data and our display size")
  func rotation() throws {
    let folder = try ScratchFolder()
    let flat = try folder.make("flat.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24:duration=0.5")
    let path = try folder.make("turned.mp4", "-i", flat, "-c", "copy", "-metadata:s:v:0", "rotate=90")
    #expect(try ProbeComparison.differences(path) == [])
    let own = try ProbeComparison.own(path)
    let streams = try #require(own["streams"] as? [[String: Any]])
    let extras = try #require(streams[0]["longtake"] as? [String: Any])
    let display = try #require(extras["display"] as? [String: Any])
    #expect(display["width"] as? Int == 240)
    #expect(display["height"] as? Int == 320)
  }

  @Test("Our own part tells counted frames, rate, GOPs, offsets and colour")
  func extras() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24000/1001:duration=2.002", "-f", "lavfi", "-i",
      "sine=sample_rate=48000:duration=1.5", "-c:v", "libx264", "-g", "24", "-sc_threshold", "0", "-c:a", "aac",
      "-movflags", "+faststart")
    let own = try ProbeComparison.own(path)
    let file = try #require(own["longtake"] as? [String: Any])
    #expect(file["schema"] as? String == "longtake.probe/1")
    #expect(file["faststart"] as? Bool == true)
    let end = try #require((file["audio_end_offset"] as? [String: Any])?["seconds"] as? Double)
    #expect(abs(end + 0.502) < 0.025)
    let streams = try #require(own["streams"] as? [[String: Any]])
    let video = try #require(streams[0]["longtake"] as? [String: Any])
    #expect(video["frames"] as? Int == 48)
    #expect(video["frame_rate"] as? String == "24000/1001")
    #expect(video["frame_rate_constant"] as? Bool == true)
    #expect(video["opens_with_idr"] as? Bool == true)
    #expect(video["idr_frames"] as? Int == 2)
    #expect((video["gop"] as? [String: Any])?["lengths"] as? [Int] == [24, 24])
    let color = try #require(video["color"] as? [String: Any])
    #expect(color["matrix"] as? String == "smpte170m")
    #expect((color["assumed"] as? [String])?.contains("matrix=smpte170m") == true)
  }

  @Test("The table for people shows control characters and never writes them")
  func table() throws {
    let folder = try ScratchFolder()
    let path = try folder.make(
      "clip.mkv", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24:duration=0.5", "-c:v", "libx264",
      "-metadata:s:v:0", "language=a\u{1B}[31m")
    let lines = ProbeTable(try ProbeReport(path: path), path: "evil\u{1B}[2J\n.mkv").lines
    let text = lines.joined(separator: "\n")
    #expect(text.contains("evil\\u{1b}[2J\\u{a}.mkv"))
    #expect(!text.unicodeScalars.contains("\u{1B}"))
    #expect(text.contains("24/1 per second, constant"))
    #expect(text.contains("12 frames"))
  }
}
