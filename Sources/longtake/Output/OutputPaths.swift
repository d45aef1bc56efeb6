import Files
import Foundation

/// Rules for the files that a command writes.
enum OutputPaths {
  /// Refuses to overwrite an input (a clip was paid for) or to write two outputs to one file.
  /// - Throws: ``UsageError`` naming both files.
  static func requireDistinct(_ outputs: [String], from inputs: [String]) throws {
    var taken: [String: String] = [:]
    for path in inputs { taken[identity(path)] = path }
    for path in outputs {
      if let other = taken.updateValue(path, forKey: identity(path)) {
        throw UsageError("\(path): is the same file as \(other); choose another output")
      }
    }
  }

  /// Device and inode of an existing file, else the absolute path.
  private static func identity(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return URL(fileURLWithPath: path).standardizedFileURL.path }
    return "\(status.st_dev):\(status.st_ino)"
  }

  /// Creates a folder if it is missing.
  static func createFolder(_ path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw UsageError("\(path): is a file, not a folder", status: .cannotCreate)
      }
      return
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw UsageError("\(path): cannot create the folder", status: .cannotCreate)
    }
  }

  /// A note about numbered images of an earlier run that a shorter one leaves in the folder; nil when there are none.
  static func staleNote(after count: Int, named name: String, ending: String, in folder: String) -> String? {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbers = files.compactMap { file -> Int? in
      guard file.hasPrefix("\(name)-"), file.hasSuffix(".\(ending)") else { return nil }
      let digits = file.dropFirst(name.count + 1).dropLast(ending.count + 1)
      guard digits.count >= 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
      return Int(digits).flatMap { $0 > count ? $0 : nil }
    }
    guard let first = numbers.min() else { return nil }
    return "\(folder) still holds \(counted(numbers.count, "older image")) of an earlier run, numbered from \(first)"
  }
}

/// Names of outputs, made from the names of inputs and unique without regard to case.
struct OutputNames {
  private let names: [String]

  init(of files: [String]) {
    let stems = files.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    var taken = Set(stems.map { $0.lowercased() })
    var seen: Set<String> = []
    names = stems.map { stem in
      if seen.insert(stem.lowercased()).inserted { return stem }
      var number = 2
      while !taken.insert("\(stem)-\(number)".lowercased()).inserted { number += 1 }
      return "\(stem)-\(number)"
    }
  }

  subscript(_ index: Int) -> String { names[index] }
}
