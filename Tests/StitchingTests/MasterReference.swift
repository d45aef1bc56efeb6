import Foundation
import Support

/// A master as `ffprobe` and `ffmpeg` read it.
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
  let codec: String
  let pixelFormat: String
  let size: [Int]
  /// Warnings and errors of `ffmpeg` while it decodes and remuxes everything.
  let complaints: String
  /// MD5 of every frame.
  let digests: [String]

  /// What `ffmpeg` prints about its own raw output when the frames are tiny.
  private static let ownComplaint = "The bitrate parameter is set too low"

  struct Unreadable: Error { let reason: String }

  /// `ffprobe`'s report of the streams and of the first video stream's packets.
  private struct Report: Decodable {
    struct Stream: Decodable {
      let codecType: String
      let codecName: String?
      let codecTagString: String?
      let pixFmt: String?
      let width: Int?
      let height: Int?
      let startTime: String?
      let duration: String?

      var start: Double { Double(startTime ?? "") ?? .nan }
      var end: Double { start + (Double(duration ?? "") ?? .nan) }
    }
    struct Packet: Decodable {
      let codecType: String
      let streamIndex: Int
      let pts: Int64?
      let dts: Int64?
    }
    let streams: [Stream]
    let packets: [Packet]
  }

  init(_ path: String) throws {
    let probed = try MediaTool.run(
      "ffprobe", ["-v", "error", "-show_streams", "-show_packets", "-print_format", "json", path])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard probed.status == 0, let report = try? decoder.decode(Report.self, from: probed.output),
      let index = report.streams.firstIndex(where: { $0.codecType == "video" })
    else { throw Unreadable(reason: "ffprobe reads no video in \(path): \(probed.errors)") }
    let video = report.streams[index]
    let audio = report.streams.first { $0.codecType == "audio" }
    (videoStart, videoEnd) = (video.start, video.end)
    (audioStart, audioEnd) = (audio?.start, audio?.end)
    tag = video.codecTagString ?? ""
    codec = video.codecName ?? ""
    pixelFormat = video.pixFmt ?? ""
    size = [video.width ?? 0, video.height ?? 0]
    let packets = report.packets.filter { $0.streamIndex == index }
    pts = packets.compactMap(\.pts).sorted()
    dts = packets.compactMap(\.dts)
    // One run decodes the frames and the audio, and passes the packets on to a muxer that checks their times.
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "warning", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f",
        "framemd5", "-", "-map", "0:v:0", "-map", "0:a?", "-c:v", "copy", "-f", "null", "-",
      ])
    digests = MediaTool.frameDigests(inReport: decoded.output)
    frames = digests.count
    complaints = decoded.errors.split(separator: "\n").filter { !$0.contains(Self.ownComplaint) }
      .joined(separator: "\n")
  }

  var deltas: Set<Int64> { Set(zip(pts, pts.dropFirst()).map { $1 - $0 }) }
  var decodingDeltas: Set<Int64> { Set(zip(dts, dts.dropFirst()).map { $1 - $0 }) }

  /// MD5 of every frame of a clip.
  static func frames(of path: String) throws -> [String] { try MediaTool.frameDigests(of: path) }

  /// Samples at 48 kHz, mixed down to mono.
  static func samples(of path: String) throws -> [Float] {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f",
        "f32le", "-c:a", "pcm_f32le", "-",
      ])
    return result.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
