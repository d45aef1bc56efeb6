import Foundation
import Support
import Testing

/// Clips for joining, made by `ffmpeg`: a chain in which every clip begins with the frame the one before ends with.
struct ChainClips {
  let folder: ScratchFolder
  let paths: [String]
  /// Frames of each clip.
  let length: Int

  struct Style: Sendable, CustomTestStringConvertible {
    var name: String
    var codec: [String]
    var rate = "24"
    var pixelFormat = "yuv420p"
    var container = "mp4"
    var testDescription: String { name }
  }

  /// - Parameters:
  ///   - overlap: frames that two neighbours share.
  ///   - audio: milliseconds that the audio lasts longer than the video; nil for silent clips.
  ///   - redrawn: clips after the first are a little brighter, less saturated and grainier, as models redraw an anchor.
  init(
    count: Int = 3, length: Int = 49, overlap: Int = 1, style: Style = .h264, audio: Int? = 12, redrawn: Bool = false
  ) throws {
    folder = try ScratchFolder()
    self.length = length
    let total = count * length
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i",
        "mandelbrot=size=480x270:rate=\(style.rate):maxiter=200:start_scale=1.2:end_scale=0.4:end_pts=\(total)",
        "-frames:v", "\(total)", "-c:v", "ffv1", "whole.mkv",
      ], in: folder.url)
    var paths: [String] = []
    for number in 0..<count {
      let start = number * (length - overlap)
      let redraw = redrawn && number > 0 ? ",eq=brightness=0.012:saturation=0.96,noise=alls=4:allf=t" : ""
      var arguments = ["-i", "whole.mkv"]
      if audio != nil {
        arguments += ["-f", "lavfi", "-i", "sine=frequency=\(220 + 110 * number):sample_rate=48000:duration=60"]
      }
      var graph =
        "[0:v]trim=start_frame=\(start):end_frame=\(start + length),setpts=PTS-STARTPTS\(redraw),format=\(style.pixelFormat)[v]"
      if let audio {
        let seconds = Double(length) / Self.rate(style.rate) + Double(audio) / 1000
        graph += ";[1:a]atrim=duration=\(seconds)[a]"
      }
      arguments += ["-filter_complex", graph, "-map", "[v]"]
      if audio != nil { arguments += ["-map", "[a]", "-c:a", "aac", "-ac", "2"] }
      arguments += style.codec
      let name = "clip\(number).\(style.container)"
      try MediaTool.ffmpeg(arguments + [name], in: folder.url)
      paths.append(folder.path(name))
    }
    self.paths = paths
  }

  private static func rate(_ text: String) -> Double {
    let parts = text.split(separator: "/").compactMap { Double($0) }
    return parts.count == 2 ? parts[0] / parts[1] : parts.first ?? 24
  }
}

extension ChainClips.Style {
  static let h264 = Self(name: "H.264 with a B-pyramid", codec: ["-c:v", "libx264", "-preset", "medium", "-crf", "20"])
  static let fixture = Self(name: "H.264 at 24000/1001", codec: ["-c:v", "libx264", "-crf", "22"], rate: "24000/1001")
  static let deep = Self(
    name: "H.264 of 10 bits", codec: ["-c:v", "libx264", "-crf", "22"], pixelFormat: "yuv420p10le")
  static let hevc = Self(
    name: "HEVC", codec: ["-c:v", "libx265", "-crf", "24", "-tag:v", "hvc1", "-x265-params", "log-level=none"])
  static let hevcDeep = Self(
    name: "HEVC of 10 bits with open GOPs",
    codec: ["-c:v", "libx265", "-crf", "24", "-tag:v", "hvc1", "-x265-params", "log-level=none:open-gop=1:keyint=20"],
    pixelFormat: "yuv420p10le")
  static let shortGOPs = Self(
    name: "H.264 with open GOPs",
    codec: ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=16:bframes=3:scenecut=0"])
  static let baseline = Self(name: "H.264 Baseline", codec: ["-c:v", "libx264", "-profile:v", "baseline"])
  static let transport = Self(
    name: "H.264 in MPEG-TS", codec: ["-c:v", "libx264", "-crf", "22"], container: "ts")
  static let all = [h264, fixture, deep, hevc, hevcDeep, shortGOPs, baseline, transport]
}
