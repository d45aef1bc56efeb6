package import Foundation

/// The container metadata of an MP4 or MOV file, and the muxer flags it needs.
package struct MasterMetadata {
  /// libav's names of the keys that MP4 and MOV have boxes for.
  private static let standardKeys: Set<String> = [
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
    "description", "synopsis", "keywords", "encoder",
  ]
  /// QuickTime's key for the title in `mdta` form.
  private static let quickTimeTitle = "com.apple.quicktime.title"

  package let entries: [String: String]
  /// Additional `movflags`: other keys are kept only in QuickTime's `mdta` form.
  package let flags: String

  init(_ options: StitchOptions) { self.init(options.metadata, creationTime: options.creationTime) }

  package init(_ metadata: [String: String], creationTime: Date?) {
    var entries = metadata
    let hasOtherKeys = !entries.keys.allSatisfy(Self.standardKeys.contains)
    if hasOtherKeys, let title = entries["title"] { entries[Self.quickTimeTitle] = title }
    if let date = creationTime { entries["creation_time"] = Self.text(date) }
    self.entries = entries
    flags = hasOtherKeys ? "+use_metadata_tags" : ""
  }

  /// The date in the form that libav parses.
  private static func text(_ date: Date) -> String {
    date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false)) + ".000000Z"
  }
}
