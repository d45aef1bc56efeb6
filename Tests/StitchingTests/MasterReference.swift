import Foundation
import Support

/// A master as `ffprobe` and `ffmpeg` see it.
struct MasterReference {
  let frames: Int
  /// Presentation and decoding times of the video packets, in ticks.
  let pts: [Int64]
  let dts: [Int64]
  let videoStart: Double
  let videoEnd: Double
  let audioStart: Double?
  let audioEnd: Double?
  let tag: String
  /// What `ffmpeg` complains about while it decodes everything.
  let complaints: String
  /// MD5 of every frame.
  let digests: [String]

  /// What `ffmpeg` says of its own raw output when the frames are tiny.
  private static let ownComplaint = "The bitrate parameter is set too low"

  struct Unreadable: Error { let reason: String }

  init(_ path: String) throws {
    guard let report = try MediaTool.ffprobe(path), let streams = report["streams"] as? [[String: Any]],
      let video = streams.first(where: { $0["codec_type"] as? String == "video" })
    else { throw Unreadable(reason: "ffprobe reads no video in \(path)") }
    func number(_ stream: [String: Any], _ key: String) -> Double { Double(stream[key] as? String ?? "") ?? .nan }
    let audio = streams.first { $0["codec_type"] as? String == "audio" }
    videoStart = number(video, "start_time")
    videoEnd = videoStart + number(video, "duration")
    audioStart = audio.map { number($0, "start_time") }
    audioEnd = audio.map { number($0, "start_time") + number($0, "duration") }
    tag = video["codec_tag_string"] as? String ?? ""
    let packets = try MediaTool.run(
      "ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts,dts", "-of", "csv=p=0", path])
    let rows = String(decoding: packets.output, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",").compactMap { Int64($0) }
    }
    pts = rows.compactMap(\.first).sorted()
    dts = rows.compactMap { $0.count > 1 ? $0[1] : nil }
    // One run decodes the frames and the audio, and passes the packets on to a muxer that minds their times.
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "warning", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f",
        "framemd5", "-", "-map", "0:v:0", "-map", "0:a?", "-c:v", "copy", "-f", "null", "-",
      ])
    digests = Self.digests(decoded.output)
    frames = digests.count
    complaints = decoded.errors.split(separator: "\n").filter { !$0.contains(Self.ownComplaint) }
      .joined(separator: "\n")
  }

  var deltas: Set<Int64> { Set(zip(pts, pts.dropFirst()).map { $1 - $0 }) }
  var decodingDeltas: Set<Int64> { Set(zip(dts, dts.dropFirst()).map { $1 - $0 }) }

  /// MD5 of every frame of a clip.
  static func frames(of path: String) throws -> [String] {
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f",
        "framemd5",
        "-",
      ])
    return digests(decoded.output)
  }

  private static func digests(_ output: Data) -> [String] {
    String(decoding: output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
      $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// Samples of the first channel at 48 kHz.
  static func samples(of path: String) throws -> [Float] {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f",
        "f32le",
        "-c:a", "pcm_f32le", "-",
      ])
    return result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
