import Files
import Foundation

/// Immutable content by its digest over any store: `blobs/sha256/ab/<digest>`, verified on read.
public struct BlobStore: Sendable {
  /// Where all blobs are.
  public static let prefix = "blobs/sha256/"

  public let store: any ObjectStore

  public init(_ store: any ObjectStore) { self.store = store }

  /// The key of a content.
  /// - Throws: ``StoreError`` `unsupported` unless the digest has 64 lower-case hexadecimal digits.
  public static func key(_ sha256: String) throws -> String {
    guard isDigest(sha256) else {
      throw StoreError(.unsupported, "\(quoted(sha256)) is no SHA-256: it has 64 lower-case hexadecimal digits.")
    }
    return "\(prefix)\(sha256.prefix(2))/\(sha256)"
  }

  /// The digest that a key names; nil for any other object.
  public static func digest(ofKey key: String) -> String? {
    let name = String(key.suffix(64))
    return isDigest(name) && key == "\(prefix)\(name.prefix(2))/\(name)" ? name : nil
  }

  static func isDigest(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Stores a file; does nothing when its content is there with the same size.
  /// - Throws: ``StoreError`` `localFile` when it cannot be read or changed meanwhile.
  public func put(file path: String) async throws -> Blob {
    let before = try FileVersion(path)
    let (sha256, bytes) = try StoreError.rethrowing(path) { try SHA256Text.ofFile(path) }
    let blob = Blob(sha256: sha256, bytes: bytes)
    let wasWritten = try await put(blob, .file(path: path))
    guard try FileVersion(path) == before else {
      // Whoever reads it would find the damage, but nobody could store the right content as long as it is there.
      if wasWritten { try await store.delete(try Self.key(sha256)) }
      throw StoreError(.localFile, "\(path): was changed while it was stored. Store it again when it is whole.")
    }
    return blob
  }

  /// Stores bytes; does nothing when they are there.
  public func put(bytes: [UInt8]) async throws -> Blob {
    let blob = Blob(sha256: SHA256Text.of(bytes), bytes: Int64(bytes.count))
    _ = try await put(blob, .bytes(bytes))
    return blob
  }

  /// - Returns: whether anything was written.
  private func put(_ blob: Blob, _ body: ObjectBody) async throws -> Bool {
    let key = try Self.key(blob.sha256)
    if let facts = try await store.facts(key), facts.bytes == blob.bytes { return false }
    // Equal contents by several writers at once are no conflict.
    _ = try await store.put(key, body, if: .none)
    return true
  }

  /// Writes a content into a file, which appears only when its digest is right.
  /// - Throws: ``StoreError``: `notFound`, `damaged`.
  public func fetch(_ sha256: String, to path: String) async throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let temporary = TemporaryName.path(in: folder)
    defer { unlink(temporary) }
    guard try await store.download(try Self.key(sha256), to: temporary) else { throw missing(sha256) }
    let (found, bytes) = try StoreError.rethrowing(path) { try SHA256Text.ofFile(temporary) }
    guard found == sha256 else { throw damaged(sha256, found, bytes) }
    try StoreError.rethrowing(path) { try OutputFile.rename(temporary, to: path) }
  }

  /// A small content.
  /// - Parameter limit: bytes.
  /// - Throws: ``StoreError``: `notFound`, `damaged`, `malformedAnswer` above the limit.
  public func bytes(_ sha256: String, limit: Int) async throws -> [UInt8] {
    guard let object = try await store.get(try Self.key(sha256), limit: limit) else { throw missing(sha256) }
    let found = SHA256Text.of(object.bytes)
    guard found == sha256 else { throw damaged(sha256, found, Int64(object.bytes.count)) }
    return object.bytes
  }

  private func missing(_ sha256: String) -> StoreError {
    StoreError(.notFound, "\(store.address) has no content with SHA-256 \(sha256). Was it pruned?")
  }

  private func damaged(_ sha256: String, _ found: String, _ bytes: Int64) -> StoreError {
    StoreError(
      .damaged,
      "\(store.address): the content \(sha256) is damaged: \(counted(bytes, "byte")) with SHA-256 \(found). "
        + "Delete it and store the file again.")
  }
}

/// A content in a ``BlobStore``.
public struct Blob: Sendable, Hashable, Codable {
  /// 64 lower-case hexadecimal digits.
  public let sha256: String
  public let bytes: Int64

  public init(sha256: String, bytes: Int64) { (self.sha256, self.bytes) = (sha256, bytes) }
}

/// Tells whether a file was changed between two looks at it.
private struct FileVersion: Equatable {
  let inode: UInt64
  let bytes: Int64
  let seconds: Int
  let nanoseconds: Int

  init(_ path: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw StoreError(FileError(errno: errno, doing: "reading", file: path)) }
    inode = UInt64(facts.st_ino)
    bytes = Int64(facts.st_size)
    #if os(Linux)
      (seconds, nanoseconds) = (facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec)
    #else
      (seconds, nanoseconds) = (facts.st_mtimespec.tv_sec, facts.st_mtimespec.tv_nsec)
    #endif
  }
}
