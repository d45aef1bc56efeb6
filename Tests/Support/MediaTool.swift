import Files
public import Foundation
import Synchronization

/// `ffmpeg` and `ffprobe`: they generate test media and give the reference values that ours are compared with.
///
/// Generated files and the digests of decoded frames are cached for the life of the test process.
public enum MediaTool {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Runs a program of the search path to its end.
  public static func run(
    _ program: String, _ arguments: [String], in folder: URL? = nil
  ) throws -> OutsideProgram.Result {
    try OutsideProgram.runAndWait(program, arguments, in: folder)
  }

  /// `ffmpeg` with these arguments, quiet and overwriting; the last one names the file that it writes.
  ///
  /// The same arguments with the same input files run once per test process; later calls get a copy of the file.
  /// - Throws: ``Failure`` when `ffmpeg` does not succeed.
  public static func ffmpeg(_ arguments: [String], in folder: URL) throws {
    guard let key = try cacheKey(arguments, in: folder), let name = arguments.last else {
      return try generate(arguments, in: folder)
    }
    let output = file(name, in: folder)
    let cached = try files.value(for: key) {
      try generate(arguments, in: folder)
      let copy = try cacheFolder.get().url.appending(path: UUID().uuidString)
      try FileManager.default.copyItem(at: output, to: copy)
      return copy
    }
    guard cached.isHit else { return }
    try? FileManager.default.removeItem(at: output)
    try FileManager.default.copyItem(at: cached.value, to: output)
  }

  /// The folder of files that one `ffmpeg` writes from the same input, made once per test process: starting it takes longer
  /// than making a small file.
  /// - Throws: ``Failure`` when `ffmpeg` does not succeed.
  public static func files(_ input: [String], outputs: [(name: String, arguments: [String])]) throws -> URL {
    let arguments = input + outputs.flatMap { $0.arguments + [$0.name] }
    return try files.value(for: arguments.joined(separator: "\u{0}")) {
      let folder = try cacheFolder.get().url.appending(path: UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try generate(arguments, in: folder)
      return folder
    }.value
  }

  /// MD5 of every frame of a file's video, in display order, as `ffmpeg` decodes it.
  ///
  /// - Parameter options: input options and how streams are chosen; by default the first video stream.
  /// - Returns: nothing when no frame can be decoded.
  public static func frameDigests(of path: String, _ options: FrameDigestOptions = .firstStream) throws -> [String] {
    let key = try "\(options) \(SHA256Text.ofFile(path).sha256)"
    return try digests.value(for: key) {
      let result = try run(
        "ffmpeg",
        ["-hide_banner", "-nostdin", "-v", "quiet"] + options.input + ["-i", path] + options.selection
          + ["-fps_mode", "passthrough", "-f", "framemd5", "-"])
      return frameDigests(inReport: result.output)
    }.value
  }

  /// Which frames ``frameDigests(of:_:)`` reads.
  public enum FrameDigestOptions: Sendable {
    /// The first video stream, in display orientation.
    case firstStream
    /// The stream that `ffmpeg` chooses, as it is coded.
    case chosenStream

    fileprivate var input: [String] { self == .chosenStream ? ["-noautorotate"] : [] }
    fileprivate var selection: [String] { self == .chosenStream ? ["-an", "-sn", "-dn"] : ["-map", "0:v:0"] }
  }

  /// The digests in what the muxer `framemd5` wrote.
  public static func frameDigests(inReport report: Data) -> [String] {
    String(decoding: report, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
      $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// `ffprobe -show_format -show_streams` of a file, as a JSON object; nil when it refuses the file.
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
    let lines = result.text.split(separator: "\n")
    return (lines.count { !$0.hasPrefix("#") }, result.errors.split(separator: "\n").map(String.init))
  }

  // MARK: - Cache

  private static let cacheFolder: Result<ScratchFolder, any Error> = {
    // Static values are not destroyed at exit.
    atexit { MediaTool.removeCache() }
    return Result { try ScratchFolder() }
  }()

  private static func removeCache() {
    if let folder = try? cacheFolder.get() { try? FileManager.default.removeItem(at: folder.url) }
  }

  private static let files = OnceCache<URL>()
  private static let digests = OnceCache<[String]>()

  private static func generate(_ arguments: [String], in folder: URL) throws {
    let result = try run(
      "ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y"] + quickly(arguments), in: folder)
    guard result.status == 0 else { throw Failure(description: "ffmpeg \(arguments): \(result.errors)") }
  }

  /// Encoders that search long for their bits are told not to, unless the arguments name a preset: the structure of their
  /// streams, which tests are about, stays.
  private static func quickly(_ arguments: [String]) -> [String] {
    guard !arguments.contains("-preset") else { return arguments }
    return arguments.flatMap { argument in
      switch argument {
      case "libx264": [argument, "-preset", "veryfast"]
      case "libx265": [argument, "-preset", "superfast"]
      default: [argument]
      }
    }
  }

  private static func file(_ name: String, in folder: URL) -> URL {
    name.hasPrefix("/") ? URL(filePath: name) : folder.appending(path: name)
  }

  /// The arguments and the digests of all input files; nil when some input cannot be seen from the arguments.
  private static func cacheKey(_ arguments: [String], in folder: URL) throws -> String? {
    let path = folder.path(percentEncoded: false)
    let hidden = ["concat:", "movie=", "textfile=", "%d", "%0"]
    guard !arguments.contains(where: { argument in hidden.contains { argument.contains($0) } }),
      !arguments.contains("concat")
    else { return nil }
    var key = arguments.map { $0.replacing(path, with: "@") }
    if let name = key.last { key[key.count - 1] = URL(filePath: name).pathExtension }
    for (index, argument) in arguments.enumerated() where argument == "-i" && index + 1 < arguments.count {
      if index > 1, arguments[index - 2...index - 1] == ["-f", "lavfi"] { continue }
      let input = file(arguments[index + 1], in: folder).path(percentEncoded: false)
      guard let digest = try? SHA256Text.ofFile(input).sha256 else { return nil }
      key[index + 1] = digest
    }
    return key.joined(separator: "\u{0}")
  }
}
