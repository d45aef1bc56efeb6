import Files
import Foundation

/// The files that a page shows: written beside it, or kept to be written into it.
///
/// Not `Sendable`: one page at a time is made.
final class PageAssets {
  /// The page's folder while it is made; nil keeps the files in memory.
  let folder: String?
  private var inlined: [(name: String, address: String)] = []
  /// Images whose data stand in the element that shows them first.
  private var placed: Set<String> = []
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
      try FileError.rethrowing(path) {
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path))
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
      throw FileError(foundation: error, file: original)
        ?? FileError(.inputOutput, "cannot be copied: \(error.localizedDescription)", file: original)
    }
    return name
  }

  /// The attributes of an element that shows a file. Data of an image stand in the first element, which needs no script.
  func attributes(of name: String) -> String {
    guard isInlining else { return "src=\"\(PageEscaping.escaped(name))\"" }
    let attribute = "data-asset=\"\(PageEscaping.escaped(name))\""
    guard !placed.contains(name),
      let address = inlined.first(where: { $0.name == name })?.address, address.hasPrefix("data:image/")
    else { return attribute }
    placed.insert(name)
    return "\(attribute) src=\"\(address)\""
  }

  /// Files kept in memory that are in no element yet.
  var unplaced: [(name: String, address: String)] { inlined.filter { !placed.contains($0.name) } }

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
