import Files
import Foundation
import Timing

/// A caption file of SubRip (`.srt`) or WebVTT (`.vtt`) as it was written, with what is wrong with its form.
public struct CaptionFile: Sendable, Hashable {
  public enum Format: String, Sendable, Hashable, CaseIterable, Codable {
    case subRip = "srt"
    case webVTT = "vtt"
  }

  /// Bytes of a file, far above the captions of two hours.
  public static let largest = 16 << 20
  /// Cues of a file.
  public static let mostCues = 100_000

  public let path: String
  public let format: Format
  /// In the order of the file.
  public let cues: [CaptionCue]
  /// The line of each cue's times, from 1.
  let lines: [Int]
  /// What the form alone tells.
  public let problems: [CaptionProblem]

  /// - Throws: ``CaptionError`` when the file is missing, too large, not text, or neither SubRip nor WebVTT.
  public init(path: String) throws(CaptionError) {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let kind = (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
    guard kind == .typeRegular, let file = FileHandle(forReadingAtPath: path) else {
      throw CaptionError(.notFound, "no such caption file", file: path)
    }
    defer { try? file.close() }
    guard let data = try? file.read(upToCount: Self.largest + 1) ?? Data() else {
      throw CaptionError(.unreadable, "cannot be read", file: path)
    }
    guard data.count <= Self.largest else {
      throw CaptionError(
        .unreadable, "is larger than \(Self.largest >> 20) MiB, which no caption file is; name an .srt or .vtt",
        file: path)
    }
    try self.init(bytes: [UInt8](data), path: path)
  }

  /// - Parameter path: for messages.
  /// - Throws: as ``init(path:)``.
  public init(bytes: [UInt8], path: String) throws(CaptionError) {
    let text = try Self.text(bytes, path)
    let isWebVTT = text.hasPrefix("WEBVTT") && text.dropFirst(6).first.map { " \t\n".contains($0) } ?? true
    if !isWebVTT, path.lowercased().hasSuffix(".vtt") {
      throw CaptionError(.unreadable, "does not begin with the line WEBVTT, so it is no WebVTT", file: path)
    }
    var parser = CueParser(text, format: isWebVTT ? .webVTT : .subRip, path: path)
    try parser.parse()
    if parser.cues.isEmpty, parser.problems.isEmpty {
      throw CaptionError(.unreadable, "has no cue; leave it out, or name another file", file: path)
    }
    if parser.cues.isEmpty, !isWebVTT {
      throw CaptionError(
        .unreadable, "is neither SubRip (.srt) nor WebVTT (.vtt); convert it first", file: path,
        problems: parser.problems)
    }
    self.path = path
    format = isWebVTT ? .webVTT : .subRip
    cues = parser.cues
    lines = parser.cueLines
    problems = parser.problems
  }

  /// The text, its lines ended by `\n`; UTF-16 only with a byte order mark.
  private static func text(_ bytes: [UInt8], _ path: String) throws(CaptionError) -> String {
    let decoded: String?
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      decoded = bytes.count % 2 == 0 ? utf16(bytes) : nil
    } else {
      decoded = String(validating: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    }
    guard let decoded, !decoded.unicodeScalars.contains("\0") else {
      throw CaptionError(
        .unreadable, "is not UTF-8 text; convert it first, e.g. iconv -f windows-1252 -t utf-8", file: path)
    }
    return decoded.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }

  private static func utf16(_ bytes: [UInt8]) -> String? {
    let isLittle = bytes[0] == 0xFF
    let units = stride(from: 2, to: bytes.count, by: 2).map { at in
      let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
      return isLittle ? second << 8 | first : first << 8 | second
    }
    return String(validating: units, as: UTF16.self)
  }
}
