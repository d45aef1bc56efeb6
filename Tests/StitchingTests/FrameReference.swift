import Foundation
import Stitching
import Support

/// Frames of a file as `ffmpeg` decodes them.
enum FrameReference {
  /// Luma in the middle of every frame, in 8-bit code values.
  static func luma(of path: String) throws -> [Int] {
    try raw(path, filter: "extractplanes=y,crop=1:1:iw/2:ih/2", format: "gray").map { Int($0) }
  }

  /// One frame in RGB as `ffmpeg` shows it, shrunk to a grid of columns by rows: three values for each cell.
  static func grid(of path: String, frame: Int, columns: Int = 16, rows: Int = 9) throws -> [Int] {
    try grids(of: path, frames: [frame], columns: columns, rows: rows)[0]
  }

  /// The same of several frames, in ascending order, by one decode; as many as the file has.
  static func grids(of path: String, frames: [Int], columns: Int = 16, rows: Int = 9) throws -> [[Int]] {
    let selection = frames.map { "eq(n\\,\($0))" }.joined(separator: "+")
    let bytes = try raw(
      path,
      filter: "select=\(selection),scale=\(columns):\(rows):flags=area+accurate_rnd+full_chroma_int,format=rgb24",
      format: "rgb24"
    ).map { Int($0) }
    let size = 3 * columns * rows
    return frames.indices.map { Array(bytes.dropFirst($0 * size).prefix(size)) }
  }

  /// Mean of the differences' magnitudes.
  static func difference(_ one: [Int], _ other: [Int]) -> Double {
    guard one.count == other.count, !one.isEmpty else { return .infinity }
    return Double(zip(one, other).reduce(0) { $0 + abs($1.0 - $1.1) }) / Double(one.count)
  }

  private static func raw(_ path: String, filter: String, format: String) throws -> Data {
    try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
        filter, "-pix_fmt", format, "-f", "rawvideo", "-",
      ]
    ).output
  }
}

/// Joins shots with the options that a test sets.
func stitched(
  _ shots: [StitchShot], to output: String, _ change: (inout StitchOptions) -> Void = { _ in }
) throws -> StitchReport {
  var options = StitchOptions()
  change(&options)
  let plan = try StitchPlan(shots, options: options)
  return try Stitcher(plan, options: options).write(to: output)
}
