import Files
import Foundation
import Presets
import Synchronization

/// Repositories of uploaded files, in a directory.
final class RepositoryStore: Sendable {
  /// One commit, as reported in the upload's response.
  struct Commit: Sendable, Codable {
    let id: String
    let author: String
    let email: String
    let message: String
    let parents: [String]
    /// ISO 8601.
    let timestamp: String

    var json: JSONValue {
      [
        "id": .string(id), "author": .string(author), "email": .string(email), "message": .string(message),
        "parent_ids": .array(parents.map { .string($0) }), "timestamp": .string(timestamp),
      ]
    }
  }

  /// Maximum bytes of a name on common file systems.
  private static let longestName = 200

  private let root: String
  /// One writer at a time.
  private let writing = Mutex(())

  init(directory: String) { root = directory }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longestName && text != "." && text != ".."
      && !text.contains { $0 == "/" || $0 == "\\" || $0 == "\0" }
  }

  private func folder(_ namespace: String, _ name: String) -> String? {
    Self.isName(namespace) && Self.isName(name) ? "\(root)/\(namespace)/\(name)" : nil
  }

  func exists(namespace: String, name: String) -> Bool {
    folder(namespace, name).map { FileManager.default.fileExists(atPath: $0) } ?? false
  }

  /// - Returns: false when it exists already.
  /// - Throws: ``APIFailure`` for an invalid name.
  func create(namespace: String, name: String) throws -> Bool {
    guard let folder = folder(namespace, name) else {
      throw APIFailure.invalid("namespace and name should be plain names")
    }
    return try writing.withLock { _ in
      if FileManager.default.fileExists(atPath: folder) { return false }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      return true
    }
  }

  /// Stores files and records a commit.
  /// - Parameters:
  ///   - path: of the file, or of the folder that receives the files.
  ///   - isFolder: whether `path` names a folder; an existing folder always counts as one.
  func store(
    _ files: [(name: String, data: Data)], namespace: String, name: String, branch: String, path: [String],
    isFolder: Bool, author: (name: String, email: String, message: String)
  ) throws -> Commit {
    guard let folder = folder(namespace, name), Self.isName(branch), path.allSatisfy(Self.isName) else {
      throw APIFailure.invalid("branch and path should be plain names")
    }
    return try writing.withLock { _ in
      let target = ([folder, "files", branch] + path).joined(separator: "/")
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: target, isDirectory: &isDirectory)
      let intoFolder = isFolder || path.isEmpty || files.count > 1 || (exists && isDirectory.boolValue)
      let digest = MessageDigest()
      for file in files {
        let last = file.name.split(separator: "/").last.map(String.init) ?? ""
        guard !intoFolder || Self.isName(last) else { throw APIFailure.invalid("a file has no usable name") }
        let place = intoFolder ? "\(target)/\(last)" : target
        try FileManager.default.createDirectory(
          atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try OutputFile.replace(place, with: file.data)
        digest.update(file.data)
        digest.update(place)
      }
      return try commit(digest, folder: folder, author: author)
    }
  }

  private func commit(
    _ content: MessageDigest, folder: String, author: (name: String, email: String, message: String)
  ) throws -> Commit {
    let head = "\(folder)/head.json"
    let last = FileManager.default.contents(atPath: head).flatMap { try? JSONDecoder().decode(Commit.self, from: $0) }
    content.update(last?.id ?? "")
    let commit = Commit(
      id: MessageDigest.hexadecimal(content.bytes.prefix(16)), author: author.name,
      email: author.email, message: author.message, parents: last.map { [$0.id] } ?? [],
      timestamp: Date().formatted(.iso8601))
    try OutputFile.replace(head, with: try JSONOutput.data(commit))
    return commit
  }

  /// Where a file lies; nil when there is none.
  func path(namespace: String, name: String, branch: String, path: [String]) -> String? {
    guard let folder = folder(namespace, name), Self.isName(branch), !path.isEmpty, path.allSatisfy(Self.isName) else {
      return nil
    }
    let place = ([folder, "files", branch] + path).joined(separator: "/")
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory), !isDirectory.boolValue else {
      return nil
    }
    return place
  }

  func contents(namespace: String, name: String, branch: String, path: [String]) -> Data? {
    self.path(namespace: namespace, name: name, branch: branch, path: path)
      .flatMap { FileManager.default.contents(atPath: $0) }
  }
}
