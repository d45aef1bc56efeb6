import Files
import Foundation

/// A store in a folder that its users share: a local disk, or a network file system with hard links and `flock`.
///
/// An object is a file below the folder. It is written under a temporary name, flushed and then linked (`absent`) or renamed;
/// what a killed writer left is removed later. The entity tag is the SHA-256 of the content.
struct FileStore: ObjectStore {
  /// Bytes of a content whose digest is computed only to tell its entity tag.
  private static let largestTagged: Int64 = 16 << 20

  let address: String
  /// The folder's absolute path without a slash at its end.
  let root: String
  /// The folder as it was when the store was opened.
  private let identity: FolderIdentity

  private struct FolderIdentity: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
  }

  /// - Throws: ``StoreError``: `unsupported` for an address that names no absolute path, `notFound` for a missing folder.
  init(_ url: String) throws {
    root = try Self.path(of: url)
    address = "file://" + (root.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? root)
    identity = try Self.identity(of: root, missing: .notFound)
  }

  private static func path(of url: String) throws -> String {
    var path = url
    if url.lowercased().hasPrefix("file:") {
      guard let parsed = URL(string: url), url.dropFirst(5).hasPrefix("///") || parsed.host() == "localhost",
        parsed.query() == nil, parsed.fragment() == nil
      else {
        throw StoreError(.unsupported, "\(quoted(url)) is no address of a folder. Give file:///folder.")
      }
      path = parsed.path(percentEncoded: false)
    }
    guard path.hasPrefix("/"), !path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw StoreError(.unsupported, "\(quoted(url)) is no address of a folder. Give file:///folder.")
    }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// An unmounted folder must not look like an empty store; it may come back.
  private func requireRoot() throws {
    guard try Self.identity(of: root, missing: .unavailable) == identity else {
      throw StoreError(
        .unavailable, "The store's folder \(root.terminalSafe) is another than before; what holds it was unmounted.")
    }
  }

  private static func identity(of root: String, missing: StoreError.Code) throws -> FolderIdentity {
    var facts = stat()
    guard stat(root, &facts) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else {
        throw StoreError(FileError(errno: errno, doing: "looking for", file: root))
      }
      throw StoreError(
        missing, "The store's folder \(root.terminalSafe) does not exist. Create it, or mount what holds it.")
    }
    guard facts.st_mode & S_IFMT == S_IFDIR else {
      throw StoreError(.unsupported, "\(root.terminalSafe) is a file; a store needs a folder.")
    }
    return FolderIdentity(device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino))
  }

  func put(_ key: String, _ body: ObjectBody, if condition: PutCondition) async throws -> EntityTag? {
    try ObjectKey.check(key)
    let path = path(of: key)
    try requireNoFolder(path, key)
    // What cannot be written is not copied first; whether it can be is decided when it is linked.
    if condition == .absent, access(path, F_OK) == 0 { return nil }
    try requireRoot()
    let part = try FilePart(in: FileStoreFolders(root))
    let tag = EntityTag(try part.write(body))
    try FileStoreFolders.make(above: path, below: root)
    switch condition {
    case .absent:
      guard try part.link(to: path) else {
        try requireNoFolder(path, key)
        return nil
      }
    case .none:
      try await locked(key) { try part.rename(to: path) }
    case .matches(let expected):
      let isWritten = try await locked(key) {
        guard try currentTag(path) == expected else { return false }
        try part.rename(to: path)
        return true
      }
      guard isWritten else { return nil }
    }
    return tag
  }

  func get(_ key: String, limit: Int) async throws -> StoredObject? {
    try ObjectKey.check(key)
    guard let file = try open(key) else { return nil }
    guard file.bytes <= limit else {
      throw StoreError(
        .malformedAnswer, "\(quoted(key)) in \(address) has \(file.bytes) bytes, more than the \(limit) expected.")
    }
    var bytes: [UInt8] = []
    try file.readBlocks { bytes += $0 }
    return StoredObject(bytes: bytes, tag: EntityTag(SHA256Text.of(bytes)))
  }

  func download(_ key: String, to path: String) async throws -> Bool {
    try ObjectKey.check(key)
    guard let file = try open(key) else { return false }
    return try StoreError.rethrowing(path) {
      let output = try OutputFile(path, overwrite: true)
      try output.write([])
      try file.readBlocks { try output.append(Array($0)) }
      try output.commit()
      return true
    }
  }

  func facts(_ key: String) async throws -> ObjectFacts? {
    try ObjectKey.check(key)
    guard let file = try open(key) else { return nil }
    let tag = file.bytes <= Self.largestTagged ? EntityTag(try file.digest()) : nil
    return ObjectFacts(key: key, bytes: file.bytes, tag: tag, modifiedAt: file.modifiedAt)
  }

  func list(prefix: String) async throws -> [ObjectFacts] {
    try ObjectKey.check(prefix: prefix)
    try requireRoot()
    let folder = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
    var found: [ObjectFacts] = []
    try collect(folder, prefix: Array(prefix.utf8), into: &found)
    return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  func delete(_ key: String) async throws {
    try ObjectKey.check(key)
    let path = path(of: key)
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else { return try requireRoot() }
    try await locked(key) {
      guard unlink(path) == 0 || errno == ENOENT else { throw failure(errno, "deleting", path) }
      FileStoreFolders.flush(above: path)
    }
  }

  func close() {}

  // MARK: - Files

  private func path(of key: String) -> String { root == "/" ? "/\(key)" : "\(root)/\(key)" }

  private func failure(_ code: Int32, _ action: String, _ path: String) -> StoreError {
    StoreError(FileError(errno: code, doing: action, file: path))
  }

  private func requireNoFolder(_ path: String, _ key: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else { return }
    throw StoreError(
      .unsupported, "\(quoted(key)) cannot be written to \(address): there are objects below \(quoted(key + "/")).")
  }

  /// Nil when there is no such object.
  private func open(_ key: String) throws -> StoreFile? {
    let path = path(of: key)
    guard let file = try StoreFile(path) else {
      try requireRoot()
      return nil
    }
    return file
  }

  private func currentTag(_ path: String) throws -> EntityTag? {
    try StoreFile(path).map { EntityTag(try $0.digest()) }
  }

  /// One writer at a time, of all machines, changes what a key holds.
  private func locked<Value>(_ key: String, _ work: () throws -> Value) async throws -> Value {
    try await FileLock.hold(of: key, in: FileStoreFolders(root), work)
  }

  private func collect(_ folder: String, prefix: [UInt8], into found: inout [ObjectFacts]) throws {
    try Task.checkCancellation()
    let path = folder.isEmpty ? root : self.path(of: folder)
    guard let names = try FileStoreFolders.names(in: path) else { return }
    for name in names where !name.hasPrefix(ObjectKey.reservedPrefix) {
      let key = folder.isEmpty ? name : "\(folder)/\(name)"
      // Objects of other prefixes are not looked at.
      let common = zip(key.utf8, prefix).allSatisfy { $0 == $1 }
      var facts = stat()
      guard common, lstat(self.path(of: key), &facts) == 0 else { continue }
      switch facts.st_mode & S_IFMT {
      case S_IFDIR: try collect(key, prefix: prefix, into: &found)
      case S_IFREG where key.utf8.count >= prefix.count:
        found.append(
          ObjectFacts(key: key, bytes: Int64(facts.st_size), tag: nil, modifiedAt: FileStoreFolders.modification(facts))
        )
      default: break
      }
    }
  }
}
