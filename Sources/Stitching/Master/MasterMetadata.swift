public import Foundation

/// What the container says about the master beside its streams.
struct MasterMetadata {
  /// Keys that MP4 and MOV have a place of their own for, by libav's names.
  private static let common: Set<String> = [
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
    "description", "synopsis", "keywords", "encoder",
  ]
  /// Where QuickTime looks for the title among keys that are freely named.
  private static let quickTimeTitle = "com.apple.quicktime.title"

  let entries: [String: String]
  /// The muxer's flags beside its usual ones: keys of one's own are kept only in QuickTime's `mdta` form.
  let flags: String

  init(_ options: StitchOptions) {
    var entries = options.metadata
    let hasOwnKeys = !entries.keys.allSatisfy(Self.common.contains)
    if hasOwnKeys, let title = entries["title"] { entries[Self.quickTimeTitle] = title }
    if let moment = options.creationTime { entries["creation_time"] = Self.text(moment) }
    self.entries = entries
    flags = hasOwnKeys ? "+use_metadata_tags" : ""
  }

  /// In the form that libav reads such moments in.
  private static func text(_ moment: Date) -> String {
    moment.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false)) + ".000000Z"
  }
}

/// When a master is said to have been made.
public enum CreationTime {
  /// The environment variable that makes builds the same again: seconds since 1970-01-01T00:00:00Z.
  public static let variable = "SOURCE_DATE_EPOCH"
  /// From 1970 on, to what the container's 32 bits hold, which count from 1904.
  private static let seconds = 0.0..<4_294_967_296 - 2_082_844_800

  /// The moment that the environment fixes, else now in whole seconds.
  /// - Throws: ``StitchError`` when the variable holds no such moment.
  public static func current(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Date {
    guard let text = environment[variable], !text.isEmpty else {
      return Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    }
    guard let value = Int64(text), seconds.contains(Double(value)) else {
      throw StitchError(.badRequest, "\(variable) must hold seconds since 1970, not “\(text)”")
    }
    return Date(timeIntervalSince1970: Double(value))
  }

  /// Reads `2026-03-01T12:00:00Z`; nil for anything else.
  public static func parse(_ text: String) -> Date? {
    guard let date = try? Date(text, strategy: .iso8601), seconds.contains(date.timeIntervalSince1970) else {
      return nil
    }
    return date
  }
}
