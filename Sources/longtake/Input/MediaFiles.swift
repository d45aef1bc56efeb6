import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files of a command line, with folders replaced by the media files in them.
struct MediaFiles {
  let paths: [String]

  /// Extensions of media files in folders; a file named itself may have any.
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
        let file = $0 as NSString
        return Self.extensions.contains(file.pathExtension.lowercased()) && !file.lastPathComponent.hasPrefix(".")
      }.sorted().map { (name as NSString).appendingPathComponent($0) }.filter(Self.mayBeFile)
      guard !found.isEmpty else {
        throw UsageError("\(name): no media files in this folder", status: .inputNotFound)
      }
      return found
    }
  }

  /// Skips folders, pipes and devices; a broken link is kept, and reported when it is opened.
  private static func mayBeFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }
}
