import Files
import Foundation

/// A folder of files that appears under its final name only when it is whole.
struct OutputFolder: ~Copyable {
  let temporary: TemporaryFiles
  private let path: String
  private var isCommitted = false

  /// - Parameters:
  ///   - marker: a file by which an earlier folder of the same kind is known.
  ///   - overwrite: whether such a folder may be replaced; an empty one always is.
  /// - Throws: ``ReviewError`` `cannotCreate`; `FileError` when the folder cannot be created.
  init(_ path: String, marker: String, overwrite: Bool) throws {
    let files = FileManager.default
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    if let content = try? files.contentsOfDirectory(atPath: trimmed), !content.isEmpty {
      guard content.contains(marker) else {
        throw ReviewError(.cannotCreate, "holds other files; name an empty or a new folder", file: path)
      }
      guard overwrite else {
        throw ReviewError(.cannotCreate, "holds a page already; choose another folder or add --overwrite", file: path)
      }
    } else if files.fileExists(atPath: trimmed), (try? files.contentsOfDirectory(atPath: trimmed)) == nil {
      throw ReviewError(.cannotCreate, "is no folder", file: path)
    }
    let temporary = TemporaryFiles(beside: trimmed)
    do {
      try temporary.create()
    } catch {
      throw FileError(.cannotCreate, "cannot be created: \(error.message)", file: path)
    }
    self.path = trimmed
    self.temporary = temporary
  }

  deinit { if !isCommitted { temporary.remove() } }

  /// Takes the place of what stands under the final name.
  consuming func commit() throws {
    let files = FileManager.default
    var old: String?
    if files.fileExists(atPath: path) {
      let aside = temporary.path + ".old"
      try FileError.rethrowing(path) { try files.moveItem(atPath: path, toPath: aside) }
      old = aside
    }
    do {
      try OutputFile.rename(temporary.path, to: path)
    } catch {
      if let old { try? files.moveItem(atPath: old, toPath: path) }
      throw error
    }
    isCommitted = true
    if let old { try? files.removeItem(atPath: old) }
  }
}
