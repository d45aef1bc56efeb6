import Foundation
import Presets
import Support

/// What ffprobe and ffmpeg report of a clip.
enum ClipReference {
  static func probe(_ path: String) async throws -> JSONValue {
    let result = try await OutsideProgram.run(
      "ffprobe", ["-v", "error", "-count_packets", "-show_streams", "-show_format", "-of", "json", path])
    return try JSONDecoder().decode(JSONValue.self, from: result.output)
  }

  /// Presentation times of the frames in decoding order, in ticks.
  static func times(_ path: String) async throws -> [Int] {
    let result = try await OutsideProgram.run(
      "ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "packet=pts", "-of", "csv=p=0", path])
    return result.text.split(whereSeparator: \.isNewline).compactMap { Int($0.filter(\.isNumber)) }
  }

  /// Mean absolute luma difference of every frame to the one before, in 8-bit code values.
  static func differences(_ path: String) async throws -> [Double] {
    let (width, height) = (64, 36)
    let result = try await OutsideProgram.run(
      "ffmpeg",
      ["-v", "error", "-i", path, "-vf", "scale=\(width):\(height):flags=area,format=gray", "-f", "rawvideo", "-"])
    let frames = stride(from: 0, to: result.output.count, by: width * height).map {
      result.output[$0..<min($0 + width * height, result.output.count)]
    }
    return zip(frames, frames.dropFirst()).map { before, after in
      let sum = zip(before, after).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      return Double(sum) / Double(width * height)
    }
  }

  /// Peak signal-to-noise ratio in dB of one frame of a clip against a still of the same size.
  static func psnr(_ clip: String, frame: Int, against still: String) async throws -> Double {
    let filter =
      "[0:v]select=eq(n\\,\(frame)),setpts=0[a];"
      + "[1:v]scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setpts=0[b];[a][b]psnr"
    let result = try await OutsideProgram.run(
      "ffmpeg", ["-hide_banner", "-i", clip, "-i", still, "-lavfi", filter, "-frames:v", "1", "-f", "null", "-"])
    guard let range = result.errors.range(of: "average:", options: .backwards),
      let value = Double(result.errors[range.upperBound...].prefix { $0.isNumber || $0 == "." })
    else { throw HTTPCall.Failure(description: "no PSNR: \(result.errors)") }
    return value
  }

  /// Writes a detailed still image.
  /// - Parameter source: a source filter of ffmpeg with its trailing `=`: `testsrc2=`.
  static func still(_ path: String, source: String, size: String) async throws {
    let result = try await OutsideProgram.run(
      "ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "\(source)size=\(size)", "-frames:v", "1", path])
    guard result.status == 0 else { throw HTTPCall.Failure(description: result.errors) }
  }
}
