import Files
import Foundation

/// The files that a page shows: written beside it, or kept to be written into it.
///
/// Not `Sendable`: one page at a time is made.
final class PageAssets {
  /// The page's folder while it is made; nil keeps the files in memory.
  let folder: String?
  private(set) var inlined: [(name: String, address: String)] = []
  private(set) var byteCount: Int64 = 0

  init(folder: String?) { self.folder = folder }

  var isInlining: Bool { folder == nil }

  /// - Parameter name: relative to the page.
  @discardableResult
  func add(_ name: String, _ mediaType: String, _ bytes: [UInt8]) throws -> String {
    byteCount += Int64(bytes.count)
    if let folder {
      let path = "\(folder)/\(name)"
      let parent = URL(filePath: path).deletingLastPathComponent()
      do {
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path))
      } catch {
        throw FileError(.inputOutput, "cannot be written: \(error.localizedDescription)", file: path)
      }
    } else {
      inlined.append((name, "data:\(mediaType);base64,\(Data(bytes).base64EncodedString())"))
    }
    return name
  }

  /// A file of the page's folder with the content of another: the same file where the file system can, else a copy.
  ///
  /// A hard link keeps the content that was reviewed when the original is replaced.
  func link(_ name: String, to original: String) throws -> String {
    guard let folder else { throw FileError(.inputOutput, "there is no folder for \(name)", file: original) }
    let path = "\(folder)/\(name)"
    let files = FileManager.default
    do {
      try files.createDirectory(
        at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      if files.fileExists(atPath: path) { return name }
      let real = URL(filePath: original).resolvingSymlinksInPath()
      do {
        try files.linkItem(at: real, to: URL(filePath: path))
      } catch {
        try files.copyItem(at: real, to: URL(filePath: path))
      }
    } catch {
      throw FileError(.inputOutput, "cannot be copied: \(error.localizedDescription)", file: original)
    }
    return name
  }

  /// - Throws: `FileError` naming the file.
  static func bytes(of path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw FileError(.inputOutput, "cannot be read", file: path)
    }
    return Array(data)
  }

  /// A file name made of a shot's id or a title: letters, digits, `-` and `_`.
  static func safe(_ text: String) -> String {
    let name = text.unicodeScalars.prefix(48).map { scalar -> Character in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      return isPlain || scalar == "_" ? Character(scalar) : "-"
    }
    return name.isEmpty ? "-" : String(name)
  }
}
