public import Foundation

/// Runs `ffmpeg` and `ffprobe`: they make test media and judge what we say of it.
public enum MediaTool {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  public struct Result: Sendable {
    public let status: Int32
    public let output: Data
    public let errors: String
  }

  /// Runs a program of the search path to its end.
  public static func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let name = UUID().uuidString
    let files = ["out", "err"].map { FileManager.default.temporaryDirectory.appending(path: "\(name).\($0)") }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    let errors = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    return Result(status: process.terminationStatus, output: try Data(contentsOf: files[0]), errors: errors)
  }

  /// `ffmpeg` with these arguments, quiet and overwriting; anything but success throws.
  public static func ffmpeg(_ arguments: [String], in folder: URL) throws {
    let result = try run("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y"] + arguments, in: folder)
    guard result.status == 0 else { throw Failure(description: "ffmpeg \(arguments): \(result.errors)") }
  }

  /// What `ffprobe -show_format -show_streams` says of a file, as a JSON object; nil when it refuses the file.
  public static func ffprobe(_ path: String) throws -> [String: Any]? {
    let result = try run("ffprobe", ["-v", "error", "-print_format", "json", "-show_format", "-show_streams", path])
    guard result.status == 0 else { return nil }
    return try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
  }

  /// Frames that a full decode of one stream by `ffmpeg` delivers, and the lines that it complains in.
  public static func decode(_ path: String, stream: String = "v:0") throws -> (frames: Int, errors: [String]) {
    let result = try run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "error", "-i", path, "-map", "0:\(stream)", "-fps_mode", "passthrough", "-f",
        "framecrc", "-",
      ])
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    return (lines.count { !$0.hasPrefix("#") }, result.errors.split(separator: "\n").map(String.init))
  }
}
