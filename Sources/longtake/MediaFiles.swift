import Foundation

/// The files that were named, with folders replaced by the media in them.
struct MediaFiles {
  let paths: [String]

  /// Extensions of files that are looked at in folders; files that are named are looked at whatever they are called.
  private static let extensions: Set<String> = [
    "mp4", "m4v", "mov", "mkv", "webm", "ts", "m2ts", "mts", "mpg", "mpeg", "mxf", "avi", "h264", "264", "hevc", "h265",
    "265", "ivf", "m4a", "wav", "aac", "flac", "mp3", "ogg",
  ]

  /// - Throws: ``UsageError`` when a folder holds no media.
  init(_ names: [String]) throws {
    paths = try names.flatMap { name -> [String] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), isFolder.boolValue else {
        return [name]
      }
      let found = (FileManager.default.enumerator(atPath: name)?.compactMap { $0 as? String } ?? []).filter {
        Self.extensions.contains(($0 as NSString).pathExtension.lowercased())
      }.sorted().map { (name as NSString).appendingPathComponent($0) }
      guard !found.isEmpty else {
        throw UsageError("\(name): there is no media in this folder", status: .inputNotFound)
      }
      return found
    }
  }
}
