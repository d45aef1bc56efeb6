import Foundation

/// Keeps what is read from being written over: a clip was paid for.
enum DistinctFiles {
  /// - Parameters:
  ///   - outputs: what will be written; no two may be the same file either.
  ///   - inputs: what is read.
  /// - Throws: ``UsageError`` naming both.
  static func require(writing outputs: [String], reading inputs: [String]) throws {
    var taken: [String: String] = [:]
    for path in inputs { taken[identity(path)] = path }
    for path in outputs {
      if let other = taken.updateValue(path, forKey: identity(path)) {
        throw UsageError("\(path): is the same file as \(other); name another one to write to")
      }
    }
  }

  /// The file behind a name: device and inode where it exists, else the whole path.
  private static func identity(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return URL(fileURLWithPath: path).standardizedFileURL.path }
    return "\(status.st_dev):\(status.st_ino)"
  }
}
